import unittest
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ..core import plan, plan_ledger
from ..core.plan import CREDIT, MONEY, Slot
from ..core.plan_ledger import Document, Settlement

START = date(2026, 1, 1)
DAY = st.integers(0, 60).map(lambda n: START + timedelta(n))


@st.composite
def documents(draw):
    """A document some of which is settled, never more than there is."""
    parts = draw(st.lists(st.tuples(DAY, st.integers(1, 300)), min_size=1, max_size=3))
    total = sum(amount for _day, amount in parts)
    settlements = []
    for amount in draw(st.lists(st.integers(1, 200), max_size=4)):
        amount = min(amount, total - sum(s.amount for s in settlements))
        kind = draw(st.sampled_from([MONEY, CREDIT]))
        settlements.append(Settlement(amount, draw(DAY), kind))
    return Document(
        draw(st.sampled_from([1, 1, -1])),
        draw(DAY),
        tuple(parts),
        tuple(settlements),
        draw(st.none() | st.integers(0, 2)),
    )


class TestCorePlanLedger(unittest.TestCase):
    """Plan = ledger, whatever happened."""

    @settings(max_examples=500, deadline=None)
    @given(
        st.lists(documents(), max_size=6),
        st.lists(st.tuples(DAY, st.integers(1, 300)), max_size=2),
        st.integers(0, 1500),
        st.booleans(),
    )
    def test_open_is_what_the_ledger_has_open(self, docs, advance, ordered, closed):
        advances = [Settlement(amount, day) for day, amount in advance]
        invoiced = plan_ledger.net_invoiced(docs)
        expected = plan_ledger.expected_total(ordered, invoiced, closed)
        slots = [
            Slot(amount, START + timedelta(10 * i))
            for i, amount in enumerate(plan.shares(expected, [30, 30, 40]))
        ]
        sources = plan_ledger.receipt_sources(docs, advances, expected)
        portions = plan.fill(slots, [source.flow for source in sources])
        open_ = expected - sum(p.amount for p in portions if p.slot is not None)
        surplus = sum(p.amount for p in portions if p.slot is None)

        # The oracle knows documents and matches only, none of the above.
        residual = sum(
            d.sign * (d.total - sum(s.amount for s in d.settlements)) for d in docs
        )
        credited = sum(d.total for d in docs if d.sign < 0)
        to_invoice = max(expected - max(invoiced, 0), 0) if not closed else 0
        if invoiced < 0:
            to_invoice = expected - invoiced
        to_invoice -= min(credited, to_invoice)
        paid_before = sum(amount for _day, amount in advance)
        self.assertEqual(open_ - surplus, residual + to_invoice - paid_before)

    @settings(max_examples=500, deadline=None)
    @given(
        st.lists(documents(), max_size=6),
        st.integers(0, 1500),
        st.booleans(),
        st.booleans(),
    )
    def test_open_is_due_on_the_day_of_what_is_open(self, docs, ordered, closed, paid):
        """What is invoiced on days of invoices, what is not on planned days."""
        if paid:
            docs = [d._replace(settlements=(Settlement(d.total, d.day),)) for d in docs]
        invoiced = plan_ledger.net_invoiced(docs)
        expected = plan_ledger.expected_total(ordered, invoiced, closed)
        amounts = plan.shares(expected, [30, 30, 40])
        # Days no invoice has.
        planned = [START - timedelta(10 * i + 1) for i in range(3)]
        slots = [Slot(*row) for row in zip(amounts, planned, strict=True)]
        sources = plan_ledger.receipt_sources(docs, [], expected)
        portions = plan.fill(slots, [source.flow for source in sources])
        owed = plan_ledger.owed_flows(docs, expected)
        days = plan_ledger.due_days(slots, planned, owed, sources, portions)
        credited = sum(d.total for d in docs if d.sign < 0)
        billed_days = {day for d in docs for day, _amount in d.instalments}
        for i, day in enumerate(days):
            settled = sum(p.amount for p in portions if p.slot == i)
            if settled == amounts[i]:
                continue
            if paid:
                self.assertEqual(day, planned[i])
            elif expected - invoiced <= credited:
                self.assertIn(day, billed_days)
            else:
                self.assertIn(day, billed_days | {planned[i]})

    def test_a_credited_part_does_not_wait_for_an_invoice(self):
        """1000 invoiced for later, 30 of them credited: nothing is due before."""
        later = START + timedelta(30)
        docs = [
            Document(1, START, ((later, 1000),)),
            Document(-1, START, ((START, 30),)),
        ]
        for expected, due in ((1000, later), (1031, START)):
            slots = [Slot(expected, START)]
            sources = plan_ledger.receipt_sources(docs, [], expected)
            portions = plan.fill(slots, [source.flow for source in sources])
            owed = plan_ledger.owed_flows(docs, expected)
            days = plan_ledger.due_days(slots, [START], owed, sources, portions)
            self.assertEqual(days, [due])

    @given(
        st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=6)
    )
    def test_scaled_parts_sum(self, amount, parts):
        if sum(parts):
            self.assertEqual(sum(plan_ledger.scaled(amount, parts)), amount)
        self.assertEqual(plan_ledger.scaled(sum(parts), parts), parts)

    @given(st.integers(0, 10**9), st.integers(-5, 10**6), st.integers(-5, 10**6))
    def test_money_and_write_off(self, amount, received, claimed):
        money, written_off = plan_ledger.split_money(amount, received, claimed)
        self.assertEqual(money + written_off, amount)
        self.assertGreaterEqual(min(money, written_off), 0)

    def test_a_credit_note_counts_until_invoiced_again(self):
        first = Document(1, START, ((START, 100),))
        back = Document(-1, START, ((START, 30),))
        again = Document(1, START, ((START, 30),))
        for docs, credited in (([first, back], 30), ([first, back, again], 0)):
            sources = plan_ledger.receipt_sources(docs, [], 100)
            self.assertEqual(sum(s.flow.amount for s in sources), credited)

    def test_what_is_expected(self):
        self.assertEqual(plan_ledger.expected_total(100, 60, False), 100)
        self.assertEqual(plan_ledger.expected_total(100, 110, False), 110)
        self.assertEqual(plan_ledger.expected_total(100, 95, True), 95)
        self.assertEqual(plan_ledger.expected_total(100, -5, True), 0)
