from odoo import fields, models
from odoo.tools import SQL


class CrmCustomerTransaction(models.Model):
    """A purchase of a customer as one document: the sum of its lines for one buyer."""

    _name = "crm.customer.transaction"
    _description = "Purchase"
    _inherit = ["crm.transaction.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "date"
    _depends = {"crm.customer.transaction.line": ["amount", "cost", "date"]}

    line_count = fields.Integer(string="Lines", readonly=True)

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """SELECT MIN(l.id) AS id, l.company_id, l.customer_id, l.partner_id,
                      l.date, l.res_model, l.res_id, COUNT(*) AS line_count,
                      SUM(l.list_amount) AS list_amount,
                      SUM(l.discount_amount) AS discount_amount,
                      SUM(l.amount) AS amount, SUM(l.cost) AS cost,
                      SUM(l.cost_unknown_count) AS cost_unknown_count,
                      MIN(l.channel_id) AS channel_id, MIN(l.user_id) AS user_id
                 FROM (%s) l
             GROUP BY l.company_id, l.customer_id, l.partner_id, l.date, l.res_model,
                      l.res_id""",
            self.env["crm.customer.transaction.line"]._table_query,
        )
