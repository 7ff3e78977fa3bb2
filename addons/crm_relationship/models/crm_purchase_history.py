from odoo import api, fields, models


class CrmPurchaseHistory(models.Model):
    """A purchase from an earlier or outside system; it arrives by import only."""

    _name = "crm.purchase.history"
    _description = "Imported Purchase"
    _order = "date desc, id desc"
    _rec_name = "external_ref"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="restrict"
    )
    source_id = fields.Many2one(
        comodel_name="crm.purchase.source",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    external_ref = fields.Char(string="Reference", required=True, readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Buyer",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    date = fields.Date(required=True, readonly=True)
    state = fields.Selection(
        selection=[("done", "Done"), ("cancelled", "Cancelled")],
        string="Status",
        required=True,
        readonly=True,
        default="done",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    amount_untaxed = fields.Monetary(string="Untaxed amount", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    amount_company = fields.Monetary(
        string="Amount in company currency",
        currency_field="company_currency_id",
        readonly=True,
        help="Untaxed amount at the rate of the purchase date.",
    )
    currency_rate = fields.Float(
        digits=0,
        readonly=True,
        aggregator=None,
        help="Company currency per unit of the purchase's currency on its date; kept, "
        "so that history is not valued again when rates are corrected.",
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel", string="Sales channel", readonly=True
    )
    line_ids = fields.One2many(
        comodel_name="crm.purchase.history.line",
        inverse_name="history_id",
        string="Lines",
        readonly=True,
    )

    _source_ref_uniq = models.Constraint(
        "UNIQUE(source_id, external_ref)",
        "This source has a purchase with this reference already.",
    )
    # A customer's timeline, and what references of partners are looked up by.
    _crm_timeline_idx = models.Index("(partner_id, date DESC, id DESC)")
    _date_idx = models.Index("(date DESC, id DESC)")

    @api.ondelete(at_uninstall=False)
    def _unlink_queue_customers(self):
        """Who loses a purchase has other figures from now on."""
        self.env["crm.customer.change"].sudo()._enqueue(
            [(history.company_id.id, history.partner_id.id) for history in self]
        )
