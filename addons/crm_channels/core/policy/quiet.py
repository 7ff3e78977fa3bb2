"""Quiet hours on the recipient's own clock. No Odoo here.

Only ever from UTC to local time, which is defined at every moment. A local time may not
exist (clocks put forward) or come twice (put back), a moment in UTC neither. So the end
of quiet hours is found by walking on in UTC, not by converting "8:00" back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 86_400
HOUR = timedelta(hours=1)
EVERY_DAY = frozenset(range(7))
LOUD_KINDS = frozenset({"email", "sms", "phone"})
"""Kinds of channels that reach somebody at the moment of sending. A letter does not."""

# Nobody waits longer than this for the end of quiet hours: they have none then.
HORIZON = timedelta(days=15)


class Quiet(NamedTuple):
    """Hours in which nobody is disturbed.

    :param key: number of the rule
    :param kind: kind of channel; empty for all that reach somebody at once
    :param start: local second of the day with which they begin
    :param end: local second of the day with which they are over, up to ``DAY``; not
        after ``start``: on the next day; equal to ``start``: there are none
    :param days: weekdays on which they begin, Monday is 0
    """

    key: int
    kind: str
    start: int
    end: int
    days: frozenset[int] = EVERY_DAY

    def concerns(self, kind: str) -> bool:
        """Tell whether these hours are about a kind of channel."""
        return kind in LOUD_KINDS if not self.kind else kind == self.kind

    def seconds_left(self, local: datetime) -> int:
        """Return for how long they go on by the clock on the wall; 0: not quiet."""
        if self.start == self.end:
            return 0
        second = local.hour * 3600 + local.minute * 60 + local.second
        today = local.weekday()
        if self.start < self.end:
            inside = today in self.days and self.start <= second < self.end
            return self.end - second if inside else 0
        if today in self.days and second >= self.start:
            return DAY - second + self.end
        if (today - 1) % 7 in self.days and second < self.end:
            return self.end - second
        return 0


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _local(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(_zone(zone))


def is_quiet(moment: datetime, zones: Iterable[str], rules: Iterable[Quiet]) -> bool:
    """Tell whether it is quiet in any of the zones.

    :param moment: naive UTC
    """
    rules = tuple(rules)
    return any(
        rule.seconds_left(local)
        for local in (_local(moment, zone) for zone in zones)
        for rule in rules
    )


def next_open(
    moment: datetime, zones: Sequence[str], rules: Sequence[Quiet]
) -> tuple[datetime | None, int]:
    """Return the first moment from ``moment`` on at which it is quiet in no zone.

    :param moment: naive UTC, whole seconds
    :return: that moment in naive UTC (None: not within ``HORIZON``), and the number of
        the rule that was waited for last (0: none)
    """
    now, waited = moment, 0
    while now - moment <= HORIZON:
        step = _step(now, zones, rules)
        if step is None:
            return now, waited
        now, waited = step
    return None, waited


def _step(now: datetime, zones, rules) -> tuple[datetime, int] | None:
    """Return a later moment before which it is quiet all the time, and the rule."""
    for zone in zones:
        local = _local(now, zone)
        for rule in rules:
            left = rule.seconds_left(local)
            if left:
                return _after(now, left, zone), rule.key
    return None


def _after(now: datetime, seconds: int, zone: str) -> datetime:
    """Return the moment so many seconds later, or the first moment on the way at which
    the clocks are changed: from there on the wall shows something else."""
    end = now + timedelta(seconds=seconds)
    offset = _local(now, zone).utcoffset()
    low = now
    while low < end:
        high = min(low + HOUR, end)
        if _local(high, zone).utcoffset() != offset:
            return _change(low, high, zone, offset)
        low = high
    return end


def _change(low: datetime, high: datetime, zone: str, offset) -> datetime:
    """Return the first moment after ``low`` whose offset is another one."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if _local(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high
