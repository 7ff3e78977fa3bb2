from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    # Of the root company; branches follow it. Nullable columns: installing must not
    # rewrite a core table.
    crm_plan_creation = fields.Selection(
        selection=[
            ("never", "Only by hand"),
            ("instalments", "When the payment term asks for several payments"),
            ("always", "For every order with a payment term"),
        ],
        string="Payment plan with an order",
        default="instalments",
    )
    crm_promise_days = fields.Integer(
        string="Days for the bank",
        help="Money counts as paid in time that is booked so many days after the "
        "promised day.",
    )
    crm_promise_longest = fields.Integer(
        string="Longest promise",
        help="Days a promise to pay may reach ahead; 0 for the usual 90.",
    )
    crm_dunning_minimum = fields.Monetary(
        string="Least amount to remind of",
        help="Customers who owe less on balance, in the company's currency, get no "
        "reminder.",
    )
    crm_reminder_daily = fields.Boolean(
        string="Send reminders by themselves",
        help="Each day the reminders that are due are proposed and confirmed without "
        "anybody looking at them.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS base: what a new company is owed falls into the usual buckets.
        companies = super().create(vals_list)
        self.env["crm.ageing.bucket"]._create_usual(companies)
        return companies
