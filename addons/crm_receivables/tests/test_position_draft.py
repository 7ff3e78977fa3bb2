from datetime import date

from odoo import fields
from odoo.tests import tagged

from .position_common import PositionCommon


@tagged("post_install", "-at_install")
class TestPositionDraft(PositionCommon):
    """A matched entry that is set back to draft is in no balance."""

    def _matched(self):
        invoice = self._invoice(self.customer, 550, date(2026, 1, 10))
        paid = self._pay(invoice, 450, date(2026, 1, 20))
        return invoice, paid.move_id

    def _at(self, day):
        self.env.flush_all()
        items = self._items(self.company, day)
        self.assertEqual(items, self._ledger(self.company, day))
        return {key[0]: float(owed[0]) for key, owed in items.items()}

    def test_invoice_in_draft(self):
        invoice, _paid = self._matched()
        day = date(2026, 1, 31)
        self.assertEqual(self._at(day), {self.customer.id: 100})
        invoice.button_draft()
        self.assertEqual(self._at(day), {self.customer.id: -450})
        invoice.action_post()
        self.assertEqual(self._at(day), {self.customer.id: 100})

    def test_payment_in_draft(self):
        _invoice, paid = self._matched()
        paid.button_draft()
        day = date(2026, 1, 31)
        self.assertEqual(self._at(day), {self.customer.id: 550})
        ages = self._age(self.customer, day, net=True)
        self.assertEqual(sum(ages.values()), 550)

    def test_months(self):
        """What is open and what of it is not due are of the same entries."""
        today = fields.Date.today()
        invoice = self._invoice(self.customer, 450, today)
        self._pay(invoice, 450, today)
        invoice.button_draft()
        self.env.flush_all()
        months = self.env["crm.receivable.month"].with_context(
            allowed_company_ids=self.company.ids
        )
        month = months.search([], limit=1)
        self.assertEqual(
            (month.closing, month.closing_current, month.closing_overdue),
            (-450, -450, 0),
        )
