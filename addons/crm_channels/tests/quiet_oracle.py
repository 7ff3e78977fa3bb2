"""Quiet hours by another way than the rules themselves: intervals of UTC.

The years 2020 to 2035 of a zone are cut where its clocks are changed. Within a piece
the local time is UTC plus a number, so quiet hours are intervals that can be shifted,
put together and looked through. Nothing here walks or asks for a local time.
"""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BEGIN, END = datetime(2019, 12, 1), datetime(2036, 2, 1)
DAY = timedelta(days=1)
MIDNIGHT = datetime(2019, 11, 25)  # a Monday


def offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()


@cache
def pieces(name: str) -> tuple[list[datetime], list[timedelta]]:
    """Return where the pieces begin and what is to be added in each."""
    zone = ZoneInfo(name)
    starts, offsets = [BEGIN], [offset(zone, BEGIN)]
    low = BEGIN
    while low < END:
        high = low + DAY
        while (found := offset(zone, high)) != offsets[-1]:
            left, right = low, high
            while right - left > timedelta(seconds=1):
                middle = left + (right - left) // 2
                middle = middle.replace(microsecond=0)
                if offset(zone, middle) == offsets[-1]:
                    left = middle
                else:
                    right = middle
            starts.append(right)
            offsets.append(offset(zone, right))
            low = right
            assert found is not None
        low = high
    return starts, offsets


def closed(moment: datetime, until: datetime, name: str, rule) -> list[tuple]:
    """Return the quiet hours of one rule in one zone as intervals of UTC."""
    if rule.start == rule.end:
        return []
    starts, offsets = pieces(name)
    intervals = []
    index = bisect_right(starts, moment) - 1
    while index < len(starts) and starts[index] < until:
        begin = starts[index]
        end = starts[index + 1] if index + 1 < len(starts) else END
        shift = offsets[index]
        day = MIDNIGHT + ((max(begin, moment) + shift - MIDNIGHT) // DAY - 1) * DAY
        while day - shift < min(end, until):
            if ((day - MIDNIGHT) // DAY) % 7 in rule.days:
                last = rule.end + (86_400 if rule.end <= rule.start else 0)
                first = max(day + timedelta(seconds=rule.start) - shift, begin)
                final = min(day + timedelta(seconds=last) - shift, end)
                if first < final:
                    intervals.append((first, final))
            day += DAY
        index += 1
    return intervals


def first_open(moment: datetime, zones, rules, horizon: timedelta):
    """Return the first moment that is in none of the intervals, None: too far away."""
    until = moment + horizon + 2 * DAY
    intervals = sorted(
        found
        for zone in zones
        for rule in rules
        for found in closed(moment, until, zone, rule)
    )
    now = moment
    for begin, end in intervals:
        if begin > now:
            break
        now = max(now, end)
    return now if now - moment <= horizon else None
