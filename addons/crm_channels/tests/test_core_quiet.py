import random
import unittest
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from ..core.policy import Quiet, is_quiet, next_open, recipient_zones
from ..core.policy.quiet import DAY, EVERY_DAY, HORIZON
from .quiet_oracle import first_open, pieces

INSTANTS = 50_000
YEARS = datetime(2020, 1, 1), datetime(2035, 12, 31)
# Not places: they follow the computer they are asked on, or are for tests.
NO_PLACES = {"localtime", "posixrules", "Factory"}
ZONES = sorted(
    name
    for name in available_timezones() - NO_PLACES
    if not name.startswith(("posix/", "right/", "SystemV/"))
)
NIGHT = Quiet(1, "", 21 * 3600, 8 * 3600)


def utc(text):
    return datetime.fromisoformat(text)


class TestCoreQuiet(unittest.TestCase):
    def draw_rule(self, rng):
        start = rng.choice([0, 21 * 60, 22 * 60, rng.randrange(1440)]) * 60
        end = rng.choice([8 * 60, 1440, 0, start // 60, rng.randrange(1441)]) * 60
        days = rng.choice([EVERY_DAY, frozenset({5, 6}), frozenset({rng.randrange(7)})])
        return Quiet(1, "", start, end, days)

    def draw_moment(self, rng, zone):
        changes = [c for c in pieces(zone)[0] if YEARS[0] <= c <= YEARS[1]]
        if changes and rng.random() < 0.7:
            near = rng.choice(changes)
            return near + timedelta(seconds=rng.randint(-3 * 3600, 3 * 3600))
        return YEARS[0] + timedelta(
            seconds=rng.randrange(int((YEARS[1] - YEARS[0]).total_seconds()))
        )

    def test_as_the_oracle_says(self):
        """All zones, around each change of the clocks, any hours and days."""
        rng = random.Random(20260)
        kinds = {"open": 0, "waits": 0, "never": 0}
        for number in range(INSTANTS):
            zones = [ZONES[number % len(ZONES)]]
            if rng.random() < 0.1:
                zones.append(rng.choice(ZONES))
            moment = self.draw_moment(rng, zones[0])
            rules = [self.draw_rule(rng) for _n in range(rng.choice([1, 1, 2]))]
            expected = first_open(moment, zones, rules, HORIZON)
            found, _key = next_open(moment, zones, rules)
            self.assertEqual(found, expected, (moment, zones, rules))
            self.assertEqual(is_quiet(moment, zones, rules), expected != moment)
            kinds[
                "never"
                if expected is None
                else "open"
                if expected == moment
                else "waits"
            ] += 1
        self.assertGreater(min(kinds.values()), INSTANTS // 100, kinds)

    def test_as_the_clock_on_the_wall_shows(self):
        """Minute by minute, by another library, where both know the same clocks."""
        rng = random.Random(7)
        for _number in range(300):
            zone = rng.choice(ZONES)
            if zone not in pytz.all_timezones_set:
                continue
            moment = self.draw_moment(rng, zone).replace(second=0)
            rule = self.draw_rule(rng)
            wall = pytz.timezone(zone)
            if any(
                (moment + timedelta(hours=hour))
                .replace(tzinfo=UTC)
                .astimezone(ZoneInfo(zone))
                .utcoffset()
                != pytz.utc.localize(moment + timedelta(hours=hour))
                .astimezone(wall)
                .utcoffset()
                for hour in range(30)
            ):
                continue
            now = moment
            while now < moment + timedelta(hours=30):
                local = pytz.utc.localize(now).astimezone(wall)
                minute = local.hour * 60 + local.minute
                start, end = rule.start // 60, rule.end // 60
                day = local.weekday()
                if start < end:
                    quiet = start <= minute < end and day in rule.days
                else:
                    quiet = start != end and (
                        minute >= start
                        and day in rule.days
                        or minute < end
                        and (day + 6) % 7 in rule.days
                    )
                if not quiet:
                    self.assertEqual(next_open(moment, [zone], [rule])[0], now)
                    break
                now += timedelta(minutes=1)

    def test_clocks_put_forward_and_back(self):
        # New York, 8 March 2026: 2:00 becomes 3:00. There is no 2:30.
        until = Quiet(1, "", 22 * 3600, 2 * 3600 + 1800)
        found = next_open(utc("2026-03-08T06:00"), ["America/New_York"], [until])
        self.assertEqual(found, (utc("2026-03-08T07:00"), 1))
        # 1 November: 1:30 comes twice; quiet until 1:30, then again from 1:00 on.
        until = Quiet(1, "", 22 * 3600, 3600 + 1800)
        found = next_open(utc("2026-11-01T05:00"), ["America/New_York"], [until])
        self.assertEqual(found, (utc("2026-11-01T05:30"), 1))
        self.assertTrue(
            is_quiet(utc("2026-11-01T06:10"), ["America/New_York"], [until])
        )
        # Lord Howe moves by half an hour.
        found = next_open(utc("2026-10-03T14:00"), ["Australia/Lord_Howe"], [NIGHT])
        self.assertEqual(found, (utc("2026-10-03T21:00"), 1))

    def test_most_restrictive_of_several_zones(self):
        coasts = ["America/New_York", "America/Los_Angeles"]
        # 8:00 in New York is night in Los Angeles.
        found = next_open(utc("2026-06-10T12:00"), coasts, [NIGHT])
        self.assertEqual(found, (utc("2026-06-10T15:00"), 1))
        whole = Quiet(1, "", 0, DAY)
        self.assertEqual(next_open(utc("2026-06-10T12:00"), coasts, [whole]), (None, 1))

    @settings(max_examples=300, deadline=None)
    @given(
        st.datetimes(*YEARS).map(lambda m: m.replace(microsecond=0)),
        st.sampled_from(ZONES),
        st.integers(0, 1439),
        st.integers(0, 1440),
    )
    def test_the_end_is_open_and_nothing_before(self, moment, zone, start, end):
        rule = Quiet(3, "", start * 60, end * 60)
        found, key = next_open(moment, [zone], [rule])
        if found is None:
            self.assertEqual((start, end), (0, 1440))
            return
        self.assertFalse(is_quiet(found, [zone], [rule]))
        self.assertEqual(key, 3 if found > moment else 0)
        for share in (0, 0.25, 0.5, 0.99):
            between = moment + (found - moment) * share
            if between < found:
                self.assertTrue(is_quiet(between, [zone], [rule]))

    def test_zone_of_a_recipient(self):
        zones_of = {"DE": ["Europe/Berlin", "Europe/Busingen"], "JP": ["Asia/Tokyo"]}

        def of(zone, country):
            return recipient_zones(zone, country, "Asia/Shanghai", zones_of)

        self.assertEqual(of("Europe/Berlin", "de"), ("Europe/Berlin",))
        # The zone of whoever entered the contact is not the contact's.
        self.assertEqual(of("America/New_York", "JP"), ("Asia/Tokyo",))
        self.assertEqual(of(None, "DE"), ("Europe/Berlin", "Europe/Busingen"))
        self.assertEqual(of("Europe/Paris", None), ("Europe/Paris",))
        self.assertEqual(of(None, None), ("Asia/Shanghai",))
        self.assertEqual(of(None, "XX"), ("Asia/Shanghai",))
