from odoo import api, fields, models
from odoo.tools import SQL

from ..core.metrics import MetricProvider
from ..records import one


class CrmCustomerProfile(models.Model):
    """A customer in a company, with what is known from all its transactions.

    One row per (root company, commercial partner) that has a transaction, an open
    receivable or a lead. Amounts are in the company's currency at document date.
    Only the refresher (``crm.customer.refresh``) writes here; people's input and
    scores live in their own tables and arrive as metric providers.
    """

    _name = "crm.customer.profile"
    _description = "Customer"
    _inherit = ["crm.customer.page.mixin"]
    _order = "last_purchase_date desc nulls last, id desc"
    _rec_name = "partner_id"
    _rec_names_search = ["partner_id"]

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True, index=True
    )
    team_id = fields.Many2one(
        comodel_name="crm.team", string="Sales team", readonly=True
    )
    active = fields.Boolean(
        readonly=True, help="Customers archived as contacts are archived here, too."
    )
    holdout_bucket = fields.Integer(
        string="Hold-out bucket",
        readonly=True,
        aggregator=None,
        help="1 to 100, drawn once per customer; low buckets are left out of "
        "campaigns so that their effect can be measured.",
    )

    # Purchases: imported history and the company's revenue source, refunds negative
    first_purchase_date = fields.Date(string="First purchase", readonly=True)
    last_purchase_date = fields.Date(string="Last purchase", readonly=True)
    purchase_count = fields.Integer(string="Purchases", readonly=True)
    purchase_day_count = fields.Integer(string="Purchase days", readonly=True)
    revenue_total = fields.Monetary(string="Revenue", readonly=True)
    purchase_count_12m = fields.Integer(string="Purchases, 12 months", readonly=True)
    revenue_12m = fields.Monetary(string="Revenue, 12 months", readonly=True)

    # Sales documents, whatever the revenue source
    quotation_count = fields.Integer(string="Quotations", readonly=True)
    quotation_amount = fields.Monetary(string="Quoted", readonly=True)
    quotation_last_date = fields.Date(string="Last quotation", readonly=True)
    order_count = fields.Integer(string="Orders", readonly=True)
    order_amount = fields.Monetary(string="Ordered", readonly=True)
    order_last_date = fields.Date(string="Last order", readonly=True)
    order_open_count = fields.Integer(string="Orders to invoice", readonly=True)
    order_open_amount = fields.Monetary(string="To invoice", readonly=True)

    # Money owed, by the ledger's own partner
    receivable_open = fields.Monetary(string="Receivable", readonly=True)
    receivable_overdue = fields.Monetary(string="Overdue", readonly=True)

    # Leads and opportunities in progress
    lead_count = fields.Integer(string="Open opportunities", readonly=True)
    lead_amount = fields.Monetary(string="Expected revenue", readonly=True)

    # Contacts: who was reached or reached us (crm.touch, is_contact)
    last_contact_in_date = fields.Date(string="Last contact received", readonly=True)
    last_contact_out_date = fields.Date(string="Last contact made", readonly=True)
    contact_count_12m = fields.Integer(string="Contacts, 12 months", readonly=True)
    next_contact_date = fields.Date(
        string="Next contact due",
        readonly=True,
        help="The last contact and the days between contacts, of this customer or else "
        "of the company.",
    )

    next_expiry_date = fields.Date(
        readonly=True,
        help="The first day on which a figure of this row changes by time alone.",
    )

    # Shown on screens: the customer's own data, by reference so that they are never old
    avatar_128 = fields.Image(related="partner_id.avatar_128")
    email = fields.Char(related="partner_id.email")
    phone = fields.Char(related="partner_id.phone")
    contact_address_inline = fields.Char(related="partner_id.contact_address_inline")
    city = fields.Char(related="partner_id.city")
    state_id = fields.Many2one(related="partner_id.state_id")
    country_id = fields.Many2one(related="partner_id.country_id")
    website = fields.Char(related="partner_id.website")
    customer_ref = fields.Char(related="partner_id.ref", string="Customer number")
    is_company = fields.Boolean(related="partner_id.is_company", string="Is a firm")
    industry_id = fields.Many2one(related="partner_id.industry_id")
    category_ids = fields.Many2many(related="partner_id.category_id", string="Tags")
    contact_ids = fields.One2many(
        related="partner_id.child_ids", string="Contact persons"
    )
    crm_birth_date = fields.Date(
        related="partner_id.crm_birth_date",
        groups="crm_relationship.group_personal_data",
    )
    crm_sex = fields.Selection(
        related="partner_id.crm_sex", groups="crm_relationship.group_personal_data"
    )
    crm_occupation = fields.Char(
        related="partner_id.crm_occupation",
        groups="crm_relationship.group_personal_data",
    )
    crm_income_band = fields.Char(
        related="partner_id.crm_income_band",
        groups="crm_relationship.group_personal_data",
    )

    _company_partner_uniq = models.Constraint(
        "UNIQUE(company_id, partner_id)",
        "There is one profile per customer and company.",
    )
    # Serves the default order of the customers list, whatever the companies chosen.
    _last_purchase_idx = models.Index("(last_purchase_date DESC NULLS LAST, id DESC)")
    _next_expiry_idx = models.Index(
        "(company_id, next_expiry_date) WHERE next_expiry_date IS NOT NULL"
    )

    # ---- metrics ------------------------------------------------------------------

    @api.model
    def _metric_providers(self) -> list[MetricProvider]:
        """Return who computes which columns of a profile.

        To be extended with ``super()`` by modules that add columns.
        """
        return self.env["crm.metric.provider"]._providers()

    @api.model
    def _metric_columns(self) -> list[str]:
        """Return the stored columns the refresher fills, in a stable order."""
        provided = [name for p in self._metric_providers() for name in p.columns]
        return [*self._own_columns(), *provided, "next_expiry_date"]

    @api.model
    def _own_columns(self) -> dict[str, SQL]:
        """Return columns copied from the customer itself (``rp``; ``tm`` its
        salesperson's team), with their SQL."""
        salt = self.env["ir.config_parameter"].sudo()
        salt = salt.get_param("crm_relationship.holdout_salt", "")
        return {
            "active": SQL("rp.active"),
            "user_id": SQL("rp.user_id"),
            "team_id": SQL("tm.team_id"),
            # 32 bits of an md5 over (installation, customer): permanent, and not to be
            # guessed from the customer's id.
            "holdout_bucket": SQL(
                """(('x' || substr(md5(%s || rp.id), 1, 8))::bit(32)::bigint
                    %% 100 + 1)::int""",
                salt,
            ),
        }

    # ---- 360° page ----------------------------------------------------------------

    def _page_customer(self):
        # OVERRIDE
        self.ensure_one()
        return self.partner_id

    def _page_company(self):
        # OVERRIDE
        self.ensure_one()
        return self.company_id

    def _page_stored_money(self):
        # OVERRIDE
        self.ensure_one()
        return self.receivable_open, self.receivable_overdue

    def action_open_partner(self):
        """Open the customer's contact form, where its data are changed."""
        one(self)
        return self.partner_id.get_formview_action()

    def action_set_cadence(self):
        """Open the days between contacts of this customer, to be set or changed."""
        one(self)
        cadences = self.env["crm.followup.cadence"]
        found = cadences.search(
            [("company_id", "=", self.company_id.id)]
            + [("partner_id", "=", self.partner_id.id)]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Days between contacts"),
            "res_model": cadences._name,
            "res_id": found.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_company_id": self.company_id.id,
            },
        }

    def action_open_transactions(self):
        """Open the purchases that make up the revenue of this customer."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_customer_transaction_action"
        )
        domain = [
            ("customer_id", "=", self.partner_id.id),
            ("company_id", "child_of", self.company_id.id),
        ]
        return {**action, "domain": domain, "context": {}}
