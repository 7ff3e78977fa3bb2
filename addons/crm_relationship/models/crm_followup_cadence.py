from odoo import api, fields, models


class CrmFollowupCadence(models.Model):
    """After how many days a customer wants to hear from us again, as people say.

    Profiles are computed, so what a person decides has a table of its own. Customers
    without a row follow the company's setting.
    """

    _name = "crm.followup.cadence"
    _description = "Contact Cadence"
    _inherit = ["crm.customer.change.mixin"]
    _order = "partner_id, id"
    _rec_name = "partner_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company.root_id,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('parent_id', '=', False)]",
    )
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    days = fields.Integer(
        string="Days between contacts",
        required=True,
        default=30,
        aggregator=None,
        help="After so many days without a contact the customer is due; 0 means never.",
    )
    note = fields.Char(string="Why")

    _company_partner_uniq = models.Constraint(
        "UNIQUE(company_id, partner_id)",
        "This customer has a cadence already: change that one.",
    )
    _days_range = models.Constraint(
        "CHECK(days BETWEEN 0 AND 3650)",
        "Between contacts lie 0 (never due) to 3650 days.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # Whoever is named, a customer is the firm.
            partner = self.env["res.partner"].browse(vals.get("partner_id"))
            if partner:
                vals["partner_id"] = partner.commercial_partner_id.id
        return super().create(vals_list)

    @api.model
    def _merge_cadences(self, src_ids: list[int], dst_id: int) -> None:
        """Keep the shorter wish of merged customers, for each company."""
        cadences = self.sudo().search([("partner_id", "in", [*src_ids, dst_id])])
        for rows in cadences.grouped("company_id").values():
            kept = rows.sorted(lambda row: (not row.days, row.days, row.id))[0]
            (rows - kept).unlink()
            kept.partner_id = dst_id
        self.env.flush_all()
