from ast import literal_eval

from lxml import etree

from odoo import Command
from odoo.tests import tagged

from .plan_common import PlanCommon

AMOUNTS = ("delivered_not_billed", "paid_not_delivered", "billed_not_paid")


@tagged("post_install", "-at_install")
class TestOrderCash(PlanCommon):
    """Ordered, delivered, billed and paid beside each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_a.write(
            {"type": "consu", "is_storable": False, "invoice_policy": "delivery"}
        )
        cls.product_b.write({"type": "service", "invoice_policy": "order"})

    def _cash(self, order):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["crm.order.cash"].browse(order.id)

    def assertCash(self, order, **values):
        cash = self._cash(order)
        for name, value in values.items():
            self.assertAlmostEqual(cash[name], value, places=2, msg=name)

    def test_delivered_not_billed(self):
        order = self._goods()
        self.assertCash(order, ordered=1000, delivered=0, delivered_not_billed=0)
        self._deliver(order, 3)
        self.assertCash(
            order, delivered=750, delivered_percent=75, delivered_not_billed=750
        )
        self._invoice(order)
        self.assertCash(order, billed=750, billed_percent=75, delivered_not_billed=0)

    def test_paid_not_delivered(self):
        order = self._goods()
        line = self._plan(order).line_ids[0]
        line.action_invoice()
        line.invoice_ids.action_post()
        self.assertCash(order, billed=300, received=0, paid_not_delivered=0)
        self._pay(line.invoice_ids)
        self.assertCash(order, received=300, received_percent=30)
        self.assertCash(order, paid_not_delivered=300, billed_not_paid=0)
        self._deliver(order, 4)
        self.assertCash(order, paid_not_delivered=0, delivered_not_billed=700)

    def _listed(self, order):
        """Return the names of the filters that show an order."""
        view = self.env["crm.order.cash"].get_view(view_type="search")
        filters = etree.fromstring(view["arch"]).iterfind(".//filter[@domain]")
        self.env.flush_all()
        return {
            node.get("name")
            for node in filters
            if node.get("name") in AMOUNTS
            and self.env["crm.order.cash"].search_count(
                [("id", "=", order.id), *literal_eval(node.get("domain"))]
            )
        }

    def test_filters_find_what_the_amounts_say(self):
        order = self._goods()
        self.assertEqual(self._listed(order), set())
        self._deliver(order, 4)
        self.assertEqual(self._listed(order), {"delivered_not_billed"})
        invoice = self._invoice(order, post=False)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(self._listed(order), {"delivered_not_billed"}, "a draft")
        invoice.action_post()
        self.assertEqual(self._listed(order), {"billed_not_paid"})
        self._pay(invoice)
        self.assertEqual(self._listed(order), set())

    def test_filters_find_who_paid_and_waits(self):
        self.product_a.invoice_policy = "order"
        order = self._goods()
        self._pay(self._invoice(order))
        self.assertEqual(self._listed(order), {"paid_not_delivered"})
        self._deliver(order, 3)
        self.assertEqual(self._listed(order), {"paid_not_delivered"})
        self._deliver(order, 1)
        self.assertEqual(self._listed(order), set())

    def _discounted(self, amount=100.0):
        """Return an order of 1000 with a discount over all of it."""
        self.product_a.invoice_policy = "order"
        order = self._ordered(250.0, confirm=False)
        order.order_line.product_uom_qty = 4
        order.order_line.price_unit = 250
        wizard = self.env["sale.order.discount"].create(
            {
                "sale_order_id": order.id,
                "discount_type": "amount",
                "discount_amount": amount,
            }
        )
        wizard.action_apply_discount()
        order.action_confirm()
        self.assertEqual(order.amount_total, 1000 - amount)
        return order

    def test_a_discount_is_not_money_received(self):
        order = self._discounted()
        self.assertCash(order, ordered=900, delivered=0, paid_not_delivered=0)
        invoice = self._invoice(order)
        self.assertCash(order, billed=900, received=0, paid_not_delivered=0)
        self._pay(invoice)
        self.assertCash(order, received=900, paid_not_delivered=900)
        self._deliver(order, 2)
        self.assertCash(order, delivered=450, paid_not_delivered=450)
        self._deliver(order, 2)
        self.assertCash(order, delivered=900, delivered_percent=100)
        self.assertCash(order, paid_not_delivered=0, delivered_not_billed=0)

    def test_a_discount_lowers_services_too(self):
        order = self._discounted()
        order.write(
            {
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product_b.id,
                            "price_unit": 1000,
                            "tax_ids": False,
                        }
                    )
                ]
            }
        )
        self._pay(self._invoice(order))
        # 5 % of everything: of the goods 950 are left, of the service 950.
        self.assertCash(order, ordered=1900, received=1900, paid_not_delivered=950)

    def test_an_invoice_in_another_currency(self):
        """Plan, exposure and list take the rate the invoice was booked at."""
        currency = self.setup_other_currency("HRK", rates=[("2016-01-01", 2.0)])
        self.product_a.invoice_policy = "order"
        order = self._goods()
        invoice = self._invoice(order, post=False)
        invoice.currency_id = currency
        invoice.invoice_currency_rate = 4.0
        self.assertEqual(invoice.amount_total, 1000)
        invoice.action_post()
        self.assertCash(order, billed=250)
        self.assertEqual(self._plan(order).invoiced_amount, 250)
        order.order_line.product_uom_qty = 8
        self.env.flush_all()
        parts = self.env["crm.receivable.exposure"]._exposure(
            self.company, self.customer.ids
        )
        self.assertEqual(parts[self.customer.id]["confirmed"], 1750)

    def test_credit_notes_and_foreign_currency(self):
        currency = self.setup_other_currency("HRK", rates=[("2016-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "HRK", "currency_id": currency.id}
        )
        order = self._ordered(1000, confirm=False, pricelist_id=pricelist.id)
        order.action_confirm()
        self._deliver(order, 1)
        invoice = self._invoice(order)
        self.assertCash(order, ordered=500, billed=500, billed_percent=100)
        self._credit(invoice, 400)
        self.assertCash(order, billed=300, billed_percent=60)

    def test_bars_open_their_records(self):
        order = self._goods()
        self._deliver(order, 4)
        self._pay(self._invoice(order))
        order.invalidate_recordset()
        bars = {bar["code"]: bar for bar in order.crm_deal["bars"]}
        self.assertEqual(
            [bars[code]["percent"] for code in ("delivered", "billed", "received")],
            [100.0, 100.0, 100.0],
        )
        for bar in bars.values():
            self.assertEqual(getattr(order, bar["action"])()["type"], ACT_WINDOW)


ACT_WINDOW = "ir.actions.act_window"
