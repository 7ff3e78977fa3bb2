import unittest
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ..core import plan
from ..core.plan import CREDIT, MONEY, Flow, Slot

# Yen have no smaller unit, fils are thousandths, CLF ten thousandths; and 5 Rappen.
ROUNDINGS = {"JPY": "1", "KWD": "0.001", "CLF": "0.0001", "USD": "0.01", "CHF": "0.05"}
ROUNDING = st.sampled_from(sorted(ROUNDINGS.values()))
UNITS = st.integers(0, 10**11)
DAY = st.integers(0, 40).map(lambda n: date(2026, 1, 1) + timedelta(n))
PERCENTS = st.lists(st.integers(1, 5000), min_size=1, max_size=8)
SLOTS = st.lists(
    st.builds(Slot, st.integers(0, 500), st.none() | DAY, st.integers(0, 3)),
    min_size=1,
    max_size=6,
)


@st.composite
def plans_with_flows(draw):
    slots = draw(SLOTS)
    own = st.none() | st.integers(0, len(slots) - 1)
    flow = st.builds(
        Flow, st.integers(-400, 600), DAY, own, st.sampled_from([MONEY, CREDIT])
    )
    return slots, draw(st.lists(flow, max_size=10))


class TestCorePlanSplit(unittest.TestCase):
    """Splits against an oracle that calculates with decimals."""

    @settings(max_examples=300, deadline=None)
    @given(UNITS, ROUNDING, PERCENTS)
    def test_shares_are_exact(self, units, rounding, weights):
        unit = Decimal(rounding)
        total = units * unit
        whole = sum(weights)
        split = plan.shares(units, weights)
        self.assertEqual(sum(split) * unit, total)
        for i, (weight, share) in enumerate(zip(weights, split, strict=True)):
            exact = total * weight / whole
            self.assertLessEqual(abs(share * unit - exact), unit)
            self.assertGreaterEqual(share, 0)
            # Every running sum is the nearest amount there is.
            wanted = Decimal(units * sum(weights[: i + 1])) / whole
            nearest = wanted.quantize(Decimal(1), ROUND_HALF_UP)
            self.assertEqual(sum(split[: i + 1]), nearest)

    @given(UNITS, PERCENTS)
    def test_credit_is_the_mirror(self, units, weights):
        mirrored = [-share for share in plan.shares(units, weights)]
        self.assertEqual(plan.shares(-units, weights), mirrored)

    def test_published_thirds(self):
        self.assertEqual(plan.shares(10000, [1, 1, 1]), [3333, 3334, 3333])
        self.assertEqual(plan.shares(100, [33.33, 33.33, 33.34], 100), [33, 34, 33])
        self.assertEqual(plan.shares(1000, [30, 30], 100), [300, 300])

    @given(st.integers(-(10**12), 10**12), ROUNDING)
    def test_units_survive_floats(self, units, rounding):
        amount = plan.from_units(units, float(rounding))
        self.assertEqual(plan.to_units(amount, float(rounding)), units)

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1),
        st.integers(0, 5000),
        st.booleans(),
    )
    def test_following_keeps_the_sum(self, lines, total, by_share):
        planned = [amount for amount, _frozen in lines]
        frozen = [is_frozen for _amount, is_frozen in lines]
        amounts = plan.follow_total(planned, total, frozen, by_share)
        self.assertEqual(sum(amounts), total)
        self.assertTrue(all(amount >= 0 for amount in amounts))
        if sum(planned) == total:
            self.assertEqual(amounts, planned)
        # Invoiced lines move only when the others cannot carry it alone.
        fixed = sum(p for p, is_frozen in lines if is_frozen)
        if not all(frozen) and total >= fixed:
            for before, after, is_frozen in zip(planned, amounts, frozen, strict=True):
                if is_frozen:
                    self.assertEqual(before, after)

    def test_amended_orders(self):
        free = [False] * 3
        self.assertEqual(
            plan.follow_total([30, 30, 40], 120, free, False), [30, 30, 60]
        )
        self.assertEqual(plan.follow_total([30, 30, 40], 50, free, False), [30, 20, 0])
        first = [True, False, False]
        self.assertEqual(
            plan.follow_total([30, 30, 40], 170, first, True), [30, 60, 80]
        )
        self.assertEqual(plan.follow_total([30, 30, 40], 0, free, True), [0, 0, 0])


