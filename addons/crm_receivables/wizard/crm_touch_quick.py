from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.records import one

# Who may write down what a customer promised.
TAKERS = (
    "crm_receivables.group_collector,account.group_account_invoice,"
    "sales_team.group_sale_salesman"
)


class CrmTouchQuick(models.TransientModel):
    _inherit = "crm.touch.quick"

    owes = fields.Monetary(
        string="Overdue", currency_field="owes_currency_id", compute="_compute_owes"
    )
    owes_currency_id = fields.Many2one(related="company_id.currency_id")
    may_promise = fields.Boolean(compute="_compute_owes")
    promise_date = fields.Date(string="Will pay by")
    promise_amount = fields.Monetary(
        string="Promised",
        currency_field="promise_currency_id",
        help="Left at 0, all that is due by that day.",
    )
    promise_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency of the promise",
        default=lambda self: self.env.company.currency_id,
    )

    @api.model
    def default_get(self, fields):
        # EXTENDS crm_relationship: from the collector's list
        if self.env.context.get("active_model") == "crm.collection.customer":
            # Their ids are those of the customers' profiles.
            quick = self.with_context(active_model="crm.customer.profile")
            values = super(CrmTouchQuick, quick).default_get(fields)
            return {**values, "purpose": "dunning"}
        return super().default_get(fields)

    @api.depends("res_model", "res_ids", "company_id")
    def _compute_owes(self):
        ledger = self.env["crm.collection.ledger"].sudo()
        for quick in self:
            customer = quick.customer_id
            quick.owes, quick.may_promise = 0.0, False
            if not quick._may_take_promise():
                continue
            today = ledger._today(quick.company_id)
            opens = ledger._opens(quick.company_id, customer.ids).get(customer.id, [])
            quick.owes = sum(i.value for i in opens if i.due < today or i.value < 0)
            quick.may_promise = any(item.value > 0 for item in opens)

    def _may_take_promise(self) -> bool:
        """Return whether the user takes promises, and may know what this customer
        owes."""
        return bool(
            self.company_id in self.env.companies
            and self.env.user.has_groups(TAKERS)
            and self.env["crm.receivable.reader"]._readable(self.customer_id)
        )

    def action_log(self):
        # EXTENDS crm_relationship: and what was promised
        one(self)
        if self.promise_date and not self.may_promise:
            raise UserError(
                self.env._(
                    "There is nothing open that %s could promise to pay.",
                    self.what or self.env._("several customers together"),
                )
            )
        result = super().action_log()
        if self.promise_date:
            self.env["crm.payment.promise"]._take(
                self.customer_id,
                self.company_id,
                {
                    "date": self.promise_date,
                    "amount": self.promise_amount,
                    "currency_id": self.promise_currency_id.id,
                    "note": self.note,
                },
            )
        return result
