from odoo import api, models


class CrmOutboxRecorder(models.AbstractModel):
    _inherit = "crm.outbox.recorder"

    @api.model
    def _sleep(self, row, rule, sentence, until):
        # EXTENDS 'crm_relationship': patience is measured from the first time.
        row.held_since = row.held_since or self.env.cr.now().replace(tzinfo=None)
        return super()._sleep(row, rule, sentence, until)
