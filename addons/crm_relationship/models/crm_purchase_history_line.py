from odoo import fields, models


class CrmPurchaseHistoryLine(models.Model):
    """A line of an imported purchase, in the purchase's currency."""

    _name = "crm.purchase.history.line"
    _description = "Imported Purchase Line"
    _order = "history_id desc, id"
    _rec_name = "line_ref"

    history_id = fields.Many2one(
        comodel_name="crm.purchase.history",
        string="Purchase",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="history_id.company_id")
    line_ref = fields.Char(string="Line", required=True, readonly=True, default="1")
    state = fields.Selection(
        selection=[("done", "Done"), ("cancelled", "Cancelled")],
        string="Status",
        required=True,
        readonly=True,
        default="done",
    )
    product_id = fields.Many2one(
        comodel_name="product.product", readonly=True, index="btree_not_null"
    )
    product_code = fields.Char(
        readonly=True, help="The product's code in the other system."
    )
    product_name = fields.Char(
        readonly=True, help="The product's name in the other system."
    )
    product_category = fields.Char(
        readonly=True, help="The product's category in the other system."
    )
    category_id = fields.Many2one(
        comodel_name="product.category",
        string="Known category",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The category of this name, for lines whose product is not known here.",
    )
    quantity = fields.Float(
        readonly=True, digits="Product Unit", help="Empty if unknown."
    )
    list_amount = fields.Monetary(
        readonly=True, help="Untaxed amount before discount; empty if unknown."
    )
    discount_amount = fields.Monetary(readonly=True)
    amount_untaxed = fields.Monetary(string="Untaxed amount", readonly=True)
    cost = fields.Monetary(
        readonly=True, help="Cost of the whole line; empty if unknown."
    )
    has_cost = fields.Boolean(
        readonly=True, help="Tells a cost of 0 from a cost nobody knows."
    )
    currency_id = fields.Many2one(related="history_id.currency_id")

    _history_line_ref_uniq = models.Constraint(
        "UNIQUE(history_id, line_ref)",
        "This purchase has a line with this reference already.",
    )
