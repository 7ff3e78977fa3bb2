from odoo import api, fields, models
from odoo.tools import float_repr

from ..core.offers import Fact


class CrmOfferLine(models.Model):
    """A product of an offer, at a price or with a discount."""

    _name = "crm.offer.line"
    _description = "Product of an Offer"
    _inherit = ["crm.offer.content.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    _decision_content = ("product_id", "quantity", "kind", "price", "discount")

    currency_id = fields.Many2one(related="offer_id.currency_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        index=True,
        domain="[('sale_ok', '=', True)]",
        check_company=True,
        ondelete="restrict",
    )
    quantity = fields.Float(
        default=1.0, digits="Product Unit", help="Least quantity of a purchase."
    )
    kind = fields.Selection(
        selection=[("discount", "Discount"), ("price", "Price")],
        string="How",
        required=True,
        default="discount",
    )
    price = fields.Monetary(help="Of a unit, in the currency of the offer.")
    discount = fields.Float(string="Discount (%)", digits="Discount")

    _quantity_check = models.Constraint(
        "CHECK(quantity > 0)", "At least something must be bought."
    )
    _price_check = models.Constraint(
        "CHECK(kind != 'price' OR price > 0)", "A price is more than nothing."
    )
    _discount_check = models.Constraint(
        "CHECK(kind != 'discount' OR (discount >= 0 AND discount < 100))",
        "A discount is at least 0 and less than 100 %.",
    )

    @api.depends("product_id", "kind", "price", "discount", "currency_id")
    def _compute_display_name(self):
        for line in self:
            name = line.product_id.display_name or ""
            line.display_name = f"{name}: {line._price_text()}"

    def _price_text(self) -> str:
        """Return the terms of the line as customers read them."""
        if self.kind == "price":
            return self.offer_id._amount_text(self.price)
        return self.env._("%s%% off", _short(self.discount)) if self.discount else ""

    def _facts(self) -> list[Fact]:
        names = (self.product_id.display_name, self.product_id.name)
        facts = [Fact("product", self.env._("product"), names)]
        if self.kind == "price":
            amount = float_repr(self.price, self.currency_id.decimal_places)
            forms = (self.offer_id._amount_text(self.price), amount, _short(self.price))
            facts.append(Fact("price", self.env._("price"), forms))
        elif self.discount:
            number = _short(self.discount)
            forms = (f"{number}%", f"{number} %", self._price_text())
            facts.append(Fact("discount", self.env._("discount"), forms))
        return facts


def _short(number: float) -> str:
    """Return a number without needless digits: 15, 12.5."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
