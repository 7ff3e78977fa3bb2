from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_plan_creation = fields.Selection(
        related="company_id.crm_plan_creation", readonly=False, required=True
    )
    crm_promise_days = fields.Integer(
        related="company_id.root_id.crm_promise_days", readonly=False
    )
    crm_promise_longest = fields.Integer(
        related="company_id.root_id.crm_promise_longest", readonly=False
    )
    crm_dunning_minimum = fields.Monetary(
        related="company_id.root_id.crm_dunning_minimum",
        readonly=False,
    )
    crm_reminder_daily = fields.Boolean(
        related="company_id.root_id.crm_reminder_daily", readonly=False
    )
