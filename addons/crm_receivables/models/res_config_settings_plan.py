from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_plan_creation = fields.Selection(
        related="company_id.crm_plan_creation", readonly=False, required=True
    )
