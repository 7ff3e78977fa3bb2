from odoo import api, fields, models

from .res_company import DEFAULT


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_spared_customers = fields.Char(
        string="No promotion to",
        compute="_compute_crm_spared_customers",
        inverse="_inverse_crm_spared_customers",
    )

    @api.depends("company_id")
    def _compute_crm_spared_customers(self):
        for settings in self:
            company = settings.company_id.root_id
            settings.crm_spared_customers = company.crm_spared_customers or DEFAULT

    def _inverse_crm_spared_customers(self):
        for settings in self:
            company = settings.company_id.root_id
            text = settings.crm_spared_customers or "[]"
            company.crm_spared_customers = False if text == DEFAULT else text
