import random
from datetime import date, timedelta
from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from ..core import position
from .position_common import PositionCommon


@tagged("post_install", "-at_install")
class TestReceivableMonth(PositionCommon):
    """The report by month is the ledger's balance and the formulas of the core."""

    def _live_through(self):
        luck = random.Random(7)
        today = fields.Date.today()
        for _turn in range(30):
            day = today - timedelta(days=luck.randrange(700))
            amount = luck.randrange(-200, 1000) or 1
            due = day + timedelta(days=luck.choice((0, 30, 60)))
            partner = luck.choice(self.customer | self.other_customer)
            invoice = self._invoice(partner, amount, day, due)
            if amount > 0 and luck.random() < 0.7:
                paid = day + timedelta(days=luck.randrange(90))
                self._pay(invoice, luck.randint(1, amount), min(paid, today))
        self.env.flush_all()

    def _months(self):
        return (
            self.env["crm.receivable.month"]
            .with_company(self.company)
            .with_context(allowed_company_ids=self.company.ids)
            .search([])
        )

    def test_formulas(self):
        self._live_through()
        months = self._months()
        self.assertEqual(len(months), 24)
        self.assertEqual(months[0].date, fields.Date.today())
        known = [
            (Decimal(str(m.invoiced)), (m.date - m.month).days + 1) for m in months
        ]
        for rank, month in enumerate(months[:10]):
            closing = Decimal(str(month.closing))
            self.assertEqual(self._cents(closing), self._cents(self._ledger_at(month)))
            due = self.position._ageing(self.company, month.date)
            not_due = sum(
                self._cents(owed.get(self.buckets[0], 0)) for owed in due.values()
            )
            self.assertEqual(
                self._cents(month.closing_current), self._cents(not_due), month.date
            )
            year = known[rank : rank + 12]
            sales, days = (sum(part) for part in zip(*year, strict=True))
            self._same(month.dso, position.dso(closing, sales, days))
            current = position.current_part(closing, not_due)
            self._same(month.dso_best, position.dso(current, sales, days))
            self._same(
                month.cei,
                position.collection_effectiveness(
                    Decimal(str(month.opening)), known[rank][0], closing, current
                ),
            )
            counted = position.count_back(closing, known[rank:])
            if counted.complete:
                self._same(month.dso_count_back, counted.days)

    def _ledger_at(self, month):
        """The receivables of the general ledger on the month's last day."""
        [(balance,)] = self.env["account.move.line"]._read_group(
            [
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company.id),
                ("date", "<=", month.date),
            ],
            [],
            ["balance:sum"],
        )
        return balance

    def _same(self, shown, computed):
        self.assertAlmostEqual(shown, float(computed or 0), delta=0.051)

    def test_customers_own_count_back(self):
        today = fields.Date.today()
        this, last = today.replace(day=1), today.replace(day=1) - timedelta(days=1)
        self._invoice(self.customer, 100, today)
        self._invoice(self.customer, 400, last)
        paid = self._entry(self.customer, 200, today)
        self.assertTrue(paid)
        self.env.flush_all()
        days = self.env["crm.receivable.month"]._count_back(
            self.company, (self.customer | self.other_customer).ids
        )
        running = (today - this).days + 1
        self.assertEqual(
            days, {self.customer.id: round(running + last.day * 200 / 400, 1)}
        )

    def test_a_month_opens_its_items(self):
        invoice = self._invoice(self.customer, 100, date(2025, 12, 5))
        self._pay(invoice, 100, date(2026, 1, 5))
        self.env.flush_all()
        month = self._months().filtered(lambda m: m.month == date(2025, 12, 1))
        action = month.action_open_items()
        for name in ("name", "display_name"):
            self.assertIn("12/31/2025", action[name])
        items = self.env["crm.receivable.item"].with_context(**action["context"])
        found = items.search(action["domain"])
        self.assertEqual(found.move_id, invoice)
        self.assertEqual(found.amount, 100.0)
        self.assertEqual(found.action_open_entry()["res_id"], invoice.id)
        journal = found.action_open_journal_items()
        lines = self.env["account.move.line"].search(journal["domain"])
        self.assertEqual(lines, self._owed(invoice))
