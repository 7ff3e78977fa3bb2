from odoo import api, models

TRACKED = {
    "product_uom_qty",
    "price_unit",
    "discount",
    "tax_ids",
    "order_id",
}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._enqueue_customer_change()
        return lines

    def write(self, vals):
        if not TRACKED.isdisjoint(vals):
            self.order_id._enqueue_customer_change()
        return super().write(vals)

    def unlink(self):
        self.order_id._enqueue_customer_change()
        return super().unlink()
