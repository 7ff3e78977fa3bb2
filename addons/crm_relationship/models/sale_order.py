from odoo import api, fields, models

# Fields whose change moves a figure on a profile.
TRACKED = {
    "state",
    "partner_id",
    "company_id",
    "date_order",
    "currency_id",
    "pricelist_id",
    "order_line",
}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # A plain nullable column: installing must not rewrite a big core table.
    crm_channel_id = fields.Many2one(
        comodel_name="crm.channel",
        string="Sales channel",
        domain="[('is_sales_channel', '=', True),"
        " ('company_id', 'in', (company_id, False))]",
        ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._enqueue_customer_change()
        return orders

    def write(self, vals):
        tracked = not TRACKED.isdisjoint(vals)
        if tracked:
            self._enqueue_customer_change()
        result = super().write(vals)
        if tracked:
            self._enqueue_customer_change()
        return result

    def unlink(self):
        self._enqueue_customer_change()
        return super().unlink()

    def _enqueue_customer_change(self) -> None:
        """Queue the customers of these orders; before a change for whom they leave,
        after it for whom they join."""
        self.env["crm.customer.change"]._enqueue(
            [(order.company_id.id, order.partner_id.id) for order in self.sudo()]
        )
