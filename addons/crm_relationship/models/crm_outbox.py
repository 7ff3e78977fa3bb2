from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..core.outbox import FINAL
from ..records import one
from ..transactions import database_now
from .crm_send_lane import LANES
from .crm_touch import PURPOSES

# Columns of a planned row, with their types in PostgreSQL.
PLAN = {
    "company_id": SQL("int[]"),
    "channel_id": SQL("int[]"),
    "purpose": SQL("varchar[]"),
    "partner_id": SQL("int[]"),
    "address": SQL("varchar[]"),
    "due": SQL("timestamp[]"),
    "origin_model": SQL("varchar[]"),
    "origin_key": SQL("int[]"),
    "occurrence": SQL("int[]"),
    "user_id": SQL("int[]"),
    "priority": SQL("int[]"),
}


class CrmOutbox(models.Model):
    """A message that is to leave, is leaving, or has just left.

    Narrow and short-lived: the ledger (``crm.touch``) remembers what was sent. Only
    the sender (``crm.outbox.sender``) and a person's decision about an unknown message
    (``crm.outbox.release``) move a row on. The row holds no text: its origin does.
    """

    _name = "crm.outbox"
    _description = "Outgoing Message"
    _order = "due desc, id desc"
    _rec_name = "address"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    lane_id = fields.Many2one(
        comodel_name="crm.send.lane",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel", required=True, readonly=True, ondelete="restrict"
    )
    kind = fields.Char(
        string="Kind of channel", required=True, readonly=True, help="As of the channel"
    )
    purpose = fields.Selection(selection=PURPOSES, required=True, readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    partner_key = fields.Integer(
        string="Contact id", required=True, readonly=True, aggregator=None
    )
    address = fields.Char(
        readonly=True,
        help="Where it goes. Empty until it leaves: then the contact's address of "
        "that moment.",
    )
    due = fields.Datetime(required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("planned", "Waiting"),
            ("claimed", "In hand"),
            ("sending", "Being sent"),
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
    reason = fields.Char(
        string="Rule",
        readonly=True,
        help="Short name of the rule that left it out or makes it wait.",
    )
    text = fields.Char(
        string="What was said",
        readonly=True,
        help="What the mail server said last, or why the message was left out.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Asked for by",
        readonly=True,
        ondelete="set null",
    )

    # Where it comes from; a message of an origin to a person is planned once.
    origin_model = fields.Char(required=True, readonly=True)
    origin_key = fields.Integer(required=True, readonly=True, aggregator=None)
    occurrence = fields.Integer(
        required=True,
        readonly=True,
        default=0,
        aggregator=None,
        help="Which time, for an origin that sends again and again.",
    )

    priority = fields.Integer(
        string="Weight",
        readonly=True,
        aggregator=None,
        help="Of several messages for which a customer has no room, the heavier goes.",
    )

    # Being sent
    attempt = fields.Integer(string="Attempts", readonly=True, aggregator=None)
    attempt_uid = fields.Char(
        readonly=True, help="Which sender has, or had last, this message in hand."
    )
    lease = fields.Datetime(
        string="In hand until",
        readonly=True,
        help="After this time its sender counts as gone.",
    )
    server_key = fields.Integer(string="Mail server id", readonly=True, aggregator=None)
    server_name = fields.Char(string="Mail server", compute="_compute_server_name")
    send_date = fields.Datetime(string="Last attempt", readonly=True)
    done_date = fields.Datetime(string="Finished", readonly=True)
    message_id = fields.Many2one(
        comodel_name="mail.message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    message_ref = fields.Char(
        string="Message-ID",
        readonly=True,
        help="Name of the mail, the same for every attempt; mail servers log it.",
    )
    activity_key = fields.Integer(
        string="Activity id", readonly=True, aggregator=None, help="Of a call."
    )

    _origin_uniq = models.Constraint(
        "UNIQUE(origin_model, origin_key, partner_key, occurrence)",
        "This message is planned already.",
    )
    # Letters wait for a person, however many they are.
    _claim_idx = models.Index(
        "(lane_id, due, id) WHERE state = 'planned' AND kind != 'letter'"
    )
    _lease_idx = models.Index("(lease) WHERE state IN ('claimed', 'sending')")
    _unknown_idx = models.Index("(lane_id) WHERE state = 'unknown'")
    _activity_idx = models.Index("(activity_key) WHERE activity_key > 0")
    _rate_idx = models.Index(
        "(lane_id, server_key, send_date) WHERE send_date > '-infinity'"
    )
    _done_idx = models.Index("(done_date) WHERE done_date IS NOT NULL")

    @api.depends("partner_id", "address", "channel_id")
    def _compute_display_name(self):
        for row in self:
            # A name is what any list shows even of a record one may not open.
            known = row.sudo()
            names = [known.channel_id.name, known.partner_id.name or known.address]
            row.display_name = " · ".join(name for name in names if name)

    @api.depends("server_key")
    def _compute_server_name(self):
        names = self.env["crm.send.server"]._server_names(self.mapped("server_key"))
        for row in self:
            row.server_name = row.send_date and names[row.server_key]

    def action_open_message(self):
        """Open the message on its customer's page, or the customer."""
        one(self)
        if not self.partner_id:
            raise UserError(self.env._("The contact was deleted."))
        return self.partner_id.get_formview_action()

    # ---- planning -------------------------------------------------------------------

    @api.model
    def _plan(self, vals_list: list[dict]):
        """Plan messages; the caller has checked the rights.

        Planning the same message again changes nothing.

        :param vals_list: ``channel_id``, ``purpose``, ``partner_id``,
            ``origin_model``, ``origin_key``; optional ``occurrence``, ``company_id``
            (the current one), ``due`` (naive UTC, now), ``address`` (the contact's
            own at the time of sending), ``user_id`` (nobody), ``priority`` (0)
        :return: the rows of these messages, in any order, with all rights
        """
        if not vals_list:
            return self.sudo().browse()
        now = database_now(self.env)
        defaults = {
            "company_id": self.env.company.id,
            "due": now,
            "occurrence": 0,
            "priority": 0,
        }
        columns = SQL(", ").join(
            SQL("%s::%s", [_value(defaults | vals, name) for vals in vals_list], kind)
            for name, kind in PLAN.items()
        )
        self._plan_query(SQL("SELECT * FROM unnest(%s) AS plan(%s)", columns, _names()))
        keys = {(vals["origin_model"], vals["origin_key"]) for vals in vals_list}
        rows = self.sudo().search(
            [
                ("origin_model", "in", [model for model, _key in keys]),
                ("origin_key", "in", [key for _model, key in keys]),
            ]
        )
        return rows.filtered(lambda row: (row.origin_model, row.origin_key) in keys)

    @api.model
    def _plan_query(self, query: SQL) -> int:
        """Plan the messages a query returns, with the columns of ``PLAN``, in one
        statement; return how many are new.

        The senders of their lanes are woken by the commit.
        """
        self.env.flush_all()
        lanes = self.env["crm.send.lane"].sudo().search([])  # pylint: disable=no-search-all
        code_of = SQL(", ").join(
            SQL("(%s, %s)", purpose, lanes.filtered(lambda x, c=code: x.code == c).id)
            for purpose, code in LANES.items()
        )
        rows = self.env.execute_query(
            SQL(
                """WITH new AS (
                       INSERT INTO crm_outbox
                              (%(names)s, partner_key, lane_id, kind, state, attempt)
                       SELECT %(qualified)s, q.partner_id, l.lane_id, c.kind,
                              'planned', 0
                         FROM (%(query)s) q
                         JOIN crm_channel c ON c.id = q.channel_id
                         JOIN (VALUES %(lanes)s) AS l(purpose, lane_id)
                           ON l.purpose = q.purpose
                        WHERE q.partner_id IS NOT NULL
                   ON CONFLICT DO NOTHING
                    RETURNING lane_id, due)
                   SELECT lane_id, min(due), count(*) FROM new GROUP BY lane_id""",
                names=_names(),
                qualified=_names("q"),
                query=query,
                lanes=code_of,
            )
        )
        for lane_id, due, _count in rows:
            now = database_now(self.env)
            lanes.browse(lane_id)._trigger_sender(due if due > now else None)
        self.invalidate_model()
        return sum(count for _lane, _due, count in rows)

    # ---- may it leave now -----------------------------------------------------------

    @api.model
    def _outbox_check(self, rows) -> dict[int, tuple]:
        """Return which messages must not leave now, asked right before each leaves in
        the transaction that commits to sending it. To be extended with ``super()``.

        :param rows: messages in hand
        :return: by id of the row: short name of the rule, and a sentence for people;
            with a moment (naive UTC) as third it waits until then and is asked again
        """
        refusals = {}
        for model, group in rows.grouped("origin_model").items():
            refusals |= self._origin_refusals(model, group)
        # What the origin says comes first.
        return self.env["crm.outbox.rules"]._refusals(rows.ids) | refusals

    @api.model
    def _origin_refusals(self, model: str, rows) -> dict[int, tuple[str, str]]:
        """Return the messages whose origin is gone or has withdrawn them."""
        origins = self.env[model].browse(rows.mapped("origin_key"))
        kept = set(origins.exists().ids)
        refusals = {
            row.id: ("withdrawn", self.env._("What asked for it was deleted."))
            for row in rows
            if row.origin_key not in kept
        }
        said = origins.browse(kept)._outbox_refusals()
        refusals |= {
            row.id: said[row.origin_key] for row in rows if row.origin_key in said
        }
        return refusals

    # ---- merged contacts ---------------------------------------------------------

    @api.model
    def _rekey_partners(self, src_ids: list[int], dst_id: int) -> None:
        """Give messages of merged contacts to the one that stays; of two of the same
        origin the one that got further stays."""
        self._rekey_table(
            SQL("crm_outbox"),
            SQL("(origin_model, origin_key, occurrence)"),
            src_ids,
            dst_id,
        )
        self._rekey_table(
            SQL("crm_service_mail_recipient"), SQL("(mail_id)"), src_ids, dst_id
        )

    @api.model
    def _rekey_table(self, table: SQL, key: SQL, src_ids: list[int], dst_id: int):
        self.env.cr.execute(
            SQL(
                """DELETE FROM %(table)s WHERE id IN (
                       SELECT id FROM (
                           SELECT id, row_number() OVER (
                                          PARTITION BY %(key)s
                                              ORDER BY state = 'sent' DESC,
                                                       state IN ('sending', 'unknown')
                                                       DESC, state = 'claimed' DESC,
                                                       partner_key = %(dst)s DESC, id
                                      ) AS rank
                             FROM %(table)s
                            WHERE partner_id = ANY(%(all)s)) twins
                        WHERE rank > 1)""",
                table=table,
                key=key,
                dst=dst_id,
                all=[*src_ids, dst_id],
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE %(table)s SET partner_id = %(dst)s, partner_key = %(dst)s
                    WHERE partner_id = ANY(%(src)s)""",
                table=table,
                dst=dst_id,
                src=src_ids,
            )
        )

    # ---- kinds of channels ----------------------------------------------------------

    @api.model
    def _adapters(self) -> dict[str, str]:
        """Return the model that sends messages of each kind of channel.

        To be extended with ``super()``; see ``crm.outbox.adapter``.
        """
        return {
            "email": "crm.outbox.adapter.mail",
            "phone": "crm.outbox.adapter.call",
            "letter": "crm.outbox.adapter.letter",
        }

    # ---- housekeeping ---------------------------------------------------------------

    @api.autovacuum
    def _gc_outbox(self):
        """Drop finished rows; the ledger has what was sent. Unknown ones stay, and
        calls nobody has made yet: they can be taken back."""
        done = 0
        for lane in self.env["crm.send.lane"].sudo().search([]):  # pylint: disable=no-search-all
            rows = self.env.execute_query(
                SQL(
                    """DELETE FROM crm_outbox WHERE id IN (
                           SELECT id FROM crm_outbox
                            WHERE lane_id = %s AND state = ANY(%s)
                              AND done_date < now() AT TIME ZONE 'UTC'
                                              - make_interval(days => %s)
                              AND (activity_key IS NULL OR NOT EXISTS (
                                  SELECT FROM mail_activity a
                                   WHERE a.id = activity_key AND a.active))
                            LIMIT %s) RETURNING id""",
                    lane.id,
                    list(FINAL),
                    lane.retention_days,
                    GC_UNLINK_LIMIT,
                )
            )
            done = max(done, len(rows))
        self.invalidate_model()
        return done, int(done == GC_UNLINK_LIMIT)


def _names(table: str = "") -> SQL:
    """Return the columns of a plan."""
    parts = [[table, name] if table else [name] for name in PLAN]
    return SQL(", ").join(SQL.identifier(*part) for part in parts)


def _value(vals: dict, name: str):
    value = vals.get(name)
    return None if value is False else value
