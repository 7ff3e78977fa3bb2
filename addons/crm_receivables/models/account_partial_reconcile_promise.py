from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS account: promises about what is paid now are kept by it
        partials = super().create(vals_list)
        partials._judge_promises(partials.debit_move_id.ids)
        return partials

    def unlink(self):
        # EXTENDS account: what is taken back keeps no promise
        line_ids = self.debit_move_id.ids
        result = super().unlink()
        self._judge_promises(line_ids)
        return result

    @api.model
    def _judge_promises(self, line_ids: list[int]) -> None:
        if line_ids:
            self.env["crm.promise.judge"]._remember_items(line_ids)
