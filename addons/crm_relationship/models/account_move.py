from odoo import models

TRACKED = {"state", "partner_id", "invoice_date", "date", "company_id"}


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        # Only entries in the books count: drafts are of no interest until posted.
        tracked = not TRACKED.isdisjoint(vals)
        posted = self.filtered(lambda move: move.state == "posted") if tracked else self
        if tracked and posted:
            # As they are now: their partner may be about to change.
            posted._enqueue_partner_change()
        result = super().write(vals)
        if tracked:
            posted |= self.filtered(lambda move: move.state == "posted")
            self.env["crm.customer.change"]._enqueue_moves(posted.ids)
        return result

    def _enqueue_partner_change(self) -> None:
        self.env["crm.customer.change"]._enqueue(
            [(move.company_id.id, move.partner_id.id) for move in self.sudo()]
        )
