from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_consent import HOW, KIND_LABELS, PURPOSE_LABELS


class CrmConsentEvent(models.Model):
    """One thing somebody said about being written to: the proof (GDPR Art. 7(1)).

    Written once by ``crm.consent.recorder``, and not changed by anybody, the superuser
    included. Only the erasure of a person takes the person out of it.
    """

    _name = "crm.consent.event"
    _description = "Proof of Consent"
    _order = "event_date desc, id desc"
    _rec_name = "address"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=KIND_LABELS, string="By", required=True, readonly=True
    )
    address = fields.Char(readonly=True)
    purpose = fields.Selection(
        selection=PURPOSE_LABELS, string="For", required=True, readonly=True
    )
    change = fields.Selection(
        selection=[
            ("granted", "Agreed"),
            ("withdrawn", "Refused"),
            ("lifted", "Took the refusal back"),
            ("paused", "Asked for a rest"),
            ("resumed", "Ended the rest"),
        ],
        string="What was said",
        required=True,
        readonly=True,
    )
    until = fields.Datetime(string="Rest until", readonly=True)
    event_date = fields.Datetime(
        string="Said on", required=True, readonly=True, help="By this the newest wins."
    )
    received_date = fields.Datetime(
        string="Heard on",
        required=True,
        readonly=True,
        default=fields.Datetime.now,
        help="When it was entered here, by the clock of the database.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Entered by",
        readonly=True,
        ondelete="set null",
        help="Nobody where customers did it themselves.",
    )
    how = fields.Selection(
        selection=HOW, string="How we know", required=True, readonly=True
    )
    source = fields.Char(
        readonly=True, help="Where it was said: form, fair, file, message, system."
    )
    text_version = fields.Char(
        string="Version of the text",
        readonly=True,
        help="What they read when they agreed.",
    )
    note = fields.Char(readonly=True)
    ip = fields.Char(string="Internet address", readonly=True)

    _key_idx = models.Index("(address, kind, purpose, company_id)")
    _date_idx = models.Index("(event_date DESC, id DESC)")

    @api.depends("address", "change", "purpose")
    def _compute_display_name(self):
        labels = {
            name: dict(self._fields[name]._description_selection(self.env))
            for name in ("change", "purpose")
        }
        for event in self:
            said = [labels[name].get(event[name]) for name in labels]
            event.display_name = " · ".join(filter(None, [event.address, *said]))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._(
                "What was said is not changed: it is the proof. Enter what the "
                "customer says now; the newest holds."
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("What was said is not deleted: it is the proof of consent.")
        )
