from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        # EXTENDS 'account': posted, back to draft or cancelled, what is owed changes.
        result = super().write(vals)
        if "state" in vals:
            self.env["crm.plan.follow"]._remember_moves(self.ids)
        return result
