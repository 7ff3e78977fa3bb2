from odoo import models


class CrmTouch(models.Model):
    _inherit = "crm.touch"

    # What was said to leads and subscribers: the caps ask with each message.
    _nobody_idx = models.Index(
        "(lower(address), date) WHERE partner_id IS NULL AND address IS NOT NULL"
    )
