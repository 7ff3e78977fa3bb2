from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..records import one
from ..transactions import database_now

# Purposes of messages and the lane each of them takes.
LANES = {
    "transactional": "service",
    "service": "service",
    "relationship": "service",
    "dunning": "dunning",
    "promotion": "promotion",
}
# Seconds from now until which a lane is paused by its button.
PAUSE_MINUTES = 60


class CrmSendLane(models.Model):
    """A queue of messages of one kind of purpose, with a sender and a rate of its own.

    Lanes keep a campaign from standing in the way of a delivery date. They belong to
    no company: as in Odoo itself, all companies share the mail servers.
    """

    _name = "crm.send.lane"
    _description = "Sending Lane"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Selection(
        selection=[
            ("service", "Service and transactional"),
            ("dunning", "Dunning"),
            ("promotion", "Promotion"),
        ],
        required=True,
        readonly=True,
    )
    sequence = fields.Integer(
        default=10,
        help="Messages of a lane further up leave first, whatever waits below.",
    )
    state = fields.Selection(
        selection=[
            ("running", "Running"),
            ("paused", "Paused"),
            ("stopped", "Stopped"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="running",
        copy=False,
    )
    paused_until = fields.Datetime(
        string="Paused until",
        readonly=True,
        copy=False,
        help="A paused lane goes on by itself at this time; a stopped one never does.",
    )
    rate_per_minute = fields.Integer(
        string="Per minute",
        default=0,
        help="Most messages of this lane that each mail server is given in a minute. "
        "0 means as fast as it takes them.",
    )
    batch_size = fields.Integer(
        default=50, help="How many messages a sender takes in hand at a time."
    )
    lease_seconds = fields.Integer(
        string="Lease (s)",
        default=300,
        help="A sender that has not finished with a message after this time counts as "
        "gone. What it had only taken in hand is sent by another; what it was just "
        "sending is listed as unknown.",
    )
    max_attempts = fields.Integer(
        default=5,
        help="How often a message is tried that the mail server surely did not take.",
    )
    breaker_errors = fields.Integer(
        string="Errors until a pause",
        default=3,
        help="After so many connection errors in a row, a mail server is left alone "
        "for a while, and its messages wait.",
    )
    retention_days = fields.Integer(
        string="Kept for (days)",
        default=30,
        help="Sent, failed and left out messages disappear from the outbox after this "
        "time. What was sent stays in the contact ledger; unknown ones stay here.",
    )
    planned_count = fields.Integer(string="Waiting", compute="_compute_counts")
    unknown_count = fields.Integer(string="Unknown", compute="_compute_counts")

    _code_uniq = models.Constraint("UNIQUE(code)", "There is one lane of each kind.")
    _rate_check = models.Constraint(
        "CHECK(rate_per_minute >= 0)", "The rate cannot be negative."
    )
    _batch_check = models.Constraint(
        "CHECK(batch_size BETWEEN 1 AND 1000)", "A batch is 1 to 1,000 messages."
    )
    # A conversation with a mail server may take up to two minutes by its timeouts.
    _lease_check = models.Constraint(
        "CHECK(lease_seconds BETWEEN 1 AND 86400)",
        "A lease lasts from a second to a day.",
    )
    _attempts_check = models.Constraint(
        "CHECK(max_attempts BETWEEN 1 AND 20)", "A message is tried 1 to 20 times."
    )
    _breaker_check = models.Constraint(
        "CHECK(breaker_errors >= 1)", "A pause needs at least one error."
    )
    _retention_check = models.Constraint(
        "CHECK(retention_days >= 1)", "The outbox is kept for at least a day."
    )

    def _compute_counts(self):
        self.planned_count = self.unknown_count = 0
        rows = self.env["crm.outbox"]._read_group(
            [("lane_id", "in", self.ids), ("state", "in", ("planned", "unknown"))],
            ["lane_id", "state"],
            ["__count"],
        )
        for lane, state, count in rows:
            lane[f"{state}_count"] = count

    # ---- buttons ------------------------------------------------------------------

    def action_pause(self):
        """Send nothing for an hour, then go on; at once, also between two messages."""
        one(self).check_access("write")
        until = fields.Datetime.add(fields.Datetime.now(), minutes=PAUSE_MINUTES)
        self.write({"state": "paused", "paused_until": until})
        self._trigger_sender(until)
        return True

    def action_stop(self):
        """Send nothing until somebody resumes; at once, also between two messages."""
        one(self).check_access("write")
        self.write({"state": "stopped", "paused_until": False})
        return True

    def action_resume(self):
        """Go on sending."""
        one(self).check_access("write")
        self.write({"state": "running", "paused_until": False})
        self._trigger_sender()
        return True

    def action_open_unknown(self):
        """Show the messages of which nobody knows whether they arrived."""
        one(self)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_outbox_release_action"
        )

    def action_open_planned(self):
        """Show the messages that wait in this lane."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_outbox_action"
        )
        return {**action, "domain": [("lane_id", "in", self.ids)]}

    # ---- for the sender -------------------------------------------------------------

    def _trigger_sender(self, at=None) -> None:
        """Have this lane's sender run as soon as possible, or at a time (UTC)."""
        self.ensure_one()
        cron = self.env.ref(f"crm_relationship.ir_cron_send_{self.code}")
        cron.sudo()._trigger(at)

    def _may_send(self) -> bool:
        """Tell whether the lane is running, or its pause is over."""
        self.ensure_one()
        over = self.paused_until and self.paused_until <= database_now(self.env)
        return self.state == "running" or bool(self.state == "paused" and over)

    @api.model
    def _halted_domain(self) -> Domain:
        """Return the lanes that send nothing at present."""
        paused = Domain("state", "=", "paused")
        endless = Domain("paused_until", "=", False)
        return Domain("state", "=", "stopped") | paused & (
            endless | Domain("paused_until", ">", fields.Datetime.now())
        )

    def _allowance(self, server_key: int) -> int | None:
        """Return how many messages a mail server may be given now; None: any number."""
        self.ensure_one()
        if not self.rate_per_minute:
            return None
        [(sent,)] = self.env.execute_query(
            SQL(
                """SELECT count(*) FROM crm_outbox
                    WHERE lane_id = %s AND server_key = %s
                      AND send_date > now() AT TIME ZONE 'UTC' - interval '1 minute'""",
                self.id,
                server_key,
            )
        )
        return max(self.rate_per_minute - sent, 0)
