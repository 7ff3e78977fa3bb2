from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanInvoice(PlanCommon):
    """Invoices made from lines of a plan."""

    def test_the_line_first(self):
        """The second payment is invoiced and paid before the first one."""
        order = self._ordered()
        line = self._plan(order).line_ids[1]
        line.action_invoice()
        self.assertEqual(line.invoice_ids.amount_total, 700)
        self.assertEqual(line.invoice_ids.invoice_date_due, line.date_planned)
        line.invoice_ids.action_post()
        self._pay(line.invoice_ids, 500)
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 500, 0, "part")])

    def test_all_lines_invoice_the_order(self):
        order = self._ordered()
        for line in self._plan(order).line_ids:
            line.action_invoice()
            line.invoice_ids.action_post()
            self.assertEqual(line.invoice_ids.amount_total, line.amount)
            self._pay(line.invoice_ids)
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 700, 0, "paid")])
        self.assertEqual(order.invoice_status, "invoiced")

    def test_what_was_invoiced_stays_when_the_order_is_amended(self):
        order = self._ordered()
        line = self._plan(order).line_ids[0]
        line.action_invoice()
        line.invoice_ids.action_post()
        goods = order.order_line.filtered(lambda s: not s.is_downpayment)
        goods.filtered("product_id").price_unit = 2000
        self.assertPlan(order, [(300, 0, 0, "due"), (1700, 0, 0, "waiting")])

    def test_a_credit_note_of_the_line(self):
        order = self._ordered()
        line = self._plan(order).line_ids[1]
        line.action_invoice()
        line.invoice_ids.action_post()
        self._pay(line.invoice_ids)
        refund = line.invoice_ids._reverse_moves([{"invoice_date": self.today}])
        refund.action_post()
        plan = self._plan(order)
        self.assertEqual(plan.line_ids[1].invoiced_amount, 0)
        self.assertLedger(order)
        self._pay(refund)
        self.assertLedger(order)

    def test_items_behind_a_line(self):
        order = self._ordered()
        line = self._plan(order).line_ids[0]
        line.action_invoice()
        line.invoice_ids.action_post()
        payment = self._pay(line.invoice_ids)
        self.env.cr.flush()
        items = self.env["account.move.line"].search(
            line.action_open_entries()["domain"]
        )
        self.assertEqual(items.move_id, line.invoice_ids | payment.move_id)
        self.assertEqual(sum(items.mapped("balance")), 0)
