from odoo import Command
from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanAdvance(PlanCommon):
    """Money paid for an order before there is an invoice."""

    def _paid(self, amount, back=False):
        """Post the payment of a transaction."""
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "partner_type": "customer",
                "payment_type": "outbound" if back else "inbound",
                "amount": amount,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        return payment

    def _transaction(self, orders, amount, payment=None, source=None):
        """Create what core does for a payment, a capture or a refund on line."""
        Transaction = self.env["payment.transaction"].sudo()
        if source:
            child = source._create_child_transaction(abs(amount), is_refund=amount < 0)
            child.write({"state": "done", "payment_id": payment and payment.id})
            return child
        provider = self.env["payment.provider"].create({"name": "Ground"})
        return Transaction.create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": f"ground {orders.ids} {amount}",
                "amount": amount,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.customer.id,
                "state": "done" if payment else "pending",
                "sale_order_ids": [Command.set(orders.ids)],
                "payment_id": payment and payment.id,
            }
        )

    def _advance(self, orders, amount):
        """Pay on line, as core's transactions of orders do."""
        payment = self._paid(amount)
        self._transaction(orders, amount, payment)
        return payment

    def _figures(self, order):
        plan = self._plan(order)
        return [(line.paid_amount, line.state) for line in plan.line_ids]

    def test_counts_once_before_and_after_the_invoice(self):
        order = self._ordered()
        payment = self._advance(order, 400)
        paid = [(300, "paid"), (100, "part")]
        self.assertEqual(self._figures(order), paid)
        self.env.invalidate_all()
        cash = self.env["crm.order.cash"].browse(order.id)
        self.assertEqual((cash.received, cash.billed), (400, 0))
        invoice = self._invoice(order)
        self.assertEqual(self._figures(order), paid)
        self._match(invoice, payment.move_id)
        self.assertEqual(self._figures(order), paid)
        self.assertLedger(order)
        self.env.invalidate_all()
        self.assertEqual((cash.received, cash.billed), (400, 1000))

    def test_for_two_orders_it_is_neither_ones(self):
        """Until it is matched with their invoices nobody knows whose it is."""
        orders = self._ordered() | self._ordered()
        self._advance(orders, 400)
        self.assertEqual(self._figures(orders[0])[0], (0, "due"))

    def test_sent_back(self):
        order = self._ordered()
        payment = self._advance(order, 400)
        self.env.cr.flush()
        payment.action_draft()
        payment.action_cancel()
        self.assertEqual(self._figures(order), [(0, "due"), (0, "waiting")])

    def _received(self, order):
        self.env.invalidate_all()
        return self.env["crm.order.cash"].browse(order.id).received

    def test_captured_by_hand(self):
        order = self._ordered()
        authorized = self._transaction(order, 400)
        self.assertEqual(self._figures(order), [(0, "due"), (0, "waiting")])
        self._transaction(order, 400, self._paid(400), authorized)
        self.assertEqual(self._figures(order), [(300, "paid"), (100, "part")])
        self.assertEqual(self._received(order), 400)

    def test_refunded_on_line(self):
        """Before the invoice: nothing is left, though core matches neither."""
        order = self._ordered()
        authorized = self._transaction(order, 400)
        captured = self._transaction(order, 400, self._paid(400), authorized)
        self.env.cr.flush()
        self._transaction(order, -150, self._paid(150, back=True), captured)
        self.assertEqual(self._figures(order), [(250, "part"), (0, "waiting")])
        self.assertEqual(self._received(order), 250)
        self._transaction(order, -250, self._paid(250, back=True), captured)
        self.assertEqual(self._figures(order), [(0, "due"), (0, "waiting")])
        self.assertEqual(self._received(order), 0)
        self.assertEqual(self._plan(order).surplus_amount, 0)

    def test_refunded_after_the_invoice(self):
        order = self._ordered()
        payment = self._paid(1000)
        paid = self._transaction(order, 1000, payment)
        invoice = self._invoice(order)
        self._match(invoice, payment.move_id)
        refund = self._credit(invoice, 400)
        back = self._paid(400, back=True)
        self._transaction(order, -400, back, paid)
        plan = self._plan(order)
        figures = (plan.paid_amount, plan.credited_amount, plan.surplus_amount)
        self.assertEqual(figures, (600, 400, 0))
        self._match(refund, back.move_id)
        plan = self._plan(order)
        figures = (plan.paid_amount, plan.credited_amount, plan.surplus_amount)
        self.assertEqual(figures, (600, 400, 0))
        self.assertLedger(order)
