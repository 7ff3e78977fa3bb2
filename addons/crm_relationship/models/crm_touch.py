from odoo import api, fields, models
from odoo.fields import Domain

from ..core.touches import below
from ..records import one

PURPOSES = [
    ("relationship", "Relationship"),
    ("service", "Service"),
    ("transactional", "Transaction"),
    ("promotion", "Promotion"),
    ("dunning", "Dunning"),
]
RESPONSES = [
    ("none", "None yet"),
    ("delivered", "Delivered"),
    ("opened", "Opened"),
    ("clicked", "Clicked"),
    ("replied", "Replied"),
    ("bounced", "Bounced"),
    ("complained", "Complained"),
    ("unsubscribed", "Unsubscribed"),
]


class CrmTouch(models.Model):
    """One contact that happened: the contact ledger.

    A row is written once, when something happened, by :meth:`_log` and nothing else;
    later only its response moves on, by :meth:`_respond`. Users have no write access:
    a ledger that can be corrected proves nothing.
    """

    _name = "crm.touch"
    _description = "Logged Contact"
    _inherit = ["crm.customer.change.mixin"]
    _order = "date desc, id desc"
    _rec_names_search = ["subject", "partner_id"]

    # Whose figures a touch moves never changes by itself; see _respond and _rekey.
    _customer_change_fields = frozenset({"partner_id", "is_contact"})

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    # Who
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact person",
        readonly=True,
        ondelete="set null",
    )
    partner_key = fields.Integer(
        string="Contact id",
        readonly=True,
        aggregator=None,
        help="Stays when the contact is deleted.",
    )
    customer_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Customer"
    )
    lead_id = fields.Many2one(
        comodel_name="crm.lead", readonly=True, ondelete="set null"
    )
    address = fields.Char(
        string="Address used",
        readonly=True,
        help="The e-mail address or telephone number as it was at that time.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        readonly=True,
        ondelete="set null",
        help="Who made the contact, or took it.",
    )
    # What
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    direction = fields.Selection(
        selection=[("in", "Received"), ("out", "Made")],
        required=True,
        readonly=True,
        default="out",
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel", required=True, readonly=True, ondelete="restrict"
    )
    purpose = fields.Selection(
        selection=PURPOSES, required=True, readonly=True, default="relationship"
    )
    duration = fields.Integer(string="Minutes", readonly=True)
    subject = fields.Char(readonly=True)
    note = fields.Text(readonly=True)
    outcome_id = fields.Many2one(
        comodel_name="crm.touch.outcome", readonly=True, ondelete="restrict"
    )
    is_contact = fields.Boolean(
        string="Counts as contact",
        readonly=True,
        default=True,
        help="The customer was reached by or reached one of us. Tries, bounced "
        "messages and what is sent in masses or by itself do not count.",
    )
    # What came of it
    response = fields.Selection(
        selection=RESPONSES, required=True, readonly=True, default="none"
    )
    response_date = fields.Datetime(readonly=True)
    cost = fields.Monetary(readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    # Where from
    source_model = fields.Char(
        readonly=True, help="What this contact was recorded from; once per source."
    )
    source_key = fields.Char(readonly=True)
    message_id = fields.Many2one(
        comodel_name="mail.message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _source_uniq = models.UniqueIndex(
        "(source_model, source_key) WHERE source_model IS NOT NULL",
        "This contact is in the ledger already.",
    )
    # One index for three: the timeline's order, the sums of the profile without
    # reading the rows, and the foreign key.
    _crm_timeline_idx = models.Index(
        "(partner_id, date DESC, id DESC) INCLUDE (company_id, direction, is_contact) "
        "WHERE partner_id IS NOT NULL"
    )
    _lead_idx = models.Index("(lead_id, date DESC) WHERE lead_id IS NOT NULL")
    _user_idx = models.Index("(user_id, date DESC) WHERE user_id IS NOT NULL")
    # Serves the default order of the list; new rows go to its end.
    _date_idx = models.Index("(date DESC, id DESC)")

    @api.depends("channel_id", "subject", "partner_id", "lead_id")
    def _compute_display_name(self):
        for touch in self:
            # A name is what any list shows even of a record one may not open.
            row = touch.sudo()
            about = row.subject or row.partner_id.name or row.lead_id.name
            names = [row.channel_id.name, about]
            touch.display_name = " · ".join(name for name in names if name)

    # ---- writing ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # Only for programs with all rights; _log writes without the ORM.
        return super().create(self.env["crm.touch.writer"]._complete(vals_list))

    def _customer_change_pairs(self):
        # OVERRIDE: some are about a lead only
        return [(t.company_id.id, t.partner_id.id) for t in self.sudo() if t.partner_id]

    @api.model
    def _log(self, vals_list: list[dict]):
        """Write contacts that happened; the caller has checked the rights.

        Whoever calls this twice for the same source gets the row of the first time.

        :param vals_list: values by field name. Needed: ``channel_id`` and one of
            ``partner_id``, ``lead_id``. Left out are: ``company_id`` (the current
            one), ``date`` (now, UTC), ``direction`` (``out``), ``purpose``
            (``relationship``), ``user_id`` (nobody), ``partner_key``, ``address``,
            ``cost`` and ``is_contact``, which follow from the others
        :return: a touch for each of ``vals_list``, in their order; with all rights
        """
        return self.env["crm.touch.writer"].sudo()._write_touches(vals_list)

    def _respond(self, response: str, date=None) -> None:
        """Move the response of these touches on, never back.

        The order in which events arrive makes no difference (``core/touches.py``).

        :param response: see ``Response``
        :param date: when it happened, naive UTC; now if left out
        """
        self.env["crm.touch.writer"].sudo()._move_response(
            self.ids, response, below(response), date or fields.Datetime.now()
        )

    # ---- opening ------------------------------------------------------------------

    def action_open_source(self):
        """Open what this contact is about: its lead, or else its customer."""
        one(self)
        return (self.lead_id or self.partner_id).get_formview_action()

    @api.model
    def _of_customers(self, partners) -> Domain:
        """Return the touches of customers, whichever contact person was spoken to."""
        return Domain("partner_id.commercial_partner_id", "in", partners.ids)
