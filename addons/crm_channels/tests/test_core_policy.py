import unittest
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ..core.policy import (
    DROP,
    HOLD,
    SEND,
    Candidate,
    Cap,
    Contact,
    Quiet,
    Rules,
    decide,
    decide_all,
    free_from,
    is_full,
    is_quiet,
)

BEGIN = datetime(2026, 3, 2)
MINUTE = timedelta(minutes=1)
MINUTES = st.integers(0, 60)


def at(minute):
    return BEGIN + minute * MINUTE


def full(limit, length, moment, others):
    """Tell whether any window of a length that contains a moment would hold too many,
    by looking at every window."""
    return any(
        1 + sum(first <= other < first + length for other in others) > limit
        for first in range(moment - length + 1, moment + 1)
    )


@st.composite
def caps(draw):
    return Cap(
        key=draw(st.integers(1, 9)),
        scope=draw(st.sampled_from(["person", "firm"])),
        kind=draw(st.sampled_from(["", "email", "sms"])),
        limit=draw(st.integers(0, 3)),
        seconds=60 * draw(st.integers(1, 40)),
        promotion_only=draw(st.booleans()),
        waits=draw(st.booleans()),
    )


@st.composite
def contacts(draw):
    customer = draw(st.integers(1, 2))
    rank = st.none() | st.tuples(st.integers(0, 2), st.integers(-3, -1))
    return Contact(
        customer,
        10 * customer + draw(st.integers(1, 2)),
        draw(st.sampled_from(["", "a", "b"])),
        draw(st.sampled_from(["email", "sms"])),
        draw(st.sampled_from(["promotion", "service"])),
        at(draw(MINUTES)),
        draw(rank),
    )


@st.composite
def candidates(draw):
    customer = draw(st.integers(1, 2))
    return Candidate(
        customer,
        10 * customer + draw(st.integers(1, 2)),
        draw(st.sampled_from(["", "a", "b"])),
        draw(st.sampled_from(["email", "sms"])),
        at(draw(MINUTES)),
        (draw(st.integers(0, 2)), -9),
        ("UTC",),
    )


QUIET = st.builds(
    lambda begin, length: Quiet(11, "", begin * 60, (begin + length) * 60),
    st.integers(0, 60),
    st.integers(0, 30),
)


def takes_place(cap, candidate, contact):
    """Say in another way than the rules do which contacts count."""
    if cap.kind not in ("", contact.kind):
        return False
    if cap.promotion_only and contact.purpose == "service":
        return False
    if contact.rank and not contact.rank > candidate.rank:
        return False
    same_mailbox = candidate.address and candidate.address == contact.address
    if cap.scope == "firm":
        return candidate.customer == contact.customer
    return bool(same_mailbox) or candidate.person == contact.person


