from odoo import fields, models
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
    _description = "Open Item"
    _auto = False
    _order = "due, id"
    _rec_name = "move_id"
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
        "crm.payment.promise": ["state", "line_ids"],
        "crm.reminder": ["state"],
        "crm.reminder.item": ["live", "rank", "date"],
        "res.partner": ["commercial_partner_id", "user_id"],
    }

    case_id = fields.Many2one(comodel_name="crm.collection.customer", readonly=True)
    move_id = fields.Many2one(comodel_name="account.move", string="Entry")
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Debtor")
    customer_id = fields.Many2one(comodel_name="res.partner", string="Customer")
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
        return SQL(
            """SELECT i.id, f.id AS case_id, i.move_id, i.company_id, i.partner_id,
                      i.customer_id, i.user_id, i.date, i.due, i.days_late, i.amount,
                      i.currency_id, i.value, i.company_currency_id, i.hold,
                      i.is_broken, i.level_id, i.reminder_date
                 FROM (%s) i
            LEFT JOIN crm_customer_profile f ON f.company_id = i.root_id
                                            AND f.partner_id = i.customer_id""",
            ledger._items_sql(SQL("TRUE")),
        )

    def action_open_entry(self):
        """Open the invoice, credit note, payment or entry."""
        one(self)
        return self.move_id.get_formview_action()
