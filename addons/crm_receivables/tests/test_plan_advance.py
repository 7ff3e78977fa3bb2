from odoo import Command
from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanAdvance(PlanCommon):
    """Money paid for an order before there is an invoice."""

    def _advance(self, orders, amount):
        """Pay on line, as core's transactions of orders do."""
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "partner_type": "customer",
                "payment_type": "inbound",
                "amount": amount,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        provider = self.env["payment.provider"].create({"name": "Ground"})
        self.env["payment.transaction"].sudo().create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": f"ground {payment.id}",
                "amount": amount,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.customer.id,
                "state": "done",
                "sale_order_ids": [Command.set(orders.ids)],
                "payment_id": payment.id,
            }
        )
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
