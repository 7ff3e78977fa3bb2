from odoo import models


class CrmTeamMember(models.Model):
    _name = "crm.team.member"
    _inherit = ["crm.team.member", "crm.customer.change.mixin"]

    def _enqueue_customer_change(self):
        # OVERRIDE: all customers of these salespeople; their team is another.
        self.env["crm.customer.change"]._enqueue_salespeople(self.user_id.ids)
