from odoo import Command
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestTransactionCost(TransactionCase):
    """What a purchase cost comes from the order line, as it was when it was sold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.partner = cls.env["res.partner"].create({"name": "Buyer"})
        cls.product = cls.env["product.product"].create(
            {
                "name": "Chair",
                "standard_price": 6.0,
                "list_price": 10.0,
                "invoice_policy": "order",
                "taxes_id": False,
            }
        )
        cls.dozen = cls.env.ref("uom.product_uom_dozen")

    def _order(self, **line):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product.id, "product_uom_qty": 2.0, **line}
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    def _costs(self):
        lines = self.env["crm.customer.transaction.line"].search(
            [("customer_id", "=", self.partner.id)], order="id"
        )
        return [(line.quantity, line.cost, line.cost_unknown_count) for line in lines]

    def test_ordered(self):
        self.company.crm_revenue_source = "ordered"
        self._order()
        self.assertEqual(self._costs(), [(2.0, 12.0, 0)])

    def test_invoiced_and_refunded(self):
        self.company.crm_revenue_source = "invoiced"
        invoice = self._order()._create_invoices()
        # One dozen invoiced of the two chairs ordered: 12 pieces' cost.
        invoice.invoice_line_ids.write({"product_uom_id": self.dozen.id, "quantity": 1})
        invoice.action_post()
        self.assertEqual(self._costs(), [(1.0, 72.0, 0)])
        refund = invoice._reverse_moves()
        refund.action_post()
        self.assertEqual(sum(cost for _q, cost, _u in self._costs()), 0.0)

    def test_unknown(self):
        self.company.crm_revenue_source = "ordered"
        self._order(purchase_price=0.0)
        self.assertEqual(self._costs(), [(2.0, 0.0, 1)])

    def test_currency(self):
        self.company.crm_revenue_source = "ordered"
        currency = self.env["res.currency"].create(
            {
                "name": "XTC",
                "symbol": "x",
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 4.0})],
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "X", "currency_id": currency.id}
        )
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "pricelist_id": pricelist.id}
        )
        order.order_line = [
            Command.create({"product_id": self.product.id, "product_uom_qty": 2.0})
        ]
        order.action_confirm()
        self.assertEqual(order.order_line.purchase_price, 24.0)
        self.assertEqual(self._costs(), [(2.0, 12.0, 0)])
