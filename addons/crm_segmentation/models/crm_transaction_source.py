from odoo import api, models
from odoo.tools import SQL


class CrmTransactionSource(models.AbstractModel):
    _inherit = "crm.transaction.source"

    # A cost of 0 on an order line means that the product has none: unknown, not free.

    @api.model
    def _order_line_cost(self) -> SQL:
        # EXTENDS 'crm_relationship': sale_margin keeps the cost at order time.
        return SQL(
            """NULLIF(l.purchase_price, 0) * l.product_uom_qty
               / NULLIF(o.currency_rate, 0)"""
        )

    @api.model
    def _invoice_line_cost(self) -> SQL:
        # EXTENDS 'crm_relationship': what is invoiced from an order cost what the
        # order line says; a credit note gives the cost back.
        return SQL(
            """(SELECT NULLIF(cs.purchase_price, 0) / NULLIF(co.currency_rate, 0)
                  FROM sale_order_line cs JOIN sale_order co ON co.id = cs.order_id
                 WHERE cs.id = k.order_line_id)
               * CASE WHEN m.is_purchase THEN l.quantity ELSE -l.quantity END"""
        )
