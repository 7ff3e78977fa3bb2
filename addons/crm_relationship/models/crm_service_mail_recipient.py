from odoo import fields, models

from ..core.outbox import Content
from ..records import one


class CrmServiceMailRecipient(models.Model):
    """A customer a service mail is for, and what became of it there."""

    _name = "crm.service.mail.recipient"
    _description = "Recipient of a Service Message"
    _inherit = ["crm.outbox.origin.mixin"]
    _order = "id"
    _rec_name = "partner_id"
    _log_access = False

    mail_id = fields.Many2one(
        comodel_name="crm.service.mail",
        string="Message",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    partner_key = fields.Integer(
        string="Customer id", required=True, readonly=True, aggregator=None
    )
    address = fields.Char(readonly=True)
    state = fields.Selection(
        selection=[
            ("planned", "Waiting"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Left out"),
            ("unknown", "Unknown"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="planned",
    )
    reason = fields.Char(string="Rule", readonly=True)
    text = fields.Char(string="Why", readonly=True)

    _mail_partner_uniq = models.Constraint(
        "UNIQUE(mail_id, partner_key)",
        "Everybody gets a message once.",
    )
    _mail_state_idx = models.Index("(mail_id, state)")
    _mail_address_idx = models.Index("(mail_id, address) WHERE state != 'skipped'")

    def action_open_customer(self):
        """Open the customer's page."""
        one(self)
        return self.partner_id.action_open_crm_customer()

    # ---- for the outbox -------------------------------------------------------------

    def _outbox_content(self) -> Content:
        # OVERRIDE
        self.ensure_one()
        return self.mail_id._content_for(self.partner_id)

    def _outbox_refusals(self) -> dict[int, tuple[str, str]]:
        # EXTENDS
        withdrawn = ("withdrawn", self.env._("The message was withdrawn."))
        gone = self.filtered(lambda row: row.mail_id.state == "cancelled")
        return super()._outbox_refusals() | dict.fromkeys(gone.ids, withdrawn)

    def _outbox_moved(self, outbox) -> None:
        # OVERRIDE
        self._outbox_follow(outbox)
