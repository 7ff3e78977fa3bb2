from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account': plans follow what is matched, and promises about it are
        # kept by it, and what no longer is.
        partials = super().create(vals_list)
        partials._remember_matched()
        return partials

    def write(self, vals):
        result = super().write(vals)
        self._remember_matched()
        return result

    def unlink(self):
        moves, items = self._matched_moves(), self._matched_items()
        result = super().unlink()
        # Not before: core may write to the database on the way, and what is
        # remembered is worked off with that.
        self.env["crm.plan.follow"]._remember_moves(moves.ids)
        self.env["crm.promise.judge"]._remember_items(items)
        return result

    def _remember_matched(self) -> None:
        self.env["crm.plan.follow"]._remember_moves(self._matched_moves().ids)
        self.env["crm.promise.judge"]._remember_items(self._matched_items())

    def _matched_items(self) -> list[int]:
        return self.sudo().debit_move_id.ids

    def _matched_moves(self):
        items = self.sudo().debit_move_id | self.sudo().credit_move_id
        return items.move_id