class TestCorePlanFill(unittest.TestCase):
    """What comes in goes somewhere, once, and to the right line."""

    @settings(max_examples=500, deadline=None)
    @given(plans_with_flows())
    def test_nothing_is_lost(self, case):
        slots, flows = case
        portions = plan.fill(slots, flows)
        self.assertEqual(sum(p.amount for p in portions), sum(f.amount for f in flows))
        for i, slot in enumerate(slots):
            filled = sum(p.amount for p in portions if p.slot == i)
            self.assertTrue(0 <= filled <= slot.amount)
        for i, flow in enumerate(flows):
            used = sum(p.amount for p in portions if p.flow == i)
            self.assertLessEqual(abs(used), abs(flow.amount))

    @settings(max_examples=500, deadline=None)
    @given(plans_with_flows())
    def test_totals_of_lines(self, case):
        """Own receipts first, net of what was taken back; then by due day."""
        slots, flows = case
        if any(f.amount < 0 for f in flows):
            flows = [f for f in flows if f.amount > 0]
        expected = [0] * len(slots)
        pool = sum(f.amount for f in flows if f.slot is None)
        for i, slot in enumerate(slots):
            own = sum(f.amount for f in flows if f.slot == i)
            expected[i] = min(own, slot.amount)
            pool += own - expected[i]
        for i in plan.due_order(slots):
            taken = min(pool, slots[i].amount - expected[i])
            expected[i] += taken
            pool -= taken
        portions = plan.fill(slots, flows)
        for i, amount in enumerate(expected):
            self.assertEqual(sum(p.amount for p in portions if p.slot == i), amount)
        self.assertEqual(sum(p.amount for p in portions if p.slot is None), pool)

    @settings(max_examples=300, deadline=None)
    @given(plans_with_flows())
    def test_surplus_only_beside_full_lines(self, case):
        slots, flows = case
        portions = plan.fill(slots, flows)
        spare = sum(p.amount for p in portions if p.slot is None)
        filled = sum(p.amount for p in portions if p.slot is not None)
        if spare > 0:
            self.assertEqual(filled, sum(slot.amount for slot in slots))
        if spare < 0:
            self.assertEqual(filled, 0)

    def test_a_refund_takes_the_latest_back(self):
        first, later = date(2026, 1, 1), date(2026, 2, 1)
        slots = [Slot(30, first), Slot(70, later)]
        flows = [Flow(30, first), Flow(50, later), Flow(-60, later)]
        self.assertEqual(plan.fill(slots, flows), [(0, 0, 20)])

    def test_a_refund_takes_money_not_credit(self):
        day = date(2026, 1, 1)
        flows = [Flow(60, day), Flow(40, day, kind=CREDIT), Flow(-60, day)]
        self.assertEqual(plan.fill([Slot(100, day)], flows), [(1, 0, 40)])

    @settings(max_examples=300, deadline=None)
    @given(plans_with_flows())
    def test_refunds_stand_beside_what_they_took_back(self, case):
        slots, flows = case
        flows = [flow._replace(kind=MONEY) for flow in flows]
        portions = plan.fill(slots, flows)
        happened = plan.with_refunds(flows, portions)
        for slot in (None, *range(len(slots))):
            sums = [
                sum(p.amount for p in some if p.slot == slot)
                for some in (portions, happened)
            ]
            self.assertEqual(*sums)
        for i, flow in enumerate(flows):
            shown = [p.amount for p in happened if p.flow == i]
            self.assertEqual(sum(shown), flow.amount)
            self.assertTrue(all(n * flow.amount > 0 for n in shown))

    def test_states(self):
        today, before = date(2026, 3, 1), date(2026, 2, 28)
        cases = [
            ((0, 0, 0, before), False, plan.VOID),
            ((10, 0, 10, before), False, plan.VOID),
            ((10, 10, 0, before), False, plan.PAID),
            ((10, 4, 6, before), False, plan.PAID),
            ((10, 4, 0, before), False, plan.OVERDUE),
            ((10, 4, 0, today), False, plan.PART),
            ((10, 0, 0, today), False, plan.DUE),
            ((10, 0, 0, None), True, plan.DUE),
            ((10, 0, 0, None), False, plan.WAITING),
        ]
        for values, ready, state in cases:
            with self.subTest(values=values):
                self.assertEqual(plan.state_of(*values, today, ready), state)

    def test_open_day(self):
        """An instalment on its own day, what is not invoiced on the planned one."""
        one, two, plan_ = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
        bill = [(two, 70), (one, 30)]
        cases = [
            ((bill, (plan_, 0), 0), one),
            ((bill, (plan_, 0), 30), two),
            ((bill, (plan_, 0), 100), two),  # nothing is open
            ((bill, (plan_, 50), 29), one),
            ((bill, (plan_, 50), 100), plan_),
            ((bill, (plan_, 50), 120), plan_),
            ((bill, (plan_, 50), 150), two),
            ((bill, (None, 50), 99), two),
            ((bill, (None, 50), 100), None),
            (([], (plan_, 50), 0), plan_),
            (([], (None, 0), 0), None),
            # The rest is due first, and stays so when the invoice is paid.
            (([(plan_, 70)], (one, 30), 0), one),
            (([(plan_, 70)], (one, 30), 70), one),
            # Money on no invoice pays what is oldest, here the rest.
            (([(plan_, 70)], (one, 30), 0, 30), plan_),
            (([(plan_, 70)], (one, 30), 69, 30), plan_),
            ((bill, (plan_, 50), 0, 30), two),
        ]
        for given_, day in cases:
            with self.subTest(given=given_):
                self.assertEqual(plan.open_day(*given_), day)

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(st.tuples(DAY, st.integers(1, 4)), max_size=4),
        st.tuples(DAY, st.integers(0, 4)),
        st.integers(0, 20),
        st.integers(0, 20),
    )
    def test_open_day_unit_by_unit(self, bill, rest, billed, advance):
        """Against an oracle that crosses out single units."""
        units = [day for day, n in sorted(bill) for _n in range(n)]
        units += [rest[0]] * rest[1]
        left = sorted(units[billed:])[advance:]
        last = max((day for day, _n in bill), default=rest[0])
        expected = left[0] if left else last
        self.assertEqual(plan.open_day(bill, rest, billed, advance), expected)
