from odoo import fields, models


class CrmExternalRef(models.Model):
    """How another system names a customer: (company, source, reference) → partner."""

    _name = "crm.external.ref"
    _description = "External Customer Reference"
    _order = "source, ref, id"
    _rec_name = "ref"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    source = fields.Char(required=True, help="Code of the other system.")
    ref = fields.Char(string="Reference", required=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
    )

    _source_ref_uniq = models.Constraint(
        "UNIQUE(company_id, source, ref)",
        "This source uses the reference for another customer already.",
    )
