from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account': plans follow what is matched, and what no longer is.
        partials = super().create(vals_list)
        partials._remember_plans()
        return partials

    def write(self, vals):
        result = super().write(vals)
        self._remember_plans()
        return result

    def unlink(self):
        self._remember_plans()
        return super().unlink()

    def _remember_plans(self) -> None:
        items = self.sudo().debit_move_id | self.sudo().credit_move_id
        self.env["crm.plan.follow"]._remember_moves(items.move_id.ids)
