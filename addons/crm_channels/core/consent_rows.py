"""Reads what customers said as another system or a file tells it; nothing is looked up
here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from odoo.addons.crm_relationship.core import api_values
from odoo.addons.crm_relationship.core.api_values import PartnerReference, Refused
from odoo.addons.crm_relationship.core.touch_rows import (
    BadRow,
    check_choice,
    check_moment,
)

from .consent import CHANGES, GRANTED, KINDS, PAUSED, PURPOSES

MAX_CHANGES = 1000
MAX_TEXT = 255
EVERYTHING = "all"
COLUMNS = frozenset(
    ("partner", "address", "channel", "purpose", "change", "date", "until")
    + ("source", "text_version", "note")
)
NEEDED = ("channel", "purpose", "change")


class ConsentRow(NamedTuple):
    """What somebody said, each value of the right kind.

    :param number: of the row, from 1
    :param partner: how the customer is named, or None
    :param address: as written, or None for the customer's own
    :param kinds: ways it is about
    :param purposes: what it is about
    :param date: when it was said, naive UTC; None for now
    :param until: end of a rest, naive UTC
    """

    number: int
    partner: PartnerReference | None
    address: str | None
    kinds: tuple[str, ...]
    purposes: tuple[str, ...]
    change: str
    date: datetime | None
    until: datetime | None
    source: str | None
    text_version: str | None
    note: str | None


def read_rows(rows: list, now: datetime) -> tuple[list[ConsentRow], list[BadRow]]:
    """Return the rows that can be read, and why the others cannot."""
    good, bad = [], []
    for number, row in enumerate(rows, 1):
        problems: list[BadRow] = []
        read = _read(number, row, now, problems)
        if problems:
            bad += problems
        else:
            good.append(read)
    return good, bad


def _read(number: int, row: Any, now: datetime, problems: list) -> ConsentRow | None:
    def refuse(field: str, reason: str, **details) -> None:
        problems.append(BadRow(number, field, reason, details))

    def take(name: str, check, *args):
        """Return a value of the row, checked; left out or null gives None."""
        value = row.get(name)
        if value is None:
            return None
        try:
            return check(value, *args)
        except Refused as refusal:
            refuse(name, refusal.reason, **refusal.details)
            return None

    if not isinstance(row, dict):
        return refuse("", "row")
    for name in row.keys() - COLUMNS:
        refuse(api_values.shorten(name), "column", known=sorted(COLUMNS))
    _check_needed(row, refuse)
    text = api_values.check_text
    channel = take("channel", check_choice, (*KINDS, EVERYTHING))
    purpose = take("purpose", check_choice, (*PURPOSES, EVERYTHING))
    return ConsentRow(
        number=number,
        partner=take("partner", api_values.check_partner),
        address=take("address", text, "address", MAX_TEXT),
        kinds=KINDS if channel == EVERYTHING else (channel,),
        purposes=PURPOSES if purpose == EVERYTHING else (purpose,),
        change=take("change", check_choice, CHANGES),
        date=take("date", check_moment, now),
        until=take("until", check_end),
        source=take("source", text, "source", MAX_TEXT),
        text_version=take("text_version", text, "text_version", MAX_TEXT),
        note=take("note", text, "note", MAX_TEXT),
    )


def _check_needed(row: dict, refuse) -> None:
    """Refuse what says too little: of consent somebody must be able to say where it
    was given, and a rest must have an end."""
    for name in NEEDED:
        if row.get(name) is None:
            refuse(name, "missing")
    if row.get("partner") is None and row.get("address") is None:
        refuse("partner", "nobody")
    if row.get("address") is not None and row.get("channel") == EVERYTHING:
        refuse("channel", "one_channel")
    if row.get("change") == GRANTED and row.get("source") is None:
        refuse("source", "proof")
    if (row.get("change") == PAUSED) != (row.get("until") is not None):
        refuse("until", "until")


def check_end(value: Any) -> datetime:
    """Return an ISO moment, also one to come, as naive UTC."""
    return check_moment(value, datetime(2999, 1, 1))
