import datetime

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one


class CrmReceivableItem(models.Model):
    """What is left of a journal item a customer owes, or is owed, by age.

    Read from the ledger whenever somebody looks: as it is now or, with
    ``receivable_at`` in the context, as it was at the end of that day. The id is that
    of the journal item.
    """

    _name = "crm.receivable.item"
    _description = "Open Receivable Item"
    _auto = False
    _order = "date_due, id"
    _inherit = ["crm.entry.name.mixin"]
    _depends = {
        "account.move": ["move_type", "journal_id"],
        "account.move.line": [
            "account_id",
            "amount_currency",
            "amount_residual",
            "amount_residual_currency",
            "balance",
            "company_id",
            "currency_id",
            "date",
            "date_maturity",
            "no_followup",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.partial.reconcile": ["amount", "max_date"],
        "crm.ageing.bucket": ["days_from", "company_id"],
        "res.partner": ["commercial_partner_id", "user_id", "country_id"],
    }

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    customer_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Partner in the ledger", readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    country_id = fields.Many2one(comodel_name="res.country", readonly=True)
    move_id = fields.Many2one(
        comodel_name="account.move", string="Entry", readonly=True
    )
    journal_id = fields.Many2one(comodel_name="account.journal", readonly=True)
    account_id = fields.Many2one(comodel_name="account.account", readonly=True)
    kind = fields.Selection(
        selection=[
            ("invoice", "Invoice"),
            ("credit", "Credit note"),
            ("payment", "Payment"),
            ("entry", "Other entry"),
        ],
        readonly=True,
    )
    date = fields.Date(readonly=True)
    date_due = fields.Date(string="Due", readonly=True)
    days_late = fields.Integer(
        string="Days late",
        readonly=True,
        aggregator="max",
        help="0 on the due date, below 0 before it.",
    )
    bucket_id = fields.Many2one(
        comodel_name="crm.ageing.bucket", string="Age", readonly=True
    )
    amount = fields.Monetary(
        string="Open", currency_field="company_currency_id", readonly=True
    )
    amount_net = fields.Monetary(
        string="Net of credits",
        currency_field="company_currency_id",
        readonly=True,
        help="What is left once the customer's open credits pay its oldest debts; the "
        "sum is the same.",
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        currency_field="company_currency_id",
        readonly=True,
        help="What is overdue once the customer's open credits pay its oldest debts.",
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    amount_currency = fields.Monetary(
        string="Open in currency",
        currency_field="currency_id",
        readonly=True,
        help="In the currency of the document; look at sums by currency.",
    )
    no_followup = fields.Boolean(string="No follow-up", readonly=True)
    is_asked = fields.Boolean(
        string="Of a customer",
        readonly=True,
        help="Nobody is asked for entries without a partner and those of the own "
        "companies. What is left is what collectors see.",
    )

    @property
    def _table_query(self) -> SQL:
        position = self.env["crm.receivable.position"]
        # Of a root company whose branches are not among the chosen ones: only its own.
        chosen = set(self.env.companies.ids)
        books = [b for b in position._books(self.env.companies) if b[0] in chosen]
        return SQL(
            """SELECT s.line_id AS id, s.company_id, s.customer_id, s.partner_id,
                      c.user_id, c.country_id, s.move_id, m.journal_id, s.account_id,
                      CASE WHEN m.move_type IN ('out_invoice', 'out_receipt')
                               THEN 'invoice'
                           WHEN m.move_type = 'out_refund' THEN 'credit'
                           WHEN j.type IN ('bank', 'cash', 'credit') THEN 'payment'
                           ELSE 'entry' END AS kind,
                      s.date, s.date_due, s.days_late, s.bucket_id, s.amount,
                      s.amount_net,
                      CASE WHEN s.days_late > 0 THEN GREATEST(s.amount_net, 0)
                           ELSE 0 END AS amount_overdue,
                      s.currency_id, s.amount_currency, s.no_followup,
                      COALESCE(%(asked)s, FALSE) AS is_asked
                 FROM (%(items)s) s
                 JOIN account_move m ON m.id = s.move_id
                 JOIN account_journal j ON j.id = m.journal_id
            LEFT JOIN res_partner c ON c.id = s.customer_id""",
            asked=position._asked_sql(SQL("s.customer_id")),
            items=position._sorted_of(books, self._as_of()),
        )

    def _as_of(self) -> datetime.date | None:
        """Return the day the items are looked at, or None for now."""
        wanted = self.env.context.get("receivable_at")
        if not wanted:
            return None
        try:
            return fields.Date.to_date(wanted)
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._("“%s” is not a day; write it as 2026-12-31.", wanted)
            ) from error

    def action_open_entry(self):
        """Open the entry this item is part of."""
        one(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "views": [(False, "form")],
        }

    def action_open_journal_items(self):
        """Open the journal items behind the chosen rows."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal items"),
            "res_model": "account.move.line",
            "domain": [("id", "in", self.ids)],
            "views": [(False, "list"), (False, "form")],
            "context": {"create": False},
        }
