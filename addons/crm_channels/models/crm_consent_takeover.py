from collections.abc import Iterable
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.transactions import in_transaction

from ..core.consent import PURPOSES
from .crm_consent_core import NUMBER_REFUSES

# Entries taken over in one transaction; the installation takes the first few of each
# list itself: most lists are not longer.
RANGE = 5000
FIRST = 1000


class Source(NamedTuple):
    """One of Odoo's lists.

    :param table: of its entries, which are called ``e``
    :param kind: of its addresses
    :param address: where an entry has its own
    :param refuses: kinds and purposes that are refused by being on it
    :param how: how that is known
    :param counts: whether an entry is one
    :param others: the rest of the query: joins and conditions
    """

    table: SQL
    kind: str
    address: SQL
    refuses: dict[str, tuple[str, ...]]
    how: str
    counts: SQL
    others: SQL = SQL()


# Opt-outs come first: the blacklists hold meanwhile by themselves, and whoever gets
# off a blacklist again has still left the mailing lists.
SOURCES = {
    "opt_out": Source(
        table=SQL("mailing_subscription"),
        kind="email",
        address=SQL("mc.email_normalized"),
        refuses={"email": ("promotion",)},
        how="list",
        counts=SQL("e.opt_out"),
        # Who left one of several lists is left to Odoo, which looks at each.
        others=SQL(
            """JOIN mailing_contact mc ON mc.id = e.contact_id
                AND NOT EXISTS (
                    SELECT FROM mailing_contact same
                      JOIN mailing_subscription kept ON kept.contact_id = same.id
                     WHERE same.email_normalized = mc.email_normalized
                       AND kept.opt_out IS NOT TRUE)"""
        ),
    ),
    "email": Source(
        table=SQL("mail_blacklist"),
        kind="email",
        address=SQL("e.email"),
        refuses={"email": PURPOSES},
        how="blacklist",
        counts=SQL("e.active"),
    ),
    "number": Source(
        table=SQL("phone_blacklist"),
        kind="sms",
        address=SQL("e.number"),
        refuses=NUMBER_REFUSES,
        how="blacklist",
        counts=SQL("e.active"),
    ),
}


