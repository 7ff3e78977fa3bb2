import random
from collections import defaultdict
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
            elif amount > 0 and luck.random() < 0.5:
                # On the account, without a match.
                self._entry(partner, luck.randint(1, 2 * amount), day)
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
            overdue = self._judge_overdue(month)
            year = known[rank : rank + 12]
            sales, days = (sum(part) for part in zip(*year, strict=True))
            self._same(month.dso, position.dso(closing, sales, days))
            current = max(Decimal(0), closing - overdue)
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

    def _judge_overdue(self, month):
        """Check what is overdue at the end of a month: customer by customer, what the
        core says of the open items of that day. Return it."""
        self.env.flush_all()
        items = defaultdict(list)
        for row in self._item_rows(self.company, month.date):
            key = row["customer_id"] or ("item", row["line_id"])
            items[key].append((row["days_late"], self._cents(row["amount"])))
        overdue = sum(
            position.overdue_part(
                sum(amount for _late, amount in owed),
                sum(amount for late, amount in owed if late <= 0 < amount),
            )
            for owed in items.values()
        )
        self.assertEqual(self._cents(month.closing_overdue), overdue, month.date)
        self.assertEqual(
            self._cents(month.closing_current),
            self._cents(self._ledger_at(month)) - overdue,
        )
        return overdue

    def _judged(self):
        self.env.flush_all()
        self.env.invalidate_all()
        months = self._months()
        return [float(self._judge_overdue(month)) for month in months[:4]]

    def test_credits_pay_the_oldest_of_their_own_customer(self):
        today = fields.Date.today()
        self._invoice(self.customer, 1000, self._day(-200), self._day(-150))
        self._invoice(self.customer, 500, self._day(-1), self._day(60))
        self.assertEqual(self._judged(), [1000] * 4)
        # Nobody's credits pay what others owe.
        self._entry(self.other_customer, 700, today)
        self.assertEqual(self._judged(), [1000] * 4)
        self._entry(self.customer, 600, today)
        self.assertEqual(self._judged(), [400] + [1000] * 3)
        # Whatever its own due date.
        self._invoice(self.customer, -300, today, self._day(40))
        self.assertEqual(self._judged(), [100] + [1000] * 3)
        self._entry(self.customer, 800, today)
        self.assertEqual(self._judged(), [0] + [1000] * 3)

    def test_matched_across_customers(self):
        invoice = self._invoice(self.customer, 1000, self._day(-200), self._day(-150))
        self._invoice(self.other_customer, 300, self._day(-200), self._day(-150))
        self.assertEqual(self._judged(), [1300] * 4)
        paid = self._entry(self.other_customer, 900, fields.Date.today())
        self.assertEqual(self._judged(), [1000] + [1300] * 3)
        (paid + self._owed(invoice)).reconcile()
        self.assertEqual(self._judged(), [400] + [1300] * 3)
        # What is matched with a draft is owed again.
        paid.move_id.button_draft()
        self.assertEqual(self._judged(), [1300] * 4)

    def test_without_a_partner(self):
        credit = self._entry(self.customer, 100, self._day(-200))
        credit.move_id.button_draft()
        credit.partner_id = False
        credit.move_id.action_post()
        reversed_move = credit.move_id._reverse_moves([{"date": self._day(-199)}])
        reversed_move.action_post()
        debt = self._owed(reversed_move)
        self.assertFalse(debt.partner_id)
        debt.remove_move_reconcile()
        # Netted with nothing until it is matched.
        self.assertEqual(self._judged(), [100] * 4)
        (credit + debt).reconcile()
        self.assertEqual(self._judged(), [0] * 4)

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
