from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_revenue_source = fields.Selection(
        related="company_id.crm_revenue_source", readonly=False
    )
    crm_tz = fields.Selection(related="company_id.crm_tz", readonly=False)
    crm_self_approval = fields.Boolean(
        related="company_id.crm_self_approval", readonly=False
    )
    crm_cadence_days = fields.Integer(
        related="company_id.crm_cadence_days", readonly=False
    )
    crm_quote_days = fields.Integer(related="company_id.crm_quote_days", readonly=False)
    crm_escalation_days = fields.Integer(
        related="company_id.crm_escalation_days", readonly=False
    )
    crm_profile_progress = fields.Float(compute="_compute_crm_profile_state")
    crm_profile_count = fields.Integer(compute="_compute_crm_profile_state")
    crm_queue_count = fields.Integer(
        string="Changes waiting", compute="_compute_crm_profile_state"
    )
    crm_effective_tz = fields.Char(compute="_compute_crm_profile_state")
    crm_send_problems = fields.Text(
        string="Sending", compute="_compute_crm_send_problems"
    )

    def _compute_crm_profile_state(self):
        profiles = self.env["crm.customer.profile"].sudo()
        queue = self.env["crm.customer.change"].sudo()
        for settings in self:
            root = settings.company_id.root_id
            run = self.env["crm.profile.run"].sudo()._next_run(root)
            settings.crm_profile_progress = run.progress if run else 100.0
            settings.crm_profile_count = profiles.search_count(
                [("company_id", "=", root.id)]
            )
            settings.crm_queue_count = queue.search_count(
                [("company_key", "=", root.id)]
            )
            settings.crm_effective_tz = root._get_crm_tz()

    def _compute_crm_send_problems(self):
        health = self.env["crm.send.health"]
        for settings in self:
            problems = health._problems(settings.company_id)
            settings.crm_send_problems = "\n".join(problems)
