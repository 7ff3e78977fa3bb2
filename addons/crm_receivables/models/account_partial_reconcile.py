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
        moves = self._matched_moves()
        result = super().unlink()
        # Not before: core may write to the database on the way, and what is
        # remembered is worked off with that.
        self.env["crm.plan.follow"]._remember_moves(moves.ids)
        return result

    def _remember_plans(self) -> None:
        self.env["crm.plan.follow"]._remember_moves(self._matched_moves().ids)

    def _matched_moves(self):
        items = self.sudo().debit_move_id | self.sudo().credit_move_id
        return items.move_id
