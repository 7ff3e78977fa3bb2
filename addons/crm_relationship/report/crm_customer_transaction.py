from odoo import fields, models
from odoo.tools import SQL


class CrmCustomerTransaction(models.Model):
    """A purchase of a customer as one document: the sum of its lines for one buyer."""

    _name = "crm.customer.transaction"
    _description = "Purchase"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "date"
    _depends = {"crm.customer.transaction.line": ["amount", "cost", "date"]}

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    customer_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Buyer", readonly=True
    )
    date = fields.Date(readonly=True)
    res_model = fields.Selection(
        selection=lambda self: (
            self.env["crm.customer.transaction.line"]
            ._fields["res_model"]
            ._description_selection(self.env)
        ),
        string="Document kind",
        readonly=True,
    )
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True, aggregator=None
    )
    line_count = fields.Integer(string="Lines", readonly=True)
    list_amount = fields.Monetary(string="List amount", readonly=True)
    discount_amount = fields.Monetary(string="Discount", readonly=True)
    amount = fields.Monetary(string="Untaxed amount", readonly=True)
    cost = fields.Monetary(
        readonly=True, help="Known costs only; see the lines whose cost is unknown."
    )
    cost_unknown_count = fields.Integer(string="Lines without cost", readonly=True)
    channel_id = fields.Many2one(
        comodel_name="crm.channel", string="Sales channel", readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )

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

    def action_open_document(self):
        """Open the document itself."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
