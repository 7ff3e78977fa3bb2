from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.records import one


class CrmSegmentAdd(models.TransientModel):
    """Puts chosen customers into a segment that is picked by hand."""

    _name = "crm.segment.add"
    _description = "Add to a Segment"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self._default_company_id(),
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        required=True,
        ondelete="cascade",
        domain="[('kind', '=', 'manual'), ('company_id', '=', company_id)]",
    )
    profile_ids = fields.Many2many(
        comodel_name="crm.customer.profile",
        string="Customers",
        domain="[('company_id', '=', company_id)]",
    )

    @api.model
    def _default_company_id(self):
        chosen = self.env.context.get("default_profile_ids") or []
        profiles = self.env["crm.customer.profile"].browse(chosen[:1])
        return profiles.company_id or self.env.company.root_id

    def action_add(self):
        """Add the customers and show the segment."""
        one(self)
        company = self.segment_id.company_id
        foreign = self.profile_ids.filtered(lambda p: p.company_id != company)
        if foreign:
            raise UserError(
                self.env._(
                    "The segment belongs to %(company)s. These are customers of "
                    "another company: %(names)s. Take them off the list.",
                    company=company.name,
                    names=", ".join(foreign[:10].mapped("display_name")),
                )
            )
        self.segment_id._add_partners(self.profile_ids.partner_id.ids)
        return self.segment_id.get_formview_action()
