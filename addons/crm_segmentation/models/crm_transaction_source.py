from odoo import api, models
from odoo.tools import SQL


class CrmTransactionSource(models.AbstractModel):
    _inherit = "crm.transaction.source"

    # An order line's cost is what the salesperson saw when selling. 0 is what lines
    # have whose product's cost nobody entered: unknown, not free.

    @api.model
    def _order_line_cost(self) -> SQL:
        # OVERRIDE 'crm_relationship'
        return SQL(
            """NULLIF(l.purchase_price, 0)::numeric * l.product_uom_qty
                 / NULLIF(o.currency_rate, 0)"""
        )

    @api.model
    def _invoice_line_cost(self) -> SQL:
        # OVERRIDE 'crm_relationship': the order line's cost of the invoiced quantity
        return SQL(
            """(SELECT NULLIF(cs.purchase_price, 0)::numeric
                         * CASE WHEN m.is_purchase THEN l.quantity ELSE -l.quantity END
                         * COALESCE(cl.factor / NULLIF(cu.factor, 0), 1)::numeric
                         / NULLIF(co.currency_rate, 0)
                  FROM sale_order_line cs
                  JOIN sale_order co ON co.id = cs.order_id
             LEFT JOIN uom_uom cl ON cl.id = l.product_uom_id
             LEFT JOIN uom_uom cu ON cu.id = cs.product_uom_id
                 WHERE cs.id = k.order_line_id)"""
        )
