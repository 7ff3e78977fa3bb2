from odoo import api, fields, models
from odoo.tools import SQL


class CrmCustomerTransactionLine(models.Model):
    """What customers bought, line by line, wherever it was sold."""

    _name = "crm.customer.transaction.line"
    _description = "Purchase Line"
    _inherit = ["crm.transaction.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "date"
    # Reading flushes what the sources read.
    _depends = {
        "crm.purchase.history": ["partner_id", "date", "state", "amount_company"],
        "crm.purchase.history.line": ["amount_untaxed", "state", "product_id"],
        "sale.order": ["partner_id", "date_order", "state", "currency_rate"],
        "sale.order.line": ["price_subtotal", "product_uom_qty", "discount"],
        "account.move": ["partner_id", "invoice_date", "state", "move_type"],
        "account.move.line": ["balance", "quantity", "discount", "display_type"],
        "res.partner": ["commercial_partner_id", "parent_id"],
    }

    product_id = fields.Many2one(comodel_name="product.product", readonly=True)
    product_categ_id = fields.Many2one(
        comodel_name="product.category", string="Product category", readonly=True
    )
    quantity = fields.Float(readonly=True, digits="Product Unit")

    @property
    def _table_query(self) -> SQL:
        metrics = self.env["crm.customer.metrics"]
        companies = self.env.companies.root_id
        parts = [
            self._source_query(scope, source, number)
            for scope in map(metrics._everybody_scope, companies)
            for number, source in enumerate(
                self.env["crm.transaction.source"]._transaction_sources(scope)
            )
        ]
        return SQL(" UNION ALL ").join(parts)

    @api.model
    def _source_query(self, scope, source, number: int) -> SQL:
        """Select the fields of this model from one source.

        Ids are those of the source's own lines, interleaved by source: stable from
        one query to the next, as the web client needs them to be.
        """
        return SQL(
            """SELECT t.line_id * 4 + %(number)s AS id, t.company_id,
                      rp.commercial_partner_id AS customer_id, t.partner_id,
                      t.date, t.model AS res_model, t.res_id,
                      t.product_id, COALESCE(pt.categ_id, t.category_id)
                          AS product_categ_id,
                      t.quantity, t.list_amount, t.discount_amount, t.amount, t.cost,
                      CASE WHEN t.cost IS NULL THEN 1 ELSE 0 END AS cost_unknown_count,
                      t.channel_id, t.user_id
                 FROM (%(lines)s) t
                 JOIN res_partner rp ON rp.id = t.partner_id
            LEFT JOIN product_product pp ON pp.id = t.product_id
            LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id""",
            number=number,
            lines=source.lines(scope),
        )
