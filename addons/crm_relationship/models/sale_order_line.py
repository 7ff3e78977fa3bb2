from odoo import models


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "crm.customer.change.mixin"]

    _customer_change_fields = frozenset(
        {
            "product_uom_qty",
            "price_unit",
            "discount",
            "tax_ids",
            "order_id",
            "qty_delivered",
        }
    )

    def _customer_change_pairs(self):
        # OVERRIDE: the customers of their orders.
        return self.order_id._customer_change_pairs()
