from odoo import models

# What a customer's delivery figures are made of.
TRACKED = {"state", "date_deadline", "sale_line_id", "location_dest_id"}


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        tracked = not TRACKED.isdisjoint(vals)
        result = super().write(vals)
        if tracked:
            self._enqueue_delivery_change()
        if vals.get("state") in ("done", "cancel"):
            # What is closed short will not be invoiced.
            orders = self.sudo().sale_line_id.order_id
            self.env["crm.plan.follow"]._remember_orders(orders.ids)
        return result

    def _enqueue_delivery_change(self) -> None:
        """Queue the customers whose orders these moves deliver."""
        orders = self.sudo().sale_line_id.order_id
        if orders:
            orders._enqueue_customer_change()
