from odoo import api, models

TRACKED = {
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


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._enqueue_customer_change()
        return leads

    def write(self, vals):
        tracked = not TRACKED.isdisjoint(vals)
        if tracked:
            self._enqueue_customer_change()
        result = super().write(vals)
        if tracked:
            self._enqueue_customer_change()
        return result

    def unlink(self):
        self._enqueue_customer_change()
        return super().unlink()

    def _enqueue_customer_change(self) -> None:
        """Queue the customers of these leads in the company the lead counts for."""
        self.env["crm.customer.change"]._enqueue(
            [
                (
                    (
                        lead.company_id
                        or lead.team_id.company_id
                        or lead.user_id.company_id
                    ).id,
                    lead.partner_id.id,
                )
                for lead in self.sudo()
            ]
        )
