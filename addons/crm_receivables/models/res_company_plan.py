from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    # Of the root company; branches follow it.
    crm_plan_creation = fields.Selection(
        selection=[
            ("never", "Only by hand"),
            ("instalments", "When the payment term asks for several payments"),
            ("always", "For every order with a payment term"),
        ],
        string="Payment plan with an order",
        default="instalments",
    )
