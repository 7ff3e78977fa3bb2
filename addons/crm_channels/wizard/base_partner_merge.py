from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _merge_handlers(self):
        # EXTENDS 'crm_relationship': the strictest of what they said holds.
        carrier = self.env["crm.consent.carrier"].sudo()
        return [
            *super()._merge_handlers(),
            carrier._merge_consents,
            self.env["crm.contact.budget"].sudo()._merge_partners,
            self.env["crm.contact.reservation"].sudo()._merge_partners,
            self.env["crm.campaign.enrolment"].sudo()._merge_partners,
        ]
