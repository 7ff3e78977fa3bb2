from odoo import models


class CrmOutboxAdapterCall(models.AbstractModel):
    _inherit = "crm.outbox.adapter.call"

    def _caller(self, row, content):
        # EXTENDS crm_relationship: who collects calls, not who sells.
        user = self.env["res.users"].browse(content.user_id)
        if row.purpose == "dunning" and user.active and user._is_internal():
            return user
        return super()._caller(row, content)
