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