class CrmConsentTakeover(models.Model):
    """Writes down what one of Odoo's lists refused before this module came, for one
    company: set-based, in ranges of ids, with its progress.

    Nothing is sent meanwhile that is not sent afterwards. Odoo's blacklists are rules
    themselves; whoever left all mailing lists is asked for (``_left_lists_sql`` of
    ``crm.consent``); and before anything is recorded about an address, it is taken
    over (:meth:`_take_addresses`).
    """

    _name = "crm.consent.takeover"
    _description = "Take-over of a List"
    _order = "id"
    _rec_name = "source"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    source = fields.Selection(
        selection=[
            ("opt_out", "Opt-outs of mailing lists"),
            ("email", "Blacklist of e-mail addresses"),
            ("number", "Blacklist of telephone numbers"),
        ],
        required=True,
        readonly=True,
    )
    said_date = fields.Datetime(
        string="Said on", required=True, readonly=True, help="What is newer holds."
    )
    position = fields.Integer(
        required=True,
        readonly=True,
        default=0,
        aggregator=None,
        help="Entries up to this id have been taken over.",
    )
    last_entry = fields.Integer(
        required=True,
        readonly=True,
        default=0,
        aggregator=None,
        help="Id of the last one; later ones are recorded as they come.",
    )

    _source_uniq = models.Constraint(
        "UNIQUE(company_id, source)", "Each list is taken over once."
    )

    # ---- asked for ------------------------------------------------------------------

    @api.model
    def _request(self) -> None:
        """Ask for all lists; take the first entries over at once."""
        last = {name: self._last(source) for name, source in SOURCES.items()}
        runs = self.create(
            [
                {
                    "company_id": company.id,
                    "source": name,
                    "said_date": self.env.cr.now().replace(microsecond=0),
                    "last_entry": last[name],
                }
                for name in SOURCES
                for company in self.env["crm.consent.core"]._roots()
                if last[name]
            ]
        )
        for run in runs:
            run._take_range(FIRST)
        if self._unfinished():
            self.env.ref("crm_channels.ir_cron_consent_takeover")._trigger()

    @api.model
    def _last(self, source: Source) -> int:
        [(last,)] = self.env.execute_query(
            SQL(
                "SELECT COALESCE(MAX(e.id), 0) FROM %s e WHERE %s",
                source.table,
                source.counts,
            )
        )
        return last

    @api.model
    def _unfinished(self):
        """Return what is still to be taken over, in its order."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM crm_consent_takeover WHERE position < last_entry
                 ORDER BY id"""
            )
        )
        return self.browse(run_id for (run_id,) in rows)

    @api.model
    def _progress(self, company) -> float:
        """Return how much of a company's lists has been taken over, in per cent."""
        runs = self.search([("company_id", "=", company.root_id.id)])
        total = sum(runs.mapped("last_entry"))
        return 100.0 * sum(runs.mapped("position")) / total if total else 100.0

    # ---- done -----------------------------------------------------------------------

    @api.model
    def _cron_take_over(self) -> None:
        """Take over what is left, each range in a transaction of its own."""
        cron = self.env["ir.cron"]
        while runs := self._unfinished():
            in_transaction(self.env, runs[0]._take_range, RANGE)
            left = len(self._unfinished())
            if not cron._commit_progress(1, remaining=left) and left:
                return
        cron._commit_progress(remaining=0)

    def _take_range(self, size: int) -> None:
        """Take the next entries over and note how far that is."""
        self.ensure_one()
        source = SOURCES[self.source]
        rows = self.env.execute_query(
            SQL(
                """SELECT e.id FROM %s e WHERE %s AND e.id > %s AND e.id <= %s
                 ORDER BY e.id OFFSET %s LIMIT 1""",
                source.table,
                source.counts,
                self.position,
                self.last_entry,
                size - 1,
            )
        )
        last = rows[0][0] if rows else self.last_entry
        self._refuse(SQL("e.id > %s AND e.id <= %s", self.position, last))
        self.position = last
        self.flush_recordset()

    @api.model
    def _take_addresses(self, addresses: Iterable[str]) -> None:
        """Take some addresses over before anything else is said about them, so that
        the newest holds. If the cron just does that too, one of both begins again."""
        wanted = sorted({address for address in addresses if address})
        for run in self.sudo()._unfinished() if wanted else ():
            run._refuse(
                SQL(
                    "%s = ANY(%s) AND e.id <= %s",
                    SOURCES[run.source].address,
                    wanted,
                    run.last_entry,
                )
            )

    def _refuse(self, entries: SQL) -> None:
        """Write what some entries (a condition on ``e``) refuse, with the proof."""
        source = SOURCES[self.source]
        key = self.env["crm.consent"]._key_sql(SQL("%s", source.kind), source.address)
        pairs = [(k, purpose) for k in source.refuses for purpose in source.refuses[k]]
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """WITH refused AS (
                       INSERT INTO crm_consent
                            (company_id, kind, address, purpose, state, state_date, how)
                       SELECT %(company)s, r.kind, l.address, r.purpose, 'withdrawn',
                              %(said)s, %(how)s
                         FROM (SELECT DISTINCT %(key)s AS address
                                 FROM %(table)s e %(others)s
                                WHERE %(counts)s AND %(entries)s) l,
                              unnest(%(kinds)s::varchar[], %(purposes)s::varchar[])
                              AS r(kind, purpose)
                        WHERE l.address != '' ORDER BY l.address, r.kind, r.purpose
                           ON CONFLICT (company_id, kind, address, purpose) DO NOTHING
                    RETURNING company_id, kind, address, purpose, state, state_date, how
                   ), proof AS (
                       INSERT INTO crm_consent_event (company_id, kind, address,
                                   purpose, change, event_date, how, received_date)
                       SELECT refused.*, now() AT TIME ZONE 'UTC' FROM refused
                    RETURNING id)
                   SELECT count(*) FROM proof""",
                company=self.company_id.id,
                said=self.said_date,
                how=source.how,
                key=key,
                table=source.table,
                others=source.others,
                counts=source.counts,
                entries=entries,
                kinds=[kind for kind, _purpose in pairs],
                purposes=[purpose for _kind, purpose in pairs],
            )
        )
        for name in ("crm.consent", "crm.consent.event"):
            self.env[name].invalidate_model(flush=False)
