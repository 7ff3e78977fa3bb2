from odoo import models


class CrmOutboxAdapterLetter(models.AbstractModel):
    """Letters: they wait until a person prints them (``crm.letter.batch``). No sender
    ever takes one in hand."""

    _name = "crm.outbox.adapter.letter"
    _inherit = ["crm.outbox.adapter"]
    _description = "Way Out: Letters"

    _over_network = False

    def _perform(self, row) -> str:
        # OVERRIDE: only called by the batch, when a person says it was posted.
        row.address = row.partner_id.contact_address_inline
        return self.env._("Printed and posted.")
