import unittest
from datetime import datetime, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from ..core.consent import (
    CHANGES,
    GRANTED,
    LIFTED,
    PAUSED,
    RESUMED,
    UNKNOWN,
    WITHDRAWN,
    Said,
    Standing,
    address_key,
    mask,
    resolve,
    strictest,
)

START = datetime(2026, 1, 1)
MOMENTS = st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def sayings(draw):
    change = draw(st.sampled_from(CHANGES))
    until = draw(MOMENTS) if change == PAUSED else None
    return Said(change, draw(MOMENTS), until)


HEARD = st.lists(sayings(), max_size=8)


class TestCoreConsent(unittest.TestCase):
    def at(self, hour):
        return START + timedelta(hours=hour)

    @settings(deadline=None)
    @given(HEARD, st.randoms())
    def test_order_of_arrival_does_not_count(self, heard, rng):
        mixed = list(heard)
        rng.shuffle(mixed)
        self.assertEqual(resolve(mixed), resolve(heard))

    @settings(deadline=None)
    @given(HEARD)
    def test_hearing_twice_changes_nothing(self, heard):
        self.assertEqual(resolve(heard + heard), resolve(heard))

    @settings(deadline=None)
    @given(HEARD)
    def test_newest_wins_and_a_tie_is_strict(self, heard):
        told = [s for s in heard if s.change not in (PAUSED, RESUMED)]
        if not told:
            self.assertEqual(resolve(heard).state, UNKNOWN)
            return
        newest = max(said.at for said in told)
        last = {said.change for said in told if said.at == newest}
        expected = (
            WITHDRAWN if WITHDRAWN in last else GRANTED if GRANTED in last else UNKNOWN
        )
        self.assertEqual(resolve(heard)[:2], (expected, newest))

    @settings(deadline=None)
    @given(HEARD)
    def test_newest_pause_wins_and_a_tie_is_long(self, heard):
        told = [s for s in heard if s.change in (PAUSED, RESUMED)]
        newest = max((said.at for said in told), default=None)
        ends = [said.until for said in told if said.at == newest and said.until]
        self.assertEqual(resolve(heard).pause_until, max(ends, default=None))

    def test_all_orders_of_the_usual(self):
        heard = [
            Said(GRANTED, self.at(0)),
            Said(WITHDRAWN, self.at(2)),
            Said(GRANTED, self.at(1)),
            Said(GRANTED, self.at(2)),
            Said(LIFTED, self.at(1)),
        ]
        for order in permutations(heard):
            self.assertEqual(resolve(order).state, WITHDRAWN)

    @settings(deadline=None)
    @given(st.lists(HEARD, min_size=1, max_size=4))
    def test_merged_is_never_looser(self, several):
        standings = [resolve(heard) for heard in several]
        merged = strictest(standings)
        for standing in standings:
            if standing.state == WITHDRAWN:
                self.assertEqual(merged.state, WITHDRAWN)
            if standing.pause_until:
                self.assertGreaterEqual(merged.pause_until, standing.pause_until)
        self.assertNotEqual(merged.state, GRANTED)

    def test_nothing_heard(self):
        self.assertEqual(resolve([]), Standing())
        self.assertEqual(strictest([Standing()]), Standing())

    def test_addresses(self):
        for kind, written, key in (
            ("email", " Ann@Example.com ", "ann@example.com"),
            ("phone", "+32 475/12.34-56", "+32475123456"),
            ("sms", "0475 12", "047512"),
            ("letter", "Ann  Li,\n Main St 5,1000 City", "ann li main st 5 1000 city"),
            ("letter", " , ", ""),
            ("email", None, ""),
        ):
            self.assertEqual(address_key(kind, written), key)
            self.assertEqual(address_key(kind, key), key)

    def test_masks(self):
        self.assertEqual(mask("email", "ann@example.com"), "a***@example.com")
        self.assertNotIn("475123", mask("phone", "+32475123456"))
        self.assertEqual(mask("sms", "123"), "***")
