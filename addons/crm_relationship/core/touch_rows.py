"""Reads contacts as another system sends them; nothing is looked up here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from . import api_values
from .api_values import PartnerReference, Refused

MAX_TOUCHES = 1000
MAX_NOTE = 5000
MAX_SUBJECT = 255
MAX_CODE = 64
MAX_REF = 255
MAX_MINUTES = 7 * 24 * 60
EARLIEST = datetime(1970, 1, 1)
CLOCKS_APART = timedelta(minutes=5)

DIRECTIONS = ("in", "out")
PURPOSES = ("relationship", "service", "transactional", "promotion", "dunning")
COLUMNS = frozenset(
    ("partner", "lead", "channel", "direction", "date", "outcome", "purpose")
    + ("subject", "note", "duration", "address", "source", "ref")
)


class TouchRow(NamedTuple):
    """A contact as it was sent, each value of the right kind.

    :param number: of the row, from 1
    :param partner: how the customer is named, or None
    :param lead: id of the lead, or None
    :param date: naive UTC
    :param source: other system and its number of the contact, or None
    """

    number: int
    partner: PartnerReference | None
    lead: int | None
    channel: str
    direction: str
    date: datetime
    outcome: str | None
    purpose: str
    subject: str | None
    note: str | None
    duration: int
    address: str | None
    source: tuple[str, str] | None


class BadRow(NamedTuple):
    """Why a row cannot be used.

    :param field: its field; empty if it is the whole row
    :param reason: code, see :class:`api_values.Refused` and ``_read``
    :param details: what a sentence about it needs
    """

    number: int
    field: str
    reason: str
    details: dict[str, Any]


def read_rows(rows: list, now: datetime) -> tuple[list[TouchRow], list[BadRow]]:
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


def _read(number: int, row: Any, now: datetime, problems: list) -> TouchRow | None:
    def refuse(field: str, reason: str, **details) -> None:
        problems.append(BadRow(number, field, reason, details))

    def take(name: str, check, *args, default=None):
        """Return a value of the row, checked; left out or null gives the default."""
        value = row.get(name)
        if value is None:
            return default
        try:
            return check(value, *args)
        except Refused as refusal:
            refuse(name, refusal.reason, **refusal.details)
            return default

    if not isinstance(row, dict):
        return refuse("", "row")
    for name in row.keys() - COLUMNS:
        refuse(api_values.shorten(name), "column", known=sorted(COLUMNS))
    text = api_values.check_text
    if row.get("partner") is None and row.get("lead") is None:
        refuse("partner", "nobody")
    for name in ("channel", "date"):
        if row.get(name) is None:
            refuse(name, "missing")
    return TouchRow(
        number=number,
        partner=take("partner", api_values.check_partner),
        lead=take("lead", api_values.check_integer, "lead"),
        channel=take("channel", text, "channel", MAX_CODE),
        direction=take("direction", check_choice, DIRECTIONS, default="out"),
        date=take("date", check_moment, now),
        outcome=take("outcome", text, "outcome", MAX_CODE),
        purpose=take("purpose", check_choice, PURPOSES, default="relationship"),
        subject=take("subject", check_note, "subject", MAX_SUBJECT),
        note=take("note", check_note, "note", MAX_NOTE),
        duration=take("duration", check_minutes, default=0),
        address=take("address", text, "address", MAX_REF),
        source=_source(row, take, refuse),
    )


def _source(row: dict, take, refuse) -> tuple[str, str] | None:
    source = take("source", api_values.check_text, "source", MAX_CODE)
    ref = take("ref", api_values.check_text, "ref", MAX_REF)
    if (row.get("source") is None) != (row.get("ref") is None):
        refuse("ref" if ref is None else "source", "source")
    return (source, ref) if source and ref else None


def check_choice(value: Any, known: tuple[str, ...]) -> str:
    """Return ``value`` if it is one of ``known``."""
    if not isinstance(value, str) or value not in known:
        raise Refused("choice", item=api_values.shorten(value), known=known)
    return value


def check_minutes(value: Any) -> int:
    """Return ``value`` if it is a number of minutes, up to a week."""
    return api_values.check_integer(value, "duration", 0, MAX_MINUTES)


def check_note(value: Any, name: str, longest: int) -> str | None:
    """Return a text of people's; an empty one is none."""
    if isinstance(value, str) and not value.strip():
        return None
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")
    return api_values.check_text(value, name, longest)


def check_moment(value: Any, now: datetime) -> datetime:
    """Return an ISO moment as naive UTC; one without a zone is in UTC.

    :raises Refused: no moment, before 1970, or in the future: what is to come is
        planned, not logged
    """
    if not isinstance(value, str) or len(value) > 40 or len(value) < 16:
        raise Refused("moment")
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise Refused("moment") from error
    moment = moment.replace(microsecond=0)
    if moment < EARLIEST:
        raise Refused("moment")
    if moment > now + CLOCKS_APART:
        raise Refused("future")
    return moment
