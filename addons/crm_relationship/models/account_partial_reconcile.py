from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._enqueue_customer_change()
        return partials

    def unlink(self):
        self._enqueue_customer_change()
        return super().unlink()

    def _enqueue_customer_change(self) -> None:
        """Queue the partners on both sides: what they owe changes."""
        lines = self.sudo().debit_move_id | self.sudo().credit_move_id
        self.env["crm.customer.change"]._enqueue(
            [(line.company_id.id, line.partner_id.id) for line in lines]
        )
