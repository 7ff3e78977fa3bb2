from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        # EXTENDS account: nobody owes what was cancelled, nor while it is a draft.
        result = super().write(vals)
        if "state" in vals:
            items = self.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            if items:
                self.env["crm.promise.judge"]._remember_items(items.ids)
        return result
