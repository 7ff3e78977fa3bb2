from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_consent_default = fields.Selection(
        related="company_id.crm_consent_default", readonly=False
    )
    crm_consent_default_other = fields.Selection(
        related="company_id.crm_consent_default_other", readonly=False
    )
    crm_result_window_days = fields.Integer(
        related="company_id.crm_result_window_days", readonly=False
    )
    crm_takeover_progress = fields.Float(
        string="Taken over (%)", compute="_compute_crm_takeover_progress"
    )

    def _compute_crm_takeover_progress(self):
        takeover = self.env["crm.consent.takeover"].sudo()
        for settings in self:
            settings.crm_takeover_progress = takeover._progress(settings.company_id)
