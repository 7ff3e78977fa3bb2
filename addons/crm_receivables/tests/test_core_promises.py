import unittest
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ..core.promises import BROKEN, KEPT, OPEN, PARTLY, VOID, Booking, Promise, judge

DUE = date(2026, 3, 10)
days = st.integers(-5, 5).map(lambda n: DUE + timedelta(days=n))
bookings = st.lists(
    st.builds(Booking, days, st.integers(1, 500), st.booleans(), st.booleans())
)


def promise(amount=100, owed=100, settled=0):
    return Promise(amount, owed, settled, DUE)


def money(amount, day=DUE, known=False):
    return Booking(day, amount, True, known)


def credit(amount, day=DUE):
    return Booking(day, amount, False)


LATER = DUE + timedelta(days=1)


class TestCorePromises(unittest.TestCase):
    def test_examples(self):
        cases = [
            (promise(), [], DUE, OPEN, 0),
            (promise(), [], LATER, BROKEN, 0),
            (promise(), [money(100)], DUE, KEPT, 100),
            (promise(), [money(40)], DUE, OPEN, 40),
            (promise(), [money(40)], LATER, PARTLY, 40),
            # Too late, and no excuse.
            (promise(), [money(100, LATER)], LATER, BROKEN, 0),
            # What is credited nobody has to pay.
            (promise(), [credit(30), money(70)], LATER, KEPT, 70),
            (promise(), [credit(100)], DUE, VOID, 0),
            # Paid before the promise: that is not what was promised.
            (promise(50, 50, 50), [money(50, known=True)], LATER, BROKEN, 0),
            (promise(50, 50, 50), [money(50, known=True), money(50)], LATER, KEPT, 50),
            # Money of before that is taken off again is not the customer's fault.
            (promise(40, 40, 60), [money(40)], LATER, KEPT, 40),
            # Money that was there already, and matched only now, nobody promised.
            (promise(), [money(60, known=True), money(40)], LATER, KEPT, 40),
            (promise(), [money(60, known=True)], LATER, BROKEN, 0),
            (promise(), [money(100, known=True)], LATER, VOID, 0),
            # More than is owed nobody can keep; all that is owed is enough.
            (promise(500, 100), [money(100)], DUE, KEPT, 100),
        ]
        for given_, booked, today, state, received in cases:
            with self.subTest(promise=given_, booked=booked, today=today):
                verdict = judge(given_, booked, today)
                self.assertEqual((verdict.state, verdict.received), (state, received))

    def test_kept_on_the_day_it_was_enough(self):
        first = DUE - timedelta(days=3)
        verdict = judge(promise(), [money(60, first), money(40), money(9)], LATER)
        self.assertEqual((verdict.state, verdict.day), (KEPT, DUE))

    @given(bookings, st.integers(1, 900), st.integers(1, 900))
    def test_order_does_not_matter(self, booked, amount, owed):
        given_ = promise(amount, owed)
        forward = judge(given_, booked, LATER)
        self.assertEqual(forward, judge(given_, reversed(booked), LATER))

    @given(bookings, st.integers(1, 900), st.integers(1, 900))
    def test_always_decided_after_its_day(self, booked, amount, owed):
        verdict = judge(promise(amount, owed), booked, LATER)
        self.assertNotEqual(verdict.state, OPEN)
        counts = (b for b in booked if b.is_money and not b.is_known and b.day <= DUE)
        paid = sum(b.amount for b in counts)
        self.assertEqual(verdict.received, paid)
        self.assertEqual(verdict.state == BROKEN, not paid and verdict.state != VOID)

    @given(bookings, st.integers(1, 900), st.integers(1, 900), st.integers(1, 500))
    def test_more_money_never_breaks(self, booked, amount, owed, more):
        given_ = promise(amount, owed)
        better = [BROKEN, PARTLY, KEPT]
        before = judge(given_, booked, LATER).state
        after = judge(given_, [*booked, money(more)], LATER).state
        if before != VOID:
            self.assertGreaterEqual(better.index(after), better.index(before))

    @given(bookings, st.integers(1, 900), st.integers(1, 900))
    def test_later_money_changes_nothing(self, booked, amount, owed):
        given_ = promise(amount, owed)
        late = [*booked, money(1000, LATER)]
        self.assertEqual(judge(given_, booked, LATER), judge(given_, late, LATER))
