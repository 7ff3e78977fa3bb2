from odoo import fields, models


class CrmPaymentPlanReceipt(models.Model):
    """A part of a payment, credit note or write-off in a line of a payment plan.

    Derived from the ledger and written anew whenever it moves; nobody edits it.
    """

    _name = "crm.payment.plan.receipt"
    _description = "Receipt of a Payment Plan"
    _order = "date, id"
    _log_access = False
    _rec_name = "way"

    plan_id = fields.Many2one(
        comodel_name="crm.payment.plan",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    line_id = fields.Many2one(
        comodel_name="crm.payment.plan.line",
        string="Plan line",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty for what no line takes: paid too much, or in advance.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    kind = fields.Selection(
        selection=[("money", "Received"), ("credit", "Credited or written off")],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(readonly=True, help="Negative for money paid back.")
    date = fields.Date(required=True, readonly=True)
    way = fields.Char(readonly=True, help="Payment method used.")
    # Plain columns, so that who may read the plan needs no right to the ledger. They
    # go with what they point at: nothing here may ever keep an entry from going.
    journal_id = fields.Many2one(
        comodel_name="account.journal", readonly=True, ondelete="cascade"
    )
    account_number = fields.Char(
        string="Bank account", readonly=True, help="Account of ours it came to."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Handled by",
        readonly=True,
        ondelete="set null",
        help="Who entered the payment or the entry.",
    )
    invoice_id = fields.Many2one(
        comodel_name="account.move",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal item",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty for a credit note that takes back what was never paid.",
    )
