from odoo import fields, models


class CrmOfferContentMixin(models.AbstractModel):
    """What belongs to an offer: changing it changes every campaign that makes it."""

    _name = "crm.offer.content.mixin"
    _description = "Part of an Offer"
    _inherit = ["crm.decision.content.mixin"]

    offer_id = fields.Many2one(
        comodel_name="crm.offer", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="offer_id.company_id", store=True, precompute=True, index=True
    )

    def _decision_documents(self):
        # OVERRIDE
        return self.offer_id._decision_documents()
