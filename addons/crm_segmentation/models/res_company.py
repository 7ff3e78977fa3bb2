from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        roots = companies.filtered(lambda company: not company.parent_id)
        self.env["crm.rfm.scheme"]._create_standard(roots)
        return companies
