from odoo import fields, models


class CrmOfferFact(models.Model):
    """A sentence every text of an offer must contain, e.g. what the law asks for."""

    _name = "crm.offer.fact"
    _description = "Mandatory Fact of an Offer"
    _inherit = ["crm.offer.content.mixin"]
    _order = "sequence, id"

    _decision_content = ("name",)

    sequence = fields.Integer(default=10)
    name = fields.Char(string="Sentence", required=True)
