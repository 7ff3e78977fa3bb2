from odoo import fields, models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "crm.customer.change.mixin"]

    _customer_change_fields = frozenset(
        {
            "state",
            "partner_id",
            "partner_invoice_id",
            "company_id",
            "date_order",
            "currency_id",
            "pricelist_id",
            "order_line",
        }
    )

    # A plain nullable column: installing must not rewrite a big core table.
    crm_channel_id = fields.Many2one(
        comodel_name="crm.channel",
        string="Sales channel",
        domain="[('is_sales_channel', '=', True),"
        " ('company_id', 'in', (company_id, False))]",
        ondelete="restrict",
    )

    def _customer_change_pairs(self):
        # EXTENDS: who is to pay, too, if that is somebody else.
        orders = self.sudo()
        return super()._customer_change_pairs() + [
            (order.company_id.id, order.partner_invoice_id.id)
            for order in orders
            if order.partner_invoice_id != order.partner_id
        ]

    def _compute_invoice_status(self):
        # EXTENDS sale: a draft of an invoice, otherwise of no interest to profiles,
        # changes whether an order is open; recomputing passes write() by.
        result = super()._compute_invoice_status()
        confirmed = self.filtered(lambda o: isinstance(o.id, int) and o.state == "sale")
        confirmed._enqueue_customer_change()
        return result
