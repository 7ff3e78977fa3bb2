from odoo import models

TRACKED = {"date_maturity", "sale_line_ids", "account_id"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        # EXTENDS 'account': plans show the due days of posted invoices.
        result = super().write(vals)
        if not TRACKED.isdisjoint(vals):
            posted = self.filtered(lambda line: line.parent_state == "posted")
            self.env["crm.plan.follow"]._remember_moves(posted.move_id.ids)
        return result