def brute(candidate, others, rules):
    """Decide by trying minute after minute."""
    counted = {
        cap: [
            (c.at - BEGIN) // MINUTE for c in others if takes_place(cap, candidate, c)
        ]
        for cap in rules.caps
        if cap.kind in ("", candidate.kind)
    }
    first = (candidate.at - BEGIN) // MINUTE
    for minute in range(first, first + rules.patience // 60 + 1):
        if is_quiet(at(minute), candidate.zones, rules.quiet):
            continue
        if any(
            cap.waits and full(cap.limit, cap.seconds // 60, minute, times)
            for cap, times in counted.items()
        ):
            continue
        if any(
            full(cap.limit, cap.seconds // 60, minute, times)
            for cap, times in counted.items()
            if not cap.waits
        ):
            return DROP, None
        return (SEND if minute == first else HOLD), at(minute)
    return DROP, None


class TestCorePolicy(unittest.TestCase):
    @settings(max_examples=600, deadline=None)
    @given(
        st.integers(0, 4), st.integers(1, 30), MINUTES, st.lists(MINUTES, max_size=8)
    )
    def test_every_window_that_contains_the_moment(self, limit, length, now, others):
        cap = Cap(1, "person", "", limit, 60 * length)
        times = sorted(at(other) for other in others)
        expected = full(limit, length, now, others)
        self.assertEqual(is_full(cap, at(now), times), expected)
        free = free_from(cap, at(now), times)
        if limit == 0:
            self.assertIsNone(free)
            return
        minutes = iter(range(now, 10_000))
        first = next(m for m in minutes if not full(limit, length, m, others))
        self.assertEqual(free, at(first))

    @settings(max_examples=600, deadline=None)
    @given(
        candidates(),
        st.lists(contacts(), max_size=8),
        st.lists(caps(), max_size=3, unique_by=lambda cap: cap.key),
        st.lists(QUIET, max_size=1),
        st.integers(0, 90),
    )
    def test_as_if_tried_minute_by_minute(self, candidate, others, rules, quiet, wait):
        rules = Rules(tuple(rules), tuple(quiet), wait * 60)
        found = decide(candidate, others, rules.of_kind(candidate.kind))
        verdict, moment = brute(candidate, others, rules)
        self.assertEqual(found.verdict, verdict)
        if verdict != DROP:
            self.assertEqual(found.at, moment)
        self.assertEqual(bool(found.rule), found.verdict != SEND)

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(candidates(), max_size=8),
        st.lists(contacts(), max_size=6),
        st.lists(caps(), max_size=3, unique_by=lambda cap: cap.key),
        st.integers(0, 60),
    )
    def test_many_are_one_after_the_other(self, asked, others, rules, wait):
        rules = Rules(tuple(rules), (), wait * 60)
        said, mailboxes = list(others), set()
        expected = []
        for candidate in asked:
            mailbox = (candidate.kind == "email", candidate.address)
            if candidate.address and mailbox in mailboxes:
                expected.append((DROP, -1))
                continue
            near = [
                c
                for c in said
                if c.customer == candidate.customer or c.address == candidate.address
            ]
            found = decide(candidate, near, rules.of_kind(candidate.kind))
            expected.append(found[:2])
            if found.verdict == DROP:
                continue
            mailboxes.add(mailbox)
            said.append(
                Contact(*candidate[:4], "promotion", found.at),
            )
        self.assertEqual(
            [found[:2] for found in decide_all(asked, others, rules)], expected
        )

    def test_room_is_kept_for_heavier_ones(self):
        cap = Cap(1, "person", "", 1, 3600)
        planned = Contact(1, 11, "", "email", "promotion", at(30), (5, -1))

        def asked(weight):
            who = Candidate(1, 11, "", "email", at(0), (weight, -9), ("UTC",))
            return decide(who, [planned], Rules((cap,))).verdict

        self.assertEqual([asked(4), asked(5), asked(6)], [DROP, DROP, SEND])

    def test_nobody_waits_for_each_other(self):
        """Of two planned ones one always goes, whatever they weigh."""
        cap = Cap(1, "person", "", 1, 3600)
        for ranks in [((0, -1), (0, -2)), ((1, -2), (0, -1)), ((0, -1), (3, -2))]:
            verdicts = set()
            for own, other in (ranks, ranks[::-1]):
                who = Candidate(1, 11, "", "email", at(0), own, ("UTC",))
                planned = Contact(1, 11, "", "email", "promotion", at(1), other)
                verdicts.add(decide(who, [planned], Rules((cap,))).verdict)
            self.assertEqual(verdicts, {SEND, DROP})

    def test_what_went_to_an_address_went_to_whoever_has_it(self):
        """Nobody was known there when it was sent."""
        said = Contact(0, 0, "a@x", "email", "promotion", at(0))

        def asked(scope, address):
            who = Candidate(1, 11, address, "email", at(1), (0, -9), ("UTC",))
            return decide(who, [said], Rules((Cap(1, scope, "", 1, 3600),))).verdict

        for scope in ("person", "firm"):
            self.assertEqual(asked(scope, "a@x"), DROP)
            self.assertEqual(asked(scope, "b@x"), SEND)
            self.assertEqual(asked(scope, ""), SEND)
