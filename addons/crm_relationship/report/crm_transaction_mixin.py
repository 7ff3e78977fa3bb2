from odoo import fields, models

from ..records import one


class CrmTransactionMixin(models.AbstractModel):
    """What a purchase and a line of a purchase have in common.

    Amounts are in company currency; refunds are negative; a cost nobody knows is
    counted as unknown instead of as 0.
    """

    _name = "crm.transaction.mixin"
    _description = "Purchase Fields"

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    customer_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Buyer", readonly=True
    )
    date = fields.Date(readonly=True)
    res_model = fields.Selection(
        selection=[
            ("crm.purchase.history", "Imported purchase"),
            ("sale.order", "Order"),
            ("account.move", "Invoice"),
        ],
        string="Document kind",
        readonly=True,
    )
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True, aggregator=None
    )
    list_amount = fields.Monetary(string="List amount", readonly=True)
    discount_amount = fields.Monetary(string="Discount", readonly=True)
    amount = fields.Monetary(string="Untaxed amount", readonly=True)
    cost = fields.Monetary(
        readonly=True, help="Known costs only; see the lines whose cost is unknown."
    )
    cost_unknown_count = fields.Integer(string="Lines without cost", readonly=True)
    channel_id = fields.Many2one(
        comodel_name="crm.channel", string="Sales channel", readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )

    def action_open_document(self):
        """Open the document behind this row."""
        one(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
