from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..core.events import Event
from ..core.worklists import Worklist

KEEP_DAYS = 90
CRON = "crm_relationship.ir_cron_inbound_event"


class CrmInboundEvent(models.Model):
    """Something another system told us, kept as it came until it is worked off.

    Stored before anything is made of it: the other system gets its answer at once and
    what goes wrong later is seen here. The number the other system gave it makes it
    arrive once, however often it is sent.
    """

    _name = "crm.inbound.event"
    _description = "Received Event"
    _order = "id desc"
    _rec_name = "event_id"
    _log_access = False

    source_id = fields.Many2one(
        comodel_name="crm.event.source",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    event_id = fields.Char(
        string="Number there",
        required=True,
        readonly=True,
        help="By which the other system knows this event; once per source.",
    )
    kind = fields.Char(required=True, readonly=True)
    event_date = fields.Datetime(string="Happened", required=True, readonly=True)
    create_date = fields.Datetime(
        string="Received",
        required=True,
        readonly=True,
        default=fields.Datetime.now,
    )
    payload = fields.Text(string="As received", required=True, readonly=True)
    payload_hash = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("received", "Received"),
            ("failed", "To be tried again"),
            ("done", "Done"),
            ("quarantined", "Needs a person"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="received",
    )
    attempts = fields.Integer(required=True, readonly=True, aggregator=None, default=0)
    due = fields.Datetime(readonly=True, help="Not before this time (UTC).")
    error = fields.Text(string="What went wrong", readonly=True)
    result = fields.Char(string="What came of it", readonly=True)
    done_date = fields.Datetime(string="Finished", readonly=True)
    conflict_count = fields.Integer(
        string="Contradictions",
        readonly=True,
        default=0,
        help="How often the same number came with other content. Refused each time.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _source_event_uniq = models.Constraint(
        "UNIQUE(source_id, event_id)", "This event is here already."
    )
    _open_idx = models.Index("(id) WHERE state IN ('received', 'failed')")
    _rate_idx = models.Index("(source_id, create_date)")
    _state_idx = models.Index("(state, id) WHERE state != 'done'")
    _done_idx = models.Index("(done_date) WHERE state = 'done'")

    # ---- storing ------------------------------------------------------------------

    @api.model
    def _store(self, source, event: Event, payload: str) -> tuple[str, int]:
        """Keep an event.

        Two at the same moment with the same number: the second fails by serialisation,
        is repeated by the server and finds the first.

        :return: ``stored``, ``known``, ``conflict`` (the number is taken by other
            content) or ``fast`` (too many in a minute), and the id of the row
        """
        known = self._known(source, event)
        if known:
            return known
        if self._is_fast(source):
            return "fast", 0
        [(row_id,)] = self.env.execute_query(
            SQL(
                """INSERT INTO crm_inbound_event
                          (source_id, company_id, event_id, kind, event_date,
                           create_date, payload, payload_hash, state, attempts,
                           conflict_count)
                   VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC', %s, %s,
                           'received', 0, 0)
                   ON CONFLICT DO NOTHING RETURNING id""",
                source.id,
                source.company_id.id,
                event.id,
                event.kind,
                event.date,
                payload,
                event.digest,
            )
        )
        self._wake_processor()
        return "stored", row_id

    @api.model
    def _known(self, source, event: Event) -> tuple[str, int] | None:
        found = self.env.execute_query(
            SQL(
                """SELECT id, payload_hash FROM crm_inbound_event
                    WHERE source_id = %s AND event_id = %s""",
                source.id,
                event.id,
            )
        )
        if not found:
            return None
        [(row_id, digest)] = found
        if digest == event.digest:
            return "known", row_id
        self.env.execute_query(
            SQL(
                """UPDATE crm_inbound_event SET conflict_count = conflict_count + 1
                    WHERE id = %s RETURNING id""",
                row_id,
            )
        )
        source._ask_for_help(
            self.env._(
                "“%(name)s” sent different content under the same number (%(id)s)",
                name=source.name,
                id=event.id,
            )
        )
        return "conflict", row_id

    @api.model
    def _is_fast(self, source) -> bool:
        """Tell whether the source has sent all a minute allows."""
        [(count,)] = self.env.execute_query(
            SQL(
                """SELECT count(*) FROM (
                       SELECT FROM crm_inbound_event
                        WHERE source_id = %s
                          AND create_date > now() AT TIME ZONE 'UTC'
                                            - interval '1 minute'
                        LIMIT %s) AS latest""",
                source.id,
                source.rate,
            )
        )
        return count >= source.rate

    @api.model
    def _wake_processor(self) -> None:
        cron = self.env.ref(CRON).sudo()
        waiting = self.env["ir.cron.trigger"].sudo()
        # One call is enough for thousands of events.
        if not waiting.search_count(
            [("cron_id", "=", cron.id), ("call_at", "<=", fields.Datetime.now())],
            limit=1,
        ):
            cron._trigger()

    # ---- people -------------------------------------------------------------------

    def action_process_again(self):
        """Try events again that need a person, after what they needed was done."""
        self.check_access("read")
        stuck = self.filtered(lambda event: event.state in ("quarantined", "failed"))
        if not stuck:
            raise UserError(
                self.env._("Only events that were not worked off can be tried again.")
            )
        stuck.sudo().write(
            {"state": "received", "attempts": 0, "due": False, "error": False}
        )
        self._wake_processor()
        return True

    def action_set_aside(self):
        """Let events be that nobody needs."""
        self.check_access("read")
        stuck = self.filtered(lambda event: event.state == "quarantined")
        if not stuck:
            raise UserError(
                self.env._("Only events that need a person can be set aside.")
            )
        stuck.sudo().write(
            {
                "state": "done",
                "done_date": fields.Datetime.now(),
                "result": self.env._("Set aside by %s", self.env.user.name),
            }
        )
        return True

    @api.model
    def _worklists(self) -> list[Worklist]:
        """Return what of events waits for people; see ``crm.workbench``."""
        return [
            Worklist(
                code="stuck_events",
                label=self.env._("Events of other systems that need a person"),
                groups=("crm_relationship.group_information",),
                model=self._name,
                domain=lambda: Domain("state", "=", "quarantined"),
                date="create_date",
                sequence=70,
                help=self.env._("Put right what is missing here, then try again."),
            )
        ]

    # ---- housekeeping ---------------------------------------------------------------

    @api.autovacuum
    def _gc_events(self) -> tuple[int, int]:
        """Forget what is done; nobody sends it again after so long."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        domain = Domain("state", "=", "done") & Domain("done_date", "<", before)
        old = self.sudo().search(domain, limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
