from odoo import api, fields, models

from odoo.addons.base.models.res_partner import _tz_get

# What decides figures of all profiles.
COMPUTED_FROM = {"crm_revenue_source", "crm_tz", "crm_cadence_days", "parent_id"}


class ResCompany(models.Model):
    _inherit = "res.company"

    # Plain nullable columns: installing must not rewrite a core table.
    crm_revenue_source = fields.Selection(
        selection=[("invoiced", "Posted invoices"), ("ordered", "Confirmed orders")],
        string="Customer revenue",
        help="What counts as a customer's revenue, besides imported purchases. "
        "Empty means posted invoices.",
    )
    crm_tz = fields.Selection(
        selection=_tz_get,
        string="Customer time zone",
        help="A day of a customer's history is a day in this zone. "
        "Empty means the time zone of the company's own contact, else UTC.",
    )

    crm_self_approval = fields.Boolean(
        string="Decide on own content",
        help="Lets people decide on what they wrote themselves, against the two-person "
        "rule. Each such decision is recorded as one.",
    )

    crm_cadence_days = fields.Integer(
        string="Days between contacts",
        help="A customer with a salesperson is due when nobody was in contact for so "
        "many days; 0 means never. Single customers may have days of their own.",
    )
    crm_quote_days = fields.Integer(
        string="Days to an answer",
        default=7,
        help="A quotation sent so many days ago without a word from the customer waits "
        "on the salesperson's workbench.",
    )
    crm_escalation_days = fields.Integer(
        string="Days until the team's leader is told",
        default=3,
        help="So many days after the due date of a follow-up the leader of the "
        "salesperson's team gets an activity, once; 0 means never.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        # The group's own companies are no customers: whoever was one stops being it.
        self.env["crm.customer.change"]._enqueue_partners(companies.partner_id.ids)
        return companies

    def write(self, vals):
        before = self.partner_id.ids if "partner_id" in vals else []
        result = super().write(vals)
        if "partner_id" in vals:
            self.env["crm.customer.change"]._enqueue_partners(
                [*before, *self.partner_id.ids]
            )
        if COMPUTED_FROM & vals.keys():
            self.env["crm.profile.run"]._request_full(self.root_id)
        return result

    def _get_crm_tz(self) -> str:
        """Return the name of the time zone that decides what a day is here."""
        self.ensure_one()
        # Who works in a branch alone may not read the root company.
        root = self.sudo().root_id
        return root.crm_tz or root.partner_id.tz or "UTC"

    def _get_crm_cadence_days(self) -> int:
        """Return the days between contacts; the root company decides for branches."""
        self.ensure_one()
        return max(self.sudo().root_id.crm_cadence_days, 0)

    def _get_crm_quote_days(self) -> int:
        """Return after how many days a quotation without an answer is asked after."""
        self.ensure_one()
        return max(self.sudo().crm_quote_days, 0)

    def _get_crm_revenue_source(self) -> str:
        """Return ``invoiced`` or ``ordered``; the root company decides for branches."""
        self.ensure_one()
        return self.sudo().root_id.crm_revenue_source or "invoiced"
