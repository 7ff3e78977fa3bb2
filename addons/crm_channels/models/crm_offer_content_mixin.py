from odoo import api, fields, models


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

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.offer_id._content_changed({})
        return rows

    def write(self, vals):
        offers = self.offer_id
        before = offers._content_hashes()
        result = super().write(vals)
        for offer in self.offer_id - offers:
            # Moved over, it brings along who wrote it.
            offer._add_authors(offers._known_authors())
        (offers | self.offer_id)._content_changed(before)
        return result

    def unlink(self):
        offers = self.offer_id
        before = offers._content_hashes()
        result = super().unlink()
        offers.exists()._content_changed(before)
        return result

    def _decision_documents(self):
        # OVERRIDE
        return self.offer_id._decision_documents()
