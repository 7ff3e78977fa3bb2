from odoo import api, models


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members._enqueue_customer_change()
        return members

    def write(self, vals):
        self._enqueue_customer_change()
        result = super().write(vals)
        self._enqueue_customer_change()
        return result

    def unlink(self):
        self._enqueue_customer_change()
        return super().unlink()

    def _enqueue_customer_change(self) -> None:
        """Queue all customers of these salespeople: their sales team is another."""
        self.env["crm.customer.change"]._enqueue_salespeople(self.user_id.ids)
