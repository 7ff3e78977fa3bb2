from odoo import api, fields, models
from odoo.tools import SQL

# Who somebody's commercial partner is depends on these, for all below them as well.
HIERARCHY = {"parent_id", "is_company", "company_type", "commercial_partner_id"}
COPIED = {"active", "user_id"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Who the customer is, beside core's industry, country and state. Plain nullable
    # columns, for people only who need them: these are personal data.
    crm_birth_date = fields.Date(
        string="Birth date", groups="crm_relationship.group_personal_data"
    )
    crm_sex = fields.Selection(
        selection=[("female", "Female"), ("male", "Male"), ("other", "Other")],
        string="Sex",
        groups="crm_relationship.group_personal_data",
    )
    crm_occupation = fields.Char(
        string="Occupation", groups="crm_relationship.group_personal_data"
    )
    crm_income_band = fields.Char(
        string="Income band",
        groups="crm_relationship.group_personal_data",
        help="A range rather than a figure, as the customer or the source stated it, "
        "e.g. 30,000–50,000.",
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
