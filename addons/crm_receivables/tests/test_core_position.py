from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core import position
from ..core.position import OpenItem

MONEY = st.integers(-(10**7), 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
POSITIVE = st.integers(1, 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
DAYS = st.integers(-4000, 4000)
STARTS = st.lists(st.integers(-400, 400), min_size=1, max_size=8, unique=True)
MONTHS = st.lists(st.tuples(MONEY, st.integers(1, 31)), max_size=30)


@tagged("post_install", "-at_install")
class TestCorePosition(BaseCase):
    """Ageing and speed of payment: worked examples and what always holds."""

    # ---- buckets ------------------------------------------------------------------

    @given(STARTS, DAYS)
    def test_every_day_is_in_one_bucket(self, starts, days):
        spans = position.bucket_spans([(start, start) for start in starts])
        homes = [
            rank
            for rank, span in enumerate(spans)
            if (span.first is None or span.first <= days)
            and (span.last is None or days <= span.last)
        ]
        self.assertEqual(homes, [position.bucket_of(days, sorted(starts))])

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(STARTS, st.lists(st.tuples(DAYS, MONEY), max_size=30))
    def test_buckets_add_up_to_the_balance(self, starts, items):
        starts = sorted(starts)
        sums = [Decimal(0)] * len(starts)
        for days, amount in items:
            sums[position.bucket_of(days, starts)] += amount
        self.assertEqual(sum(sums), sum(amount for _days, amount in items))

    def test_usual_buckets(self):
        starts = [0, 1, 31, 61, 91]
        homes = [position.bucket_of(d, starts) for d in (-9, 0, 1, 30, 31, 90, 91, 999)]
        self.assertEqual(homes, [0, 0, 1, 1, 2, 3, 4, 4])

    # ---- open credits ---------------------------------------------------------------

    @given(st.lists(st.tuples(st.integers(0, 5), MONEY), max_size=30))
    def test_netting(self, rows):
        items = [
            OpenItem((due, rank), amount) for rank, (due, amount) in enumerate(rows)
        ]
        left = position.net_oldest_first(items)
        self.assertEqual(sum(left), sum(item.amount for item in items))
        self.assertFalse(any(n > 0 for n in left) and any(n < 0 for n in left))
        for item, net in zip(items, left, strict=True):
            self.assertLessEqual(abs(net), abs(item.amount))
            self.assertGreaterEqual(net * item.amount, 0)
        # Nothing young is paid while something older is open.
        ordered = sorted(zip(items, left, strict=True), key=lambda pair: pair[0].due)
        for sign in (1, -1):
            kind = [pair for pair in ordered if pair[0].amount * sign > 0]
            touched = [item.amount != net for item, net in kind]
            opened = [net != 0 for _item, net in kind]
            if True in opened:
                self.assertNotIn(True, touched[opened.index(True) + 1 :])

    def test_credit_pays_the_oldest(self):
        items = [OpenItem(d, Decimal(a)) for d, a in ((1, 100), (2, 50), (3, -120))]
        self.assertEqual(position.net_oldest_first(items), [0, 30, 0])

    # ---- days sales outstanding -----------------------------------------------------

    def test_dso_worked_example(self):
        """Receivable 120, of it 80 not due, sales of a 90-day quarter 300: 36 days,
        24 at best, 12 delinquent."""
        total = position.dso(Decimal(120), Decimal(300), 90)
        best = position.dso(Decimal(80), Decimal(300), 90)
        self.assertEqual((total, best), (36, 24))
        self.assertEqual(position.delinquent_days(total, best), 12)

    def test_no_sales_cannot_tell(self):
        for sales in (Decimal(0), Decimal(-5)):
            self.assertIsNone(position.dso(Decimal(9), sales, 90))
        self.assertIsNone(position.delinquent_days(None, Decimal(1)))

    def test_credit_pays_what_is_overdue(self):
        """1,000 overdue, 500 not due, 1,000 paid and not matched: the 500 left are not
        due, nothing is overdue; with 300 more the 200 left are not."""
        for paid, current in ((1000, 500), (1300, 200), (1500, 0), (1700, 0)):
            left = (Decimal(1500 - paid), Decimal(500))
            self.assertEqual(position.current_part(*left), current)
            self.assertEqual(position.overdue_part(*left), 0)
        # Of 600 paid, 400 of what is overdue are left.
        left = (Decimal(900), Decimal(500))
        self.assertEqual(position.current_part(*left), 500)
        self.assertEqual(position.overdue_part(*left), 400)

    @given(st.lists(st.tuples(st.integers(-3, 3), MONEY), max_size=30))
    def test_parts_are_what_netting_leaves(self, rows):
        items = [
            OpenItem((-late, rank), amount) for rank, (late, amount) in enumerate(rows)
        ]
        left = position.net_oldest_first(items)
        not_due = sum((a for late, a in rows if late <= 0 < a), Decimal(0))
        receivable = sum((amount for _late, amount in rows), Decimal(0))
        debts = [
            (late, net) for (late, _a), net in zip(rows, left, strict=True) if net > 0
        ]
        self.assertEqual(
            position.current_part(receivable, not_due),
            sum(net for late, net in debts if late <= 0),
        )
        self.assertEqual(
            position.overdue_part(receivable, not_due),
            sum(net for late, net in debts if late > 0),
        )

    @given(MONEY, POSITIVE)
    def test_current_part_is_a_part(self, receivable, not_due):
        part = position.current_part(receivable, not_due)
        self.assertTrue(0 <= part <= max(receivable, 0))
        overdue = position.overdue_part(receivable, not_due)
        self.assertEqual(part + overdue, max(receivable, 0))
        best = position.dso(part, Decimal(7), 30)
        self.assertGreaterEqual(position.dso(receivable, Decimal(7), 30), best)

    @given(POSITIVE, POSITIVE, st.integers(1, 400))
    def test_dso_is_the_share_of_the_period(self, receivable, sales, days):
        self.assertAlmostEqual(
            float(position.dso(receivable, sales, days)),
            float(Fraction(receivable) / Fraction(sales) * days),
            places=6,
        )

    def test_count_back_worked_example(self):
        """Receivable 250 at the end of June; June 100 (30 days), May 100 (31 days),
        April 200 (30 days): 30 + 31 + 50/200 × 30 = 68.5 days."""
        months = [(Decimal(100), 30), (Decimal(100), 31), (Decimal(200), 30)]
        found = position.count_back(Decimal(250), months)
        self.assertEqual(found, (Decimal("68.5"), True))

    @given(MONEY, MONEY, MONTHS)
    def test_count_back_grows_with_the_receivable(self, one, other, months):
        less, more = sorted((one, other))
        self.assertLessEqual(
            position.count_back(less, months).days,
            position.count_back(more, months).days,
        )

    @given(MONTHS)
    def test_count_back_of_everything_sold(self, months):
        months = [(abs(sales) + 1, days) for sales, days in months]
        total = sum((sales for sales, _days in months), Decimal(0))
        found = position.count_back(total, months)
        self.assertEqual(found, (sum(days for _sales, days in months), True))
        self.assertEqual(position.count_back(total + 1, months)[1], False)

    @given(POSITIVE, st.lists(st.integers(1, 31), min_size=1, max_size=24))
    def test_even_sales_make_all_methods_one(self, daily, lengths):
        """Where every day sells the same, count-back is the simple DSO."""
        days = sum(lengths)
        receivable = daily * days / 2
        counted = position.count_back(
            receivable, [(daily * length, length) for length in lengths]
        )
        simple = position.dso(receivable, daily * days, days)
        self.assertTrue(counted.complete)
        self.assertAlmostEqual(float(counted.days), float(simple), places=6)

    # ---- collection -----------------------------------------------------------------

    def test_collection_effectiveness_worked_example(self):
        """Opening 200, sales 300, closing 150, of it 100 not due: 350 ÷ 400."""
        found = position.collection_effectiveness(
            Decimal(200), Decimal(300), Decimal(150), Decimal(100)
        )
        self.assertEqual(found, Decimal("87.5"))
        self.assertIsNone(
            position.collection_effectiveness(*[Decimal(0)] * 3, Decimal(0))
        )

    @given(POSITIVE, POSITIVE, POSITIVE, POSITIVE)
    def test_nothing_due_is_all_collected(self, opening, sales, closing, late):
        found = position.collection_effectiveness(opening, sales, closing, closing)
        self.assertIn(found, (None, 100))
        worse = position.collection_effectiveness(
            opening, sales, closing + late, closing
        )
        self.assertTrue(worse is None or worse < 100)

    def test_days_late_are_weighted(self):
        paid = [(Decimal(300), 10), (Decimal(100), -10)]
        self.assertEqual(position.weighted_days_late(paid), 5)
        self.assertIsNone(position.weighted_days_late([]))

    # ---- exposure -------------------------------------------------------------------

    @given(MONEY, MONEY, MONEY)
    def test_parts_add_up(self, open_items, confirmed, undelivered):
        parts = position.exposure(open_items, confirmed, undelivered)
        total = parts.pop("total")
        self.assertEqual(sum(parts.values()), total)
        self.assertGreaterEqual(min(parts["delivered"], parts["undelivered"]), 0)
