"""Events of other systems: how they are read, and what several amount to. No Odoo."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from .touch_rows import CLOCKS_APART

MOST_BYTES = 256 * 1024
MOST_DEPTH = 20
LONGEST_ID = 200
LONGEST_KIND = 64

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
# Neither PostgreSQL nor UTF-8 can hold these.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_KEYS = {"id", "kind", "date", "data"}


class BadEvent(ValueError):
    """Content that is no event; the text says what is wrong with it."""


class Event(NamedTuple):
    """Something that happened, as another system tells it.

    :param id: the other system's number of it, unique there
    :param kind: what happened, e.g. ``mail.opened``
    :param date: when it happened, naive UTC
    :param data: the rest, by kind
    :param digest: the same for the same content, however it is laid out
    """

    id: str
    kind: str
    date: datetime
    data: dict
    digest: str


def read_event(body: bytes, now: datetime | None = None) -> Event:
    """Return the event in the body of a request.

    :param now: naive UTC; what lies after it, but for clocks that differ, is refused:
        it would stay the newest for ever
    :raise BadEvent: what is wrong, in a sentence for the other system's programmer
    """
    content = read_object(body)
    if unknown := sorted(set(content) - _KEYS):
        raise BadEvent(f"Unknown key: {unknown[0]}. There are id, kind, date and data.")
    data = content.get("data", {})
    if not isinstance(data, dict):
        raise BadEvent("data must be an object.")
    date = read_date(content.get("date"), "date")
    if now and date > now + CLOCKS_APART:
        raise BadEvent("date lies in the future.")
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return Event(
        id=_name(content, "id", LONGEST_ID),
        kind=_name(content, "kind", LONGEST_KIND),
        date=date,
        data=data,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def read_object(body: bytes) -> dict:
    """Return a JSON object within the limits: size, depth, no key twice, no numbers
    and characters that cannot be kept."""
    if len(body) > MOST_BYTES:
        raise BadEvent(f"The body is larger than {MOST_BYTES} bytes.")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadEvent("The body is not UTF-8.") from None
    if depth(text) > MOST_DEPTH:
        raise BadEvent(f"The body is nested deeper than {MOST_DEPTH} levels.")
    try:
        content = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except BadEvent:
        raise
    except (ValueError, RecursionError):
        raise BadEvent("The body is not JSON.") from None
    if not isinstance(content, dict):
        raise BadEvent("The body must be a JSON object.")
    return content


def depth(text: str) -> int:
    """Return how deep JSON is nested, without reading it."""
    deepest = level = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def read_date(value, name: str) -> datetime:
    """Return a moment as naive UTC; the text must tell its time zone."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadEvent(f"{name} must look like 2026-03-01T09:30:00Z.")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise BadEvent(f"{name} is out of range.") from None
    if not 1970 <= moment.year <= 9000:
        raise BadEvent(f"{name} is out of range.")
    return moment.replace(tzinfo=None, microsecond=0)


def is_refused(marks: Iterable[tuple[datetime, bool]]) -> bool:
    """Tell whether somebody refuses mails, given when they refused and agreed again.

    The newest counts, by when it happened and not by when we heard of it. Of two at
    the same moment the refusal counts.

    :param marks: (when, refused) in any order
    """
    newest = max(marks, default=None)
    return newest is not None and newest[1]


def _name(content: dict, key: str, longest: int) -> str:
    value = content.get(key)
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= longest
        or not value.isprintable()
        or value != value.strip()
    ):
        raise BadEvent(f"{key} must be a text of 1 to {longest} printable characters.")
    return value


def _unique(pairs: list[tuple]) -> dict:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadEvent(f"The key {twice!r} is there twice.")
    for name, value in pairs:
        _storable(name)
        for text in value if isinstance(value, list) else [value]:
            _storable(text)
    return content


def _storable(text) -> None:
    if isinstance(text, str) and _UNSTORABLE.search(text):
        raise BadEvent("The body holds characters that cannot be kept (NUL).")


def _no_constant(name: str):
    raise BadEvent(f"{name} is not JSON.")
