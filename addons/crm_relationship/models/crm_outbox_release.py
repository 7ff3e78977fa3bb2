from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.decisions import Transition
from ..core.worklists import Worklist
from ..transactions import database_now

OPENED_AT_ONCE = 200
DECIDERS = (
    "sales_team.group_sale_manager",
    "crm_relationship.group_channel",
    "crm_relationship.group_information",
)


class CrmOutboxRelease(models.Model):
    """A message of which nobody knows whether it arrived, and the decision about it.

    The sender, the connection or the database broke between handing the message over
    and noting the answer. Sending it again by itself could bring it twice, leaving it
    could lose it: so a person looks at the evidence and decides.
    """

    _name = "crm.outbox.release"
    _description = "Unknown Message"
    _inherit = ["crm.decision.mixin"]
    _order = "send_date desc, id desc"
    _rec_name = "subject"

    _decision_initial = "open"
    _decision_content = ("outbox_key", "address", "message_ref", "send_date", "said")
    _decision_locked = ("arrived", "again", "settled")

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    # A copy of the evidence: the outbox forgets, this stays.
    outbox_key = fields.Integer(
        string="Message number", required=True, readonly=True, aggregator=None
    )
    attempt_uid = fields.Char(readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Asked for by",
        readonly=True,
        ondelete="set null",
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel", required=True, readonly=True, ondelete="restrict"
    )
    subject = fields.Char(readonly=True)
    address = fields.Char(readonly=True)
    message_ref = fields.Char(string="Message-ID", readonly=True)
    server_name = fields.Char(string="Mail server", readonly=True)
    send_date = fields.Datetime(string="Handed over", readonly=True)
    attempt = fields.Integer(readonly=True, aggregator=None)
    said = fields.Char(string="Last heard", readonly=True)
    state = fields.Selection(
        selection=[
            ("open", "To decide"),
            ("arrived", "It arrived"),
            ("again", "Sent again"),
            ("settled", "Found out"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    evidence = fields.Text(string="What is known", compute="_compute_evidence")

    _attempt_uniq = models.Constraint(
        "UNIQUE(outbox_key, attempt_uid)",
        "There is one decision about each attempt.",
    )
    _open_idx = models.Index("(company_id) WHERE state = 'open'")

    @api.depends("subject", "partner_id", "address")
    def _compute_display_name(self):
        for release in self:
            to = release.sudo().partner_id.name or release.address or ""
            release.display_name = f"{release.subject or ''} → {to}"

    @api.depends("send_date", "said", "partner_id")
    def _compute_evidence(self):
        for release in self:
            lines = [
                release._evidence_handed_over(),
                self.env._("Last heard: %s", release.said or self.env._("nothing")),
            ]
            if release.message_ref:
                lines.append(
                    self.env._(
                        "Look for %s in the log of the mail server: it says whether it "
                        "took the message.",
                        release.message_ref,
                    )
                )
            if release._has_reply():
                lines.append(self.env._("It was answered, so it did arrive."))
            release.evidence = "\n".join(lines)

    def _evidence_handed_over(self) -> str:
        when = self.send_date
        local = fields.Datetime.context_timestamp(self, when) if when else None
        return self.env._(
            "%(when)s: handed to “%(server)s” for %(address)s, attempt %(attempt)s.",
            when=local.strftime("%Y-%m-%d %H:%M:%S %Z") if local else "?",
            server=self.server_name or "?",
            address=self.address or "?",
            attempt=self.attempt,
        )

    def _has_reply(self) -> bool:
        """Tell whether a mail came in that answers this message."""
        messages = self.env["mail.message"].sudo()
        sent = messages.search([("message_id", "=", self.message_ref)], limit=1)
        if not self.message_ref or not sent:
            return False
        answer = [("parent_id", "=", sent.id), ("message_type", "=", "email")]
        return bool(messages.search_count(answer, limit=1))

    # ---- decision -------------------------------------------------------------------

    @api.model
    def _decision_transitions(self):
        # OVERRIDE
        return [
            Transition(
                "arrived",
                ("open",),
                "arrived",
                label=self.env._("It arrived"),
                groups=DECIDERS,
                persons=True,
                style="primary",
            ),
            Transition(
                "again",
                ("open",),
                "again",
                label=self.env._("Send again"),
                groups=DECIDERS,
                persons=True,
            ),
        ]

    def _decision_persons(self, transition):
        # OVERRIDE
        return self.user_id

    def _decision_check(self, transition):
        # OVERRIDE
        if not self._row():
            raise UserError(
                self.env._(
                    "It was found out meanwhile what became of this message: nothing "
                    "is left to decide. Reload the page."
                )
            )

    def _decision_done(self, transition, decision):
        # OVERRIDE
        row = self._row()
        if transition.name == "arrived":
            text = self.env._("%s found that it arrived.", self.env.user.name)
            self.env["crm.outbox.recorder"].sudo()._sent(row, text)
            return
        row.write(
            {
                "state": "planned",
                "due": database_now(self.env),
                "attempt_uid": False,
                "done_date": False,
                "text": self.env._("%s had it sent again.", self.env.user.name),
            }
        )
        self.env["crm.outbox.recorder"].sudo()._tell(row)
        row.lane_id._trigger_sender()

    def _row(self):
        """Return the message as long as its fate is open, with all rights."""
        return (
            self.env["crm.outbox"]
            .sudo()
            .search(
                [
                    ("id", "=", self.outbox_key),
                    ("state", "=", "unknown"),
                    ("attempt_uid", "=", self.attempt_uid),
                ]
            )
        )

    def action_decide_arrived(self):
        """Decide for the chosen ones that they arrived."""
        return self._decide_each("arrived")

    def action_decide_again(self):
        """Decide for the chosen ones that they are sent again."""
        return self._decide_each("again")

    def _decide_each(self, transition: str) -> bool:
        self.check_access("read")
        for release in self:
            release.action_decide(transition)
        return True

    # ---- workbench -------------------------------------------------------------------

    @api.model
    def _worklists(self) -> list[Worklist]:
        """Return what of sending waits for people; see ``crm.workbench``."""
        managers = "sales_team.group_sale_manager"
        channel = "crm_relationship.group_channel"
        return [
            Worklist(
                code="unknown_messages",
                label=self.env._("Messages that may not have arrived"),
                groups=(channel, managers, "crm_relationship.group_information"),
                model=self._name,
                domain=lambda: Domain("state", "=", "open"),
                date="send_date",
                sequence=65,
                help=self.env._("Look at what is known, and decide."),
            ),
            Worklist(
                code="failed_messages",
                label=self.env._("Messages that failed"),
                groups=(channel, managers),
                model="crm.outbox",
                domain=lambda: Domain("state", "=", "failed"),
                date="done_date",
                sequence=66,
                help=self.env._("Mostly bad addresses: the answer says why."),
            ),
            Worklist(
                code="halted_lanes",
                label=self.env._("Sending lanes that are halted"),
                groups=(channel, managers),
                model="crm.send.lane",
                domain=self.env["crm.send.lane"]._halted_domain,
                date="write_date",
                sequence=67,
                help=self.env._("Nothing of these leaves until somebody resumes them."),
            ),
        ]

    # ---- for the sender --------------------------------------------------------------

    @api.model
    def _open_missing(self) -> None:
        """Ask for a decision about each unknown message that has none yet."""
        rows = self.env.execute_query(
            SQL(
                """SELECT o.id FROM crm_outbox o
                    WHERE o.state = 'unknown'
                      AND NOT EXISTS (SELECT FROM crm_outbox_release r
                                       WHERE r.outbox_key = o.id
                                         AND r.attempt_uid = o.attempt_uid)
                 ORDER BY o.id LIMIT %s""",
                OPENED_AT_ONCE,
            )
        )
        unknown = self.env["crm.outbox"].browse([row for (row,) in rows])
        quiet = self.with_context(mail_create_nolog=True, tracking_disable=True)
        quiet.create([self._evidence_of(row) for row in unknown])

    @api.model
    def _evidence_of(self, row) -> dict:
        return {
            "company_id": row.company_id.id,
            "outbox_key": row.id,
            "attempt_uid": row.attempt_uid,
            "partner_id": row.partner_id.id,
            "user_id": row.user_id.id,
            "channel_id": row.channel_id.id,
            "subject": row.message_id.subject,
            "address": row.address,
            "message_ref": row.message_ref,
            "server_name": row.server_name,
            "send_date": row.send_date,
            "attempt": row.attempt,
            "said": row.text,
        }

    @api.model
    def _settle(self, row) -> None:
        """Nothing is left to decide about a message: its sender came back."""
        release = self.search(
            [
                ("outbox_key", "=", row.id),
                ("attempt_uid", "=", row.attempt_uid),
                ("state", "=", "open"),
            ]
        )
        release._decision_set(state="settled")
