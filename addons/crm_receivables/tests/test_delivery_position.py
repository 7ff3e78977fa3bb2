from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .position_common import PositionCommon


@tagged("post_install", "-at_install")
class TestDeliveryPosition(PositionCommon):
    """On time and in full, from the moves to the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls.env["product.product"].create(
            {"name": "Goods", "is_storable": True, "list_price": 10}
        )
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.env["stock.quant"]._update_available_quantity(
            cls.goods, warehouse.lot_stock_id, 1000
        )

    def _sell(self, promised, quantity=10, partner=None):
        """Confirm an order promised so many days from today."""
        when = fields.Datetime.now() + timedelta(days=promised)
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.customer).id,
                "company_id": self.company.id,
                "commitment_date": when,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.goods.id,
                            "product_uom_qty": quantity,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    def _deliver(self, order, quantity, backorder=True):
        picking = order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else picking.ids,
        ).button_validate()
        return picking

    def _state(self, order):
        self.env.flush_all()
        self.env.invalidate_all()
        line = self.env["crm.delivery.line"].search([("order_id", "=", order.id)])
        return line.state

    def test_states(self):
        waiting = self._sell(3)
        self.assertEqual(self._state(waiting), "waiting")
        in_time = self._sell(0)
        self._deliver(in_time, 10)
        self.assertEqual(self._state(in_time), "in_time")
        after = self._sell(-5)
        self.assertEqual(self._state(after), "late")
        self._deliver(after, 10)
        self.assertEqual(self._state(after), "after")
        part = self._sell(-2)
        self._deliver(part, 4)
        self.assertEqual(self._state(part), "late")
        self._deliver(part, 6)
        self.assertEqual(self._state(part), "after")
        short = self._sell(0)
        self._deliver(short, 9, backorder=False)
        self.assertEqual(self._state(short), "short")

    def test_profile(self):
        late = self._sell(-5)
        profile = self._profile(self.customer)
        self.assertEqual(profile.delivery_late_count, 1)
        self.assertEqual((profile.delivery_count_12m, profile.delivery_otif), (1, 0.0))
        self._deliver(late, 10)
        good = self._sell(0)
        self._deliver(good, 10)
        profile = self._profile(self.customer)
        self.assertEqual(profile.delivery_late_count, 0)
        # Promised for today counts from tomorrow on.
        self.assertEqual(profile.delivery_count_12m, 1)
        self.addCleanup(setattr, self.env.cr, "_now", None)
        self.env.cr._now = fields.Datetime.now() + timedelta(days=1)
        profile = self._profile(self.customer)
        self.assertEqual((profile.delivery_count_12m, profile.delivery_otif), (2, 50.0))

    def test_other_unit_than_the_order(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self._sell(0, 1)
        order.action_cancel()
        order.action_draft()
        order.order_line.product_uom_id = dozen
        order.action_confirm()
        move = order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel")
        self._deliver(order, move.product_uom_qty)
        self.assertEqual(self._state(order), "in_time")

    def test_return_does_not_make_it_late(self):
        order = self._sell(0)
        picking = self._deliver(order, 10)
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.write({"quantity": 2, "to_refund": True})
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        back.move_ids.write({"quantity": 2, "picked": True})
        back.button_validate()
        self.assertEqual(order.order_line.qty_delivered, 8)
        self.assertEqual(self._state(order), "in_time")

    def test_timeline(self):
        order = self._sell(0)
        picking = self._deliver(order, 10)
        self.env.flush_all()
        page = self.env["crm.timeline"]._timeline_page(
            self.customer, kinds=["delivery"], company=self.company
        )
        self.assertEqual([row["title"] for row in page["rows"]], [picking.name])
