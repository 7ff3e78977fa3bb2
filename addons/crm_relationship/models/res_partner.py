from odoo import api, fields, models
from odoo.tools import SQL

from ..records import one

# Who somebody's commercial partner is depends on these, for all below them as well.
HIERARCHY = {"parent_id", "is_company", "company_type", "commercial_partner_id"}
COPIED = {"active", "user_id"}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "crm.customer.page.mixin", "crm.suppression.mixin"]

    # Who the customer is, beside core's industry, country and state. Plain nullable
    # columns, for people only who need them: these are personal data. Not copied: who
    # duplicates a contact might not read them, and the copy is about somebody else.
    crm_birth_date = fields.Date(
        string="Birth date", groups="crm_relationship.group_personal_data", copy=False
    )
    crm_sex = fields.Selection(
        selection=[("female", "Female"), ("male", "Male"), ("other", "Other")],
        string="Sex",
        groups="crm_relationship.group_personal_data",
        copy=False,
    )
    crm_occupation = fields.Char(
        string="Occupation",
        groups="crm_relationship.group_personal_data",
        copy=False,
    )
    crm_income_band = fields.Char(
        string="Income band",
        groups="crm_relationship.group_personal_data",
        copy=False,
        help="A range rather than a figure, as the customer or the source stated it, "
        "e.g. 30,000–50,000.",
    )

    page_notice = fields.Text(
        string="Why there are no figures", compute="_compute_page_notice"
    )

    def write(self, vals):
        moved = not HIERARCHY.isdisjoint(vals)
        if moved:
            self._enqueue_hierarchy_change()
        result = super().write(vals)
        if moved:
            self._enqueue_hierarchy_change()
        elif not COPIED.isdisjoint(vals):
            self.env["crm.customer.change"]._enqueue_partners(self.ids)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_tell_change_feed(self):
        """Their profiles go with them; readers of the feed must learn of it."""
        self.env["crm.change.feed"].sudo()._emit_query(
            SQL(
                """SELECT company_id, 'customer' AS kind, 'removed' AS action,
                          partner_id AS partner_key, NULL::int AS res_key
                     FROM crm_customer_profile WHERE partner_id = ANY(%s)""",
                self.ids,
            )
        )

    def _enqueue_hierarchy_change(self) -> None:
        """Queue the customers these partners and all below them belong to: before the
        change those they leave, after it those they join."""
        below = self.with_context(active_test=False).sudo()
        below = below.search([("id", "child_of", self.ids)])
        self.env["crm.customer.change"]._enqueue_partners(
            [*below.ids, *below.commercial_partner_id.ids]
        )

    # ---- 360° page ----------------------------------------------------------------

    def action_open_crm_customer(self):
        """Open the 360° page of the customer this contact belongs to.

        Who sees no profile, because there is none or by lack of rights, gets the same
        page without figures; it says why and shows what the own rights allow.
        """
        one(self)
        customer = self._page_customer()
        profile = customer._page_profile()
        view = "view_form" if profile else "view_form_customer_page"
        view = f"{(profile or customer)._name.replace('.', '_')}_{view}"
        return {
            "type": "ir.actions.act_window",
            "name": customer.display_name,
            "res_model": (profile or customer)._name,
            "res_id": (profile or customer).id,
            "views": [(self.env.ref(f"crm_relationship.{view}").id, "form")],
        }

    def _page_customer(self):
        # OVERRIDE
        self.ensure_one()
        return self.commercial_partner_id or self

    def _page_profile(self):
        """Return the profile the user sees of this customer, in the current company
        if there are several."""
        Profile = self.env["crm.customer.profile"].with_context(active_test=False)
        if not Profile.has_access("read"):
            return Profile
        profiles = Profile.search([("partner_id", "in", self.ids)])
        here = profiles.filtered(lambda p: p.company_id == self.env.company.root_id)
        return here or profiles[:1]

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_page_notice(self):
        for partner in self:
            partner.page_notice = partner._page_why_empty()

    def _page_why_empty(self) -> str:
        """Return a sentence or two: why no figures are shown, and what to do."""
        customer = self._page_customer()
        if not self.env["crm.customer.profile"].has_access("read"):
            return self.env._(
                "Your access rights do not include figures of customers. An "
                "administrator can make you a customer reader or a salesperson. Below "
                "is what your other rights let you see."
            )
        if (
            self.env["res.company"]
            .sudo()
            .search_count([("partner_id", "in", customer.ids)], limit=1)
        ):
            return self.env._(
                "This is one of your own companies: the group is no customer of itself."
            )
        owner = customer.user_id
        if owner and owner != self.env.user and not self._page_sees_all():
            return self.env._(
                "%(owner)s looks after this customer, and your access rights cover the "
                "figures of your own customers. %(owner)s or a sales manager can "
                "assign it to you. Below is what your own rights let you see.",
                owner=owner.sudo().name,
            )
        run = self.env["crm.profile.run"].search(
            [("company_id", "=", self.env.company.root_id.id), ("state", "!=", "done")],
            limit=1,
        )
        if run:
            return self.env._(
                "Figures of customers are being computed (%(progress)s %%). Come back "
                "in a few minutes; what happened with this customer is below already.",
                progress=round(run.progress),
            )
        return self.env._(
            "There are no figures yet: %(company)s has no purchase, order, open amount "
            "or opportunity of this customer. Make a quotation or an opportunity, or "
            "import earlier purchases; the figures follow within seconds.",
            company=self.env.company.root_id.name,
        )

    def _page_sees_all(self) -> bool:
        groups = (
            "crm_relationship.group_reader,sales_team.group_sale_salesman_all_leads"
        )
        return self.env.user.has_groups(groups)
