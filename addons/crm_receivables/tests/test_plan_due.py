from datetime import timedelta

from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanDue(PlanCommon):
    """When a payment of a plan is due of which a part is invoiced."""

    def _in_three(self, amount=1000.0):
        term = self._create_term((30, 0), (40, 15), (30, 30))
        return self._ordered(amount, payment_term_id=term.id)

    def _days(self, order):
        """Return (open amount, days from today it is due) by payment."""
        return [
            (line.open_amount, (line.date_due - self.today).days)
            for line in self._plan(order).line_ids
        ]

    def test_an_order_raised_after_it_was_paid(self):
        """The invoice of long ago is paid: what is new was never due with it."""
        order = self._in_three()
        invoice = self._invoice(order, post=False)
        invoice.invoice_date = self.today - timedelta(days=60)
        invoice.action_post()
        self._pay(invoice)
        order.order_line.filtered("product_id").product_uom_qty = 2
        self.assertPlan(
            order,
            [(600, 600, 0, "paid"), (800, 400, 0, "part"), (600, 0, 0, "waiting")],
        )
        self.assertEqual(self._days(order)[1:], [(400, 15), (600, 30)])
        self.assertEqual(
            self._plan(order).next_due_date, self.today + timedelta(days=15)
        )

    def test_a_down_payment_of_less(self):
        """Its instalments go up to the last day of the term; the rest of the line is
        due today, before and after it is paid."""
        order = self._in_three()
        advance = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "percentage",
                "amount": 20,
            }
        )
        invoice = advance._create_invoices(order)
        invoice.invoice_date = self.today
        invoice.action_post()
        self.assertEqual(self._days(order), [(300, 0), (400, 15), (300, 30)])
        self._pay(invoice)
        self.assertEqual(self._days(order), [(100, 0), (400, 15), (300, 30)])
        self.assertPlan(
            order,
            [(300, 200, 0, "part"), (400, 0, 0, "waiting"), (300, 0, 0, "waiting")],
        )

    def test_an_invoice_due_before_the_plan(self):
        """The earlier day counts while both are open."""
        order = self._ordered()
        line = self._plan(order).line_ids[1]
        line.action_invoice()
        invoice = line.invoice_ids
        early = self.today - timedelta(days=10)
        invoice.write({"invoice_date": early, "invoice_date_due": early})
        invoice.action_post()
        order.order_line.filtered(
            lambda s: s.product_id and not s.is_downpayment
        ).price_unit = 2000
        self._plan(order)
        self.assertEqual(self._days(order)[1], (line.open_amount, -10))
        self._pay(invoice)
        self.assertLedger(order)
