"""Order, page marks and merging of a customer's timeline, without Odoo.

The order is total and descending: by instant, then kind, then id. A fact with a
time stands at that time. A fact with only a date stands at the first moment of
that day in the company's time zone, hence below everything timed of the same day.
Both kinds of facts are thus compared on one scale, and paging by the last key
examined passes every fact exactly once, whatever arrives above it meanwhile.
"""

from __future__ import annotations

import base64
import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

MAX_ID = 2**31 - 1
"""Ids and record counts stay below this, in PostgreSQL and in XML-RPC."""

MAX_MARK = 200
"""Longest page mark accepted; real ones take about 80 characters."""

_NO_TIME = time()
_DAY = timedelta(days=1)


class FactKey(NamedTuple):
    """Where a fact stands on the timeline; keys compare like the facts' order.

    :param instant: naive UTC moment
    :param kind: code of the source
    :param id: id of the record in the source's model
    """

    instant: datetime
    kind: str
    id: int


class Bound(NamedTuple):
    """A branch continues with rows whose (date, id) is less than this pair."""

    value: date | datetime
    id: int


class Fact(NamedTuple):
    """A row found by a branch.

    :param visible: whether the reader may see it; hidden ones only move the mark
    """

    key: FactKey
    visible: bool = True


class Page(NamedTuple):
    """A page of visible keys, and the key to go on after (None at the end)."""

    keys: list[FactKey]
    after: FactKey | None


class TimelineSource(NamedTuple):
    """Where facts of one kind are read.

    :param kind: unique code; filter of the screen and of the API
    :param label: name of these facts for people, in the plural
    :param noun: name of one of them
    :param model: name of the model; its access rights and record rules decide
    :param restrict: ``partners (Query on res.partner) -> list of Domain``; the facts
        are those in any of the domains. Each is searched apart: an OR over different
        columns would make PostgreSQL read the whole table
    :param date: date or datetime column the facts are ordered by
    :param columns: what to read of the few rows that are shown; keys are ``title``,
        ``detail``, ``amount``, ``currency``, ``state``, ``partner`` and values are
        names of fields of the model
    :param untaxed: whether ``amount`` is without taxes
    :param archived: whether archived records are facts as well, as lost leads are
    :param filtered: whether the model's ``_search`` filters in Python after the
        limit, so that the branch must examine rows before it knows who sees them
    :param decorate: ``(records, rows by id, customer) -> None`` completes the rows
    :param icon: Font Awesome class
    """

    kind: str
    label: str
    noun: str
    model: str
    restrict: Callable[[Any], list]
    date: str
    columns: dict[str, str] = {}
    untaxed: bool = False
    archived: bool = False
    filtered: bool = False
    decorate: Callable[[Any, dict[int, dict], Any], None] | None = None
    icon: str = "fa-circle-o"


def day_start(day: date, tz: ZoneInfo) -> datetime:
    """Return the first moment of ``day`` in ``tz`` as naive UTC.

    Where the clock is put forward at midnight this is the moment of the change;
    where midnight happens twice it is the first one. Days at the end of the
    calendar, which have no such moment in UTC, are clamped.
    """
    try:
        start = datetime.combine(day, _NO_TIME, tzinfo=tz).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, _NO_TIME)
    return start.replace(tzinfo=None)


def day_floor(instant: datetime, tz: ZoneInfo) -> date:
    """Return the last day that has begun in ``tz`` by the naive UTC ``instant``.

    This is the inverse of :func:`day_start`, also where clocks go back across
    midnight and the calendar shows the day before once more.
    """
    day = instant.date()
    if day < date.max:
        day += _DAY
    while day > date.min and day_start(day, tz) > instant:
        day -= _DAY
    return day


def instant_of(value: date | datetime, tz: ZoneInfo) -> datetime:
    """Return where a fact dated ``value`` stands, as naive UTC."""
    return value if isinstance(value, datetime) else day_start(value, tz)


def bound_for(after: FactKey, kind: str, dated: bool, tz: ZoneInfo) -> Bound:
    """Translate "after this key" into the column of one branch.

    :param kind: kind of the branch
    :param dated: whether its column is a date rather than a datetime
    """
    instant, last_kind, last_id = after
    # Rows at the very instant of the mark come after it if their kind does.
    tie = last_id if kind == last_kind else MAX_ID if kind < last_kind else 0
    if not dated:
        return Bound(instant, tie)
    day = day_floor(instant, tz)
    return Bound(day, tie if day_start(day, tz) == instant else MAX_ID)


def encode_mark(key: FactKey) -> str:
    """Return ``key`` as an opaque string that is safe in URLs."""
    raw = json.dumps([key.instant.isoformat(), key.kind, key.id])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_mark(mark: Any) -> FactKey:
    """Return the key of a page mark.

    :raise ValueError: it was not made by :func:`encode_mark`
    """
    if not isinstance(mark, str) or not 0 < len(mark) <= MAX_MARK:
        raise ValueError("not a page mark")
    try:
        padded = (mark + "=" * (-len(mark) % 4)).encode("ascii")
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        moment, kind, row_id = json.loads(raw)
        instant = datetime.fromisoformat(moment)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError("not a page mark") from error
    if (
        instant.tzinfo is not None
        or not isinstance(kind, str)
        or type(row_id) is not int
        or not 0 < row_id <= MAX_ID
        or "\0" in kind
    ):
        raise ValueError("not a page mark")
    return FactKey(instant, kind, row_id)


def merge_page(branches: Iterable[Iterator[Fact]], limit: int, budget: int) -> Page:
    """Merge branches, each descending, into one page of ``limit`` visible keys.

    A page is short only at the end or when ``budget`` rows were examined, as when
    thousands of messages in a row are not for this reader; then ``after`` is set
    and the next page goes on from there. The end is recognised by looking one
    visible row ahead, so that no last page comes out empty.

    :param budget: most rows to examine; more than ``limit``
    """
    keys: list[FactKey] = []
    examined = None
    merged = heapq.merge(*branches, key=itemgetter(0), reverse=True)
    for number, fact in enumerate(merged):
        if number >= budget:
            return Page(keys, examined)
        if fact.visible:
            if len(keys) == limit:
                return Page(keys, examined)
            keys.append(fact.key)
        examined = fact.key
    return Page(keys, None)
