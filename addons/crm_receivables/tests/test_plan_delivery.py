from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanDelivery(PlanCommon):
    """Plans of goods invoiced by what was delivered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_a.write(
            {"type": "consu", "is_storable": False, "invoice_policy": "delivery"}
        )

    def _invoiced(self, line):
        """Invoice a line; return the posted invoice."""
        before = line.invoice_ids
        line.action_invoice()
        invoice = line.invoice_ids - before
        self.assertEqual(invoice.move_type, "out_invoice")
        invoice.action_post()
        self.env.cr.flush()
        return invoice

    def _confirmed(self):
        """Return what the exposure has of the customer's orders."""
        self.env.flush_all()
        parts = self.env["crm.receivable.exposure"]._exposure(
            self.company, self.customer.ids
        )
        found = parts.get(self.customer.id, {"confirmed": 0, "undelivered": 0})
        return found["confirmed"], found["undelivered"]

    def test_the_last_line_before_delivery(self):
        """70 % before shipment: a down payment, not the first one given back."""
        order = self._goods()
        deposit, rest = self._plan(order).line_ids
        self.assertEqual(self._invoiced(deposit).amount_total, 300)
        self.assertEqual(self._invoiced(rest).amount_total, 700)
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "due")])

    def test_the_last_line_after_a_part(self):
        order = self._goods()
        deposit, rest = self._plan(order).line_ids
        self._invoiced(deposit)
        self._deliver(order, 2)
        self.assertEqual(self._invoiced(rest).amount_total, 700)

    def test_the_last_line_after_delivery(self):
        order = self._goods()
        deposit, rest = self._plan(order).line_ids
        self._invoiced(deposit)
        self._deliver(order, 4)
        invoice = self._invoiced(rest)
        self.assertEqual(invoice.amount_total, 700)
        self.assertEqual(order.invoice_status, "invoiced")
        sold = invoice.invoice_line_ids.filtered(lambda i: i.quantity > 0)
        self.assertEqual(sum(sold.mapped("price_total")), 1000)

    def test_closed_short_is_paid_when_that_is_paid(self):
        order = self._goods(10, 100)
        self._deliver(order, 8, backorder=False)
        self.assertPlan(order, [(240, 0, 0, "due"), (560, 0, 0, "waiting")])
        self.assertEqual(self._confirmed(), (800, 0))
        invoice = self._invoice(order)
        self.assertEqual(self._confirmed(), (0, 0))
        self._pay(invoice)
        self.assertPlan(order, [(240, 240, 0, "paid"), (560, 560, 0, "paid")])

    def test_closed_after_the_invoice(self):
        """The rest is cancelled when all that was delivered is paid."""
        order = self._goods(10, 100)
        self._deliver(order, 8)
        self._pay(self._invoice(order))
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 500, 0, "part")])
        self.assertEqual(self._confirmed(), (200, 200))
        order.picking_ids.filtered(lambda p: p.state != "done").action_cancel()
        self.assertPlan(order, [(240, 240, 0, "paid"), (560, 560, 0, "paid")])
        self.assertEqual(self._confirmed(), (0, 0))

    def test_one_line_never_comes(self):
        """Core leaves such an order open: nothing of that line was ever delivered."""
        order = self._ordered(600, confirm=False)
        line = order.order_line.copy({"order_id": order.id, "price_unit": 400})
        order.action_confirm()
        pending = order.picking_ids.move_ids.filtered(lambda m: m.sale_line_id == line)
        pending._action_cancel()
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])
        self._deliver(order, 1, backorder=False)
        self._pay(self._invoice(order))
        self.assertEqual(order.invoice_status, "no")
        self.assertPlan(order, [(180, 180, 0, "paid"), (420, 420, 0, "paid")])
        self.assertEqual(self._confirmed(), (0, 0))

    def test_odd_prices_leave_no_cent(self):
        order = self._goods(3, 33.335)
        self._deliver(order, 2, backorder=False)
        self._pay(self._invoice(order))
        self.assertEqual(self._plan(order).open_amount, 0)
        self.assertEqual(self._confirmed(), (0, 0))

    def test_a_draft_is_no_invoice(self):
        order = self._goods(10, 100)
        self._deliver(order, 8, backorder=False)
        invoice = self._invoice(order, post=False)
        self.assertEqual(self._plan(order).open_amount, 800)
        self.assertEqual(self._confirmed(), (800, 0))
        invoice.action_post()
        self.assertEqual(self._confirmed(), (0, 0))

    def test_nothing_delivered_is_still_ordered(self):
        """A transfer cancelled by mistake is no reason to owe nothing."""
        order = self._goods(10, 100)
        order.picking_ids.action_cancel()
        self.assertEqual(self._plan(order).open_amount, 1000)
        self.assertEqual(self._confirmed(), (1000, 1000))
