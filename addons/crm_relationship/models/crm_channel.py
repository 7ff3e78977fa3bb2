from odoo import fields, models


class CrmChannel(models.Model):
    """A way to reach a customer or to be reached, and the sales channel of a deal."""

    _name = "crm.channel"
    _description = "Channel"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        help="Short name that imports and other systems use, e.g. web or store.",
    )
    kind = fields.Selection(
        selection=[
            ("store", "Store"),
            ("web", "Web shop"),
            ("phone", "Telephone"),
            ("email", "E-mail"),
            ("sms", "Text message"),
            ("letter", "Letter"),
            ("visit", "Visit"),
            ("reseller", "Reseller"),
            ("media", "Booked media"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    is_sales_channel = fields.Boolean(default=True)
    touch_cost = fields.Monetary(
        string="Cost per contact",
        help="What one contact made by this channel costs, on average. Contacts keep "
        "the cost of their time.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(comodel_name="res.company", index=True)

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "A channel with this code exists already in this company.",
    )
