from odoo import fields, models

from odoo.addons.crm_relationship.records import one


class CrmSegmentAdd(models.TransientModel):
    """Puts chosen customers into a segment that is picked by hand."""

    _name = "crm.segment.add"
    _description = "Add to a Segment"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
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

    def action_add(self):
        """Add the customers and show the segment."""
        one(self)
        customers = self.profile_ids.filtered(
            lambda profile: profile.company_id == self.segment_id.company_id
        )
        self.segment_id._add_partners(customers.partner_id.ids)
        return self.segment_id.get_formview_action()
