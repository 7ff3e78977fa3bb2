from odoo import models


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.customer.change.mixin"]

    _customer_change_fields = frozenset(
        {
            "partner_id",
            "active",
            "type",
            "stage_id",
            "probability",
            "expected_revenue",
            "company_id",
            "team_id",
            "user_id",
        }
    )

    def _customer_change_pairs(self):
        # OVERRIDE: a lead without a company counts for its team's or salesperson's.
        return [
            (lead._customer_company().id, lead.partner_id.id) for lead in self.sudo()
        ]

    def _customer_company(self):
        """Return the company whose customer the lead speaks of, if any."""
        self.ensure_one()
        return self.company_id or self.team_id.company_id or self.user_id.company_id
