from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS base: what a new company is owed falls into the usual buckets.
        companies = super().create(vals_list)
        self.env["crm.ageing.bucket"]._create_usual(companies)
        return companies
