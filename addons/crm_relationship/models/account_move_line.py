from odoo import models

TRACKED = {"partner_id", "date_maturity", "account_id"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        tracked = not TRACKED.isdisjoint(vals)
        if tracked:
            self._enqueue_debtor_change()
        result = super().write(vals)
        if tracked:
            self._enqueue_debtor_change()
        return result

    def _enqueue_debtor_change(self) -> None:
        """Queue the partners of posted lines: what they owe, or by when, changes."""
        self.env["crm.customer.change"]._enqueue(
            [
                (line.company_id.id, line.partner_id.id)
                for line in self.sudo()
                if line.parent_state == "posted"
            ]
        )
