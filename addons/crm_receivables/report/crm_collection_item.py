from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one

HOLDS = [
    ("paid", "Paid as far as we know"),
    ("blocked", "Blocked in Accounting"),
    ("no_followup", "No follow-up in Accounting"),
    ("held", "On hold"),
    ("promised", "Promised"),
]


class CrmCollectionItem(models.Model):
    """An open receivable item as a collector sees it: how late, reminded of up to
    which level, promised, on hold. Its id is that of the journal item."""

    _name = "crm.collection.item"
    _inherit = ["crm.collection.report.mixin", "crm.entry.name.mixin"]
    _description = "Open Item"
    _auto = False
    _order = "due, id"
    _depends = {
        "account.move": ["payment_state", "state"],
        "account.move.line": [
            "amount_residual",
            "amount_residual_currency",
            "date_maturity",
            "no_followup",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "crm.collection.block": ["state", "date_until", "line_ids"],
        "crm.payment.promise": ["state", "line_ids", "amount", "received"],
        "crm.reminder": ["state"],
        "crm.reminder.item": ["live", "rank", "date"],
        "res.partner": ["commercial_partner_id", "user_id"],
    }

    case_id = fields.Many2one(comodel_name="crm.collection.customer", readonly=True)
    move_id = fields.Many2one(comodel_name="account.move", string="Entry")
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Debtor")
    customer_id = fields.Many2one(
        comodel_name="res.partner",
    )
    user_id = fields.Many2one(comodel_name="res.users", string="Salesperson")
    date = fields.Date(readonly=True)
    due = fields.Date(readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="max")
    amount = fields.Monetary(
        string="Open", readonly=True, currency_field="currency_id", aggregator=None
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    value = fields.Monetary(
        string="In our currency",
        readonly=True,
        currency_field="company_currency_id",
        help="As the books have it, at the rate of the entry.",
    )
    company_currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    hold = fields.Selection(selection=HOLDS, string="Not asked for because")
    is_broken = fields.Boolean(string="Promise broken", readonly=True)
    level_id = fields.Many2one(
        comodel_name="crm.dunning.level", string="Reminded at", readonly=True
    )
    reminder_date = fields.Date(string="Reminded on", readonly=True)

    @property
    def _table_query(self) -> SQL:
        ledger = self.env["crm.collection.ledger"]
        position = self.env["crm.receivable.position"]
        chosen = set(self.env.companies.ids)
        books = [b for b in position._books(self.env.companies) if b[0] in chosen]
        return SQL(
            """SELECT q.line_id AS id, f.id AS case_id, q.move_id, q.company_id,
                      q.partner_id, q.customer_id, c.user_id, q.date,
                      q.date_due AS due, q.days_late, q.amount_currency AS amount,
                      q.currency_id, q.amount AS value,
                      k.currency_id AS company_currency_id, q.hold, q.is_broken,
                      (SELECT CASE WHEN r.state != 'draft' THEN r.level_id END
                         FROM (%(reminded)s) r) AS level_id,
                      (SELECT CASE WHEN r.state != 'draft' THEN r.date END
                         FROM (%(reminded)s) r) AS reminder_date
                 FROM (%(items)s) q
                 JOIN res_company k ON k.id = q.root_id
                 JOIN res_partner c ON c.id = q.customer_id
            LEFT JOIN crm_customer_profile f ON f.company_id = q.root_id
                                            AND f.partner_id = q.customer_id""",
            reminded=ledger._reminded_sql(SQL("i.line_key = q.line_id")),
            items=ledger._items_sql(books, self._read_customers()),
        )

    @api.model
    def _customers_of(self, name, ids):
        # EXTENDS crm.collection.report.mixin
        if name == "id":
            lines = self.env["account.move.line"].sudo().browse(ids).exists()
            return lines.partner_id.commercial_partner_id.ids
        if name == "case_id":
            return self._customers_of_cases(ids)
        return super()._customers_of(name, ids)

    def action_open_entry(self):
        """Open the invoice, credit note, payment or entry."""
        one(self)
        return self.move_id.get_formview_action()
