from odoo import api, models

# Rule of what waits because its campaign is paused.
PAUSED = "campaign_paused"


class CrmOutboxRecorder(models.AbstractModel):
    _inherit = "crm.outbox.recorder"

    @api.model
    def _sleep(self, row, rule, sentence, until):
        # EXTENDS 'crm_relationship': patience is measured from the first time a rule
        # of contact made it wait; in a pause of its campaign it does not wear out.
        if rule != PAUSED:
            row.held_since = row.held_since or self.env.cr.now().replace(tzinfo=None)
        return super()._sleep(row, rule, sentence, until)
