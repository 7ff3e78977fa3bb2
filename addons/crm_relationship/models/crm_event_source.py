import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..records import one


class CrmEventSource(models.Model):
    """Another system that tells us what happened: a mail service, a telephone system.

    Its keys sign what it sends. They are columns nobody can read, not even an
    administrator; a key is shown once, right after it was drawn.
    """

    _name = "crm.event.source"
    _description = "Event Source"
    _inherit = ["mail.activity.mixin"]
    _order = "name, id"

    name = fields.Char(required=True)
    code = fields.Char(
        required=True,
        help="Last part of the address the other system calls; letters, digits, - "
        "and _.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="What this source tells is recorded in this company.",
    )
    active = fields.Boolean(default=True)
    rate = fields.Integer(
        string="Events per minute",
        required=True,
        default=600,
        aggregator=None,
        help="What comes faster is refused and has to be sent again later.",
    )
    # Kept in the clear, because a signature cannot be checked against a hash.
    key = fields.Char(groups=fields.NO_ACCESS, copy=False, prefetch=False)
    old_key = fields.Char(groups=fields.NO_ACCESS, copy=False, prefetch=False)
    key_date = fields.Datetime(string="Key drawn on", readonly=True, copy=False)
    has_old_key = fields.Boolean(
        string="Old key is still valid", compute="_compute_has_old_key"
    )
    url = fields.Char(string="Address", compute="_compute_url")
    example = fields.Text(compute="_compute_example")
    event_ids = fields.One2many(
        comodel_name="crm.inbound.event", inverse_name="source_id", string="Events"
    )
    event_count = fields.Integer(string="Received", compute="_compute_counts")
    failed_count = fields.Integer(string="Need a person", compute="_compute_counts")

    # Over all companies: the address names no company.
    _code_uniq = models.Constraint(
        "UNIQUE(code)", "There is an event source with this code already."
    )
    _code_form = models.Constraint(
        "CHECK(code ~ '^[A-Za-z0-9_-]{1,64}$')",
        "A code is made of up to 64 letters, digits, - and _.",
    )
    _rate_positive = models.Constraint(
        "CHECK(rate > 0)", "A source sends at least one event per minute."
    )

    # ---- what is shown ------------------------------------------------------------

    @api.depends("key_date")
    def _compute_has_old_key(self):
        for source in self:
            source.has_old_key = bool(source.sudo().old_key)

    @api.depends("code")
    def _compute_url(self):
        for source in self:
            base = source.get_base_url()
            source.url = source.code and f"{base}/crm/event/{source.code}"

    @api.depends("url")
    def _compute_example(self):
        for source in self:
            source.example = source.url and EXAMPLE.replace("{url}", source.url)

    @api.depends("event_ids.state")
    def _compute_counts(self):
        Event = self.env["crm.inbound.event"]
        counted = Event._read_group(
            [("source_id", "in", self.ids)], ["source_id", "state"], ["__count"]
        )
        self.event_count = self.failed_count = 0
        for source, state, count in counted:
            source.event_count += count
            if state == "quarantined":
                source.failed_count += count

    # ---- keys ---------------------------------------------------------------------

    def action_draw_key(self):
        """Draw a new key and show it once. The one before stays valid until it is
        dropped, so that the other system can change over without a gap."""
        one(self)
        self.check_access("write")
        if self.has_old_key:
            raise UserError(
                self.env._(
                    "Two keys are valid already. Drop the old one first; what is "
                    "still signed with it will be refused then."
                )
            )
        source = self.sudo()
        fresh = secrets.token_urlsafe(32)
        source.write(
            {"old_key": source.key, "key": fresh, "key_date": fields.Datetime.now()}
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_event_key_action"
        )
        return {
            **action,
            "context": {"default_key": fresh, "default_source_id": self.id},
        }

    def action_drop_old_key(self):
        """Refuse from now on what is signed with the key before the newest."""
        self.check_access("write")
        self.sudo().old_key = False
        self.invalidate_recordset(["has_old_key"])
        return True

    def action_open_events(self):
        """Show what this source sent."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_inbound_event_action"
        )
        return {
            **action,
            "domain": [("source_id", "=", self.id)],
            "context": {"search_default_open": 0},
        }

    # ---- for the controller and the processor -------------------------------------

    @api.model
    def _of_code(self, code: str):
        """Return the active source of a code, with all rights, in its company."""
        # PostgreSQL keeps no NUL, so no source is called like that.
        known = [("code", "=", code.replace("\x00", ""))]
        source = self.sudo().search(known, limit=1)
        return source.with_company(source.company_id)

    def _keys(self) -> list[str]:
        """Return the valid keys; none without a source."""
        source = self.sudo()
        return [key for key in (source.key, source.old_key) if key]

    def _ask_for_help(self, text: str) -> None:
        """Ask information management to look after this source, once at a time."""
        self.ensure_one()
        kind = self.env.ref("mail.mail_activity_data_warning")
        if self.activity_ids.filtered(lambda a: a.activity_type_id == kind):
            return
        self.activity_schedule(
            "mail.mail_activity_data_warning", summary=text, user_id=False
        )


EXAMPLE = """KEY=…   # as shown once by “Draw a key”
BODY='{"id": "4711", "kind": "call.inbound", "date": "2026-03-01T09:30:00Z", \
"data": {"phone": "+1 212 555 0100", "minutes": 4, "subject": "Asked for a price"}}'
TIME=$(date +%s)
SIGN=$(printf '%s.%s' "$TIME" "$BODY" | openssl dgst -sha256 -hmac "$KEY" -r \
| cut -d' ' -f1)
curl -H 'Content-Type: application/json' -H "X-Crm-Signature: t=$TIME,v1=$SIGN" \
--data-binary "$BODY" {url}"""
