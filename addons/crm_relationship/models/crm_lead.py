from odoo import models


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.customer.change.mixin", "crm.suppression.mixin"]

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

    def write(self, vals):
        result = super().write(vals)
        if vals.get("partner_id"):
            # What was said before anybody knew who it is belongs to the customer.
            writer = self.env["crm.touch.writer"].sudo()
            writer._rekey_leads(self.ids, vals["partner_id"])
        return result

    def _merge_dependences(self, opportunities):
        # EXTENDS 'crm': the contacts had with all of them are the remaining one's.
        result = super()._merge_dependences(opportunities)
        writer = self.env["crm.touch.writer"].sudo()
        writer._move_leads(opportunities.ids, self.id)
        if self.partner_id:
            writer._rekey_leads(self.ids, self.partner_id.id)
        return result

    def _customer_change_pairs(self):
        # OVERRIDE: a lead without a company counts for its team's or salesperson's.
        return [
            (lead._customer_company().id, lead.partner_id.id) for lead in self.sudo()
        ]

    def _customer_company(self):
        """Return the company whose customer the lead speaks of, if any."""
        self.ensure_one()
        return self.company_id or self.team_id.company_id or self.user_id.company_id
