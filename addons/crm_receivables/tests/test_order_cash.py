from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestOrderCash(PlanCommon):
    """Ordered, delivered, billed and paid beside each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_a.write(
            {"type": "consu", "is_storable": False, "invoice_policy": "delivery"}
        )

    def _cash(self, order):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["crm.order.cash"].browse(order.id)

    def _deliver(self, order, quantity):
        picking = order.picking_ids.filtered(lambda p: p.state != "done")
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.with_context(cancel_backorder=False)._action_done()

    def _goods(self, quantity=4, price=250.0):
        order = self._ordered(price, confirm=False)
        order.order_line.product_uom_qty = quantity
        order.order_line.price_unit = price
        order.action_confirm()
        return order

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
