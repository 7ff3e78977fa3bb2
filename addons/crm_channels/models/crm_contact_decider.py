from collections.abc import Iterator
from datetime import datetime, timedelta

from odoo import api, models
from odoo.tools import SQL

from ..core import policy
from .crm_contact_planner import ADDRESSED

# Recipients that core/policy decides together: bounds the memory.
CHUNK = 20_000
# Place of a message that is not planned yet: behind all planned ones of its weight.
LAST = -(1 << 31)


class CrmContactDecider(models.AbstractModel):
    """Applies a contact policy to the recipients in ``crm_plan_candidate``."""

    _name = "crm.contact.decider"
    _description = "Decider of the Contact Policy"

    @api.model
    def _decide(
        self, company, contact_policy, kind: str, at: datetime, priority: int
    ) -> None:
        """Put a verdict for each recipient into ``crm_plan_verdict``."""
        rules = contact_policy._rules(kind)
        codes = contact_policy._codes()
        self._fill_asked(rules, at, company)
        self._fill_contacts(company, kind, rules, at)
        self._fill_counts(kind, rules, priority)
        self._fill_unclear(kind, rules)
        self._decide_clear(rules, at, codes)
        for chunk in self._unclear_chunks():
            self._decide_chunk(chunk, rules, kind, (at, priority), codes, company)

    # ---- what there is to know ------------------------------------------------------

    @api.model
    def _fill_asked(self, rules: policy.Rules, at: datetime, company) -> None:
        """Put who is asked about into ``crm_plan_asked``, with the end of the quiet
        hours: ``opens``, ``quiet`` (number of the rule) and ``late``."""
        pairs = self.env.execute_query(
            SQL(
                """SELECT DISTINCT zone, country FROM crm_plan_candidate
                    WHERE rule IS NULL"""
            )
        )
        openings = self.env["crm.contact.zone"]._openings(pairs, at, rules, company)
        columns = [[row[index] for row in openings] for index in range(4)]
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE crm_plan_asked ON COMMIT DROP AS
                   SELECT c.key, c.partner_id, c.address, c.customer_id, c.zone,
                          c.country, o.opens, o.quiet,
                          o.opens IS NULL OR o.opens > %(latest)s AS late
                     FROM crm_plan_candidate c
                     JOIN unnest(%(zones)s::text[], %(countries)s::text[],
                                 %(opens)s::timestamp[], %(quiet)s::int[])
                            AS o(zone, country, opens, quiet)
                       ON o.zone IS NOT DISTINCT FROM c.zone
                      AND o.country IS NOT DISTINCT FROM c.country
                    WHERE c.rule IS NULL;
                   ANALYZE crm_plan_asked""",
                latest=at + timedelta(seconds=rules.patience),
                zones=columns[0],
                countries=columns[1],
                opens=columns[2],
                quiet=columns[3],
            )
        )

    @api.model
    def _fill_contacts(self, company, kind: str, rules, at: datetime) -> None:
        """Put what takes places into ``crm_plan_contact``."""
        length = timedelta(seconds=rules.longest)
        contacts = self.env["crm.contact.ledger"]._contacts_sql(
            SQL("(%s)", self._people_sql(kind)),
            company,
            at - length,
            at + timedelta(seconds=rules.patience) + length,
            **self._addresses(kind),
        )
        if not rules.caps:
            contacts = SQL("SELECT * FROM (%s) c WHERE false", contacts)
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE crm_plan_contact ON COMMIT DROP AS
                   SELECT row_number() OVER () AS number, c.* FROM (%s) c;
                   ANALYZE crm_plan_contact""",
                contacts,
            )
        )

    @api.model
    def _addresses(self, kind: str) -> dict[str, SQL]:
        """Return the addresses asked about, for :meth:`_contacts_sql` of the ledger."""
        if kind not in ADDRESSED:
            return {}
        known = "SELECT DISTINCT address FROM crm_plan_asked WHERE address IS NOT NULL"
        return {"addresses": SQL(known)}

    @api.model
    def _people_sql(self, kind: str) -> SQL:
        """Return the ids of all contact persons of the customers asked about, and of
        whoever reads the same mailboxes or has the same telephone."""
        of_customers = SQL(
            """SELECT id FROM res_partner WHERE commercial_partner_id IN
                      (SELECT customer_id FROM crm_plan_asked)"""
        )
        if kind not in ADDRESSED:
            return of_customers
        return SQL(
            """%s UNION SELECT id FROM res_partner WHERE %s IN
                        (SELECT address FROM crm_plan_asked)""",
            of_customers,
            SQL("email_normalized") if kind == "email" else SQL("phone_sanitized"),
        )

    @api.model
    def _fill_counts(self, kind: str, rules: policy.Rules, priority: int) -> None:
        """Count for each recipient what takes places of each cap: up to the moment it
        would leave (``past_…``) and around it (``all_…``)."""
        columns = SQL("").join(
            SQL(", %s", self._count_sql(cap, kind, priority)) for cap in rules.caps
        )
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE crm_plan_count ON COMMIT DROP AS
                   SELECT a.key %s FROM crm_plan_asked a
                     JOIN crm_plan_contact x ON x.customer_id = a.customer_id
                    WHERE NOT a.late GROUP BY a.key;
                   ANALYZE crm_plan_count""",
                columns,
            )
        )

    @api.model
    def _count_sql(self, cap: policy.Cap, kind: str, priority: int) -> SQL:
        return SQL(
            """count(*) FILTER (WHERE %(counts)s AND x.at <= a.opens) AS %(past)s,
               count(*) FILTER (WHERE %(counts)s) AS %(around)s""",
            counts=SQL(
                """x.at > a.opens - make_interval(secs => %(length)s)
                   AND x.at < a.opens + make_interval(secs => %(length)s)
                   AND (x.priority IS NULL OR x.priority >= %(priority)s)
                   AND (%(kind)s = '' OR x.kind = %(kind)s)
                   AND (NOT %(promotion)s OR x.purpose = 'promotion')
                   AND (%(firm)s OR x.partner_id = a.partner_id
                        OR %(addressed)s AND x.address = a.address)""",
                length=cap.seconds,
                priority=priority,
                kind=cap.kind,
                promotion=cap.promotion_only,
                addressed=kind in ADDRESSED,
                firm=cap.scope == policy.windows.FIRM,
            ),
            past=_column("past", cap),
            around=_column("all", cap),
        )

    # ---- what is unclear ------------------------------------------------------------

    @api.model
    def _fill_unclear(self, kind: str, rules: policy.Rules) -> None:
        """Put the recipients that counting does not decide into ``crm_plan_unclear``,
        with the group of those that take places from each other."""
        addressed = kind in ADDRESSED
        firm = any(cap.scope == policy.windows.FIRM for cap in rules.caps)
        shared = SQL("customer_id") if firm else SQL("partner_id")
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE crm_plan_unclear ON COMMIT DROP AS
                   SELECT a.*, a.customer_id AS grp
                     FROM (SELECT *, count(*) OVER (PARTITION BY %(shared)s) AS others,
                                  %(sharing)s AS readers
                             FROM crm_plan_asked) a
                LEFT JOIN crm_plan_count c ON c.key = a.key
                LEFT JOIN (%(elsewhere)s) e ON e.key = a.key
                    WHERE a.readers > 1
                       OR NOT a.late AND (a.others > 1 OR %(doubt)s
                                          OR e.key IS NOT NULL);
                   CREATE INDEX ON crm_plan_unclear (grp);
                   CREATE INDEX ON crm_plan_unclear (key);
                   ANALYZE crm_plan_unclear""",
                shared=shared,
                sharing=SQL(
                    """CASE WHEN address IS NULL THEN 0
                            ELSE count(*) OVER (PARTITION BY address) END"""
                )
                if addressed
                else SQL("0"),
                doubt=self._doubt_sql(rules),
                elsewhere=self._elsewhere_sql(addressed),
            )
        )
        if addressed:
            while self._join_groups(SQL("address")) | self._join_groups(
                SQL("customer_id")
            ):
                pass

    @api.model
    def _elsewhere_sql(self, addressed: bool) -> SQL:
        """Return recipients of contacts with others who read the same mailbox. To be
        joined: as a condition, PostgreSQL would look through all contacts for each."""
        return SQL(
            """SELECT DISTINCT y.key FROM crm_plan_asked y
                 JOIN crm_plan_contact x ON x.address = y.address
                  AND x.customer_id != y.customer_id
                WHERE %s""",
            addressed,
        )

    @api.model
    def _doubt_sql(self, rules: policy.Rules) -> SQL:
        """Return whether a cap makes wait, or contacts planned for later decide."""
        doubts = [SQL("false")]
        for cap in rules.caps:
            full = SQL("COALESCE(c.%s, 0) >= %s", _column("all", cap), cap.limit)
            if not cap.waits:
                past = SQL("COALESCE(c.%s, 0) < %s", _column("past", cap), cap.limit)
                full = SQL("%s AND %s", full, past)
            doubts.append(SQL("(%s)", full))
        return SQL(" OR ").join(doubts)

    @api.model
    def _join_groups(self, column: SQL) -> bool:
        """Make one group of those that share something; tell whether any did."""
        self.env.cr.execute(
            SQL(
                """UPDATE crm_plan_unclear u SET grp = m.grp
                     FROM (SELECT %(column)s AS shared, min(grp) AS grp
                             FROM crm_plan_unclear GROUP BY %(column)s
                           HAVING min(grp) < max(grp)) m
                    WHERE u.%(column)s = m.shared AND u.grp > m.grp""",
                column=column,
            )
        )
        return self.env.cr.rowcount > 0

    # ---- what is clear --------------------------------------------------------------

    @api.model
    def _decide_clear(self, rules: policy.Rules, at: datetime, codes: dict) -> None:
        """Decide about those that counting decides, in one statement."""
        full = SQL("").join(
            SQL(
                " WHEN COALESCE(c.%s, 0) >= %s THEN %s",
                _column("past", cap),
                cap.limit,
                codes[cap.key],
            )
            for cap in rules.caps
            if not cap.waits
        )
        named = [(quiet.key, codes[quiet.key]) for quiet in rules.quiet]
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_plan_verdict
                   SELECT key, partner_id, address,
                          CASE WHEN late OR full_rule IS NOT NULL THEN 'drop'
                               WHEN opens > %(at)s THEN 'hold' ELSE 'send' END,
                          CASE WHEN late THEN quiet_rule
                               ELSE COALESCE(full_rule, quiet_rule) END,
                          CASE WHEN NOT late AND full_rule IS NULL THEN opens END
                     FROM (SELECT a.*, q.code AS quiet_rule,
                                  CASE WHEN a.late THEN NULL %(full)s END AS full_rule
                             FROM crm_plan_asked a
                        LEFT JOIN crm_plan_count c ON c.key = a.key
                        LEFT JOIN (VALUES %(named)s) AS q(id, code) ON q.id = a.quiet
                            WHERE NOT EXISTS (SELECT FROM crm_plan_unclear u
                                               WHERE u.key = a.key)) judged""",
                at=at,
                full=full,
                # The first one stands for all who waited for nothing.
                named=SQL(", ").join(
                    SQL("(%s, %s::text)", *pair) for pair in [(0, None), *named]
                ),
            )
        )

    # ---- deciding what is unclear ---------------------------------------------------

    @api.model
    def _unclear_chunks(self) -> Iterator[tuple[int, int]]:
        """Return ranges of groups, each of about ``CHUNK`` recipients."""
        rows = self.env.execute_query(
            SQL(
                """SELECT max(grp) FROM (
                       SELECT grp, row_number() OVER (ORDER BY grp) AS rank
                         FROM crm_plan_unclear) ranked
                 GROUP BY (rank - 1) / %s ORDER BY 1""",
                CHUNK,
            )
        )
        last = 0
        for (end,) in rows:
            if end > last:
                yield last, end
            last = end

    @api.model
    def _decide_chunk(self, chunk, rules, kind, moment, codes, company) -> None:
        """Decide about the recipients of some groups, one after the other."""
        at, priority = moment
        keys, candidates = self._load_candidates(chunk, kind, at, priority, company)
        contacts = self._load_contacts(chunk, kind)
        verdicts = policy.decide_all(candidates, contacts, rules)
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_plan_verdict
                   SELECT u.key, u.partner_id, u.address, v.verdict, v.rule, v.at
                     FROM unnest(%s::int[], %s::text[], %s::text[], %s::timestamp[])
                            AS v(key, verdict, rule, at)
                     JOIN crm_plan_unclear u ON u.key = v.key""",
                keys,
                [found.verdict for found in verdicts],
                [codes.get(found.rule) for found in verdicts],
                [
                    found.at if found.verdict != policy.DROP else None
                    for found in verdicts
                ],
            )
        )

    @api.model
    def _load_candidates(self, chunk, kind, at, priority, company) -> tuple:
        rows = self.env.execute_query(
            SQL(
                """SELECT key, customer_id, partner_id, address, zone, country
                     FROM crm_plan_unclear WHERE grp > %s AND grp <= %s ORDER BY key""",
                *chunk,
            )
        )
        zones = {}
        zone_of = self.env["crm.contact.zone"]._zones
        candidates = []
        for _key, customer, person, address, *place in rows:
            found = zones.get(tuple(place))
            if found is None:
                found = zones[tuple(place)] = zone_of(*place, company)
            candidates.append(
                policy.Candidate(
                    customer,
                    person,
                    address or "",
                    kind,
                    at,
                    (priority, LAST),
                    found,
                )
            )
        return [row[0] for row in rows], candidates

    @api.model
    def _load_contacts(self, chunk, kind: str) -> list[policy.Contact]:
        """Return what was or will be said to the recipients of some groups."""
        shared = SQL(
            """UNION SELECT x.* FROM crm_plan_contact x WHERE x.address IN
                      (SELECT address FROM crm_plan_unclear
                        WHERE grp > %s AND grp <= %s)""",
            *chunk,
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT customer_id, partner_id, address, kind, purpose, at, priority,
                          planned_key
                     FROM (SELECT x.* FROM crm_plan_contact x WHERE x.customer_id IN
                                  (SELECT customer_id FROM crm_plan_unclear
                                    WHERE grp > %s AND grp <= %s) %s) near""",
                *chunk,
                shared if kind in ADDRESSED else SQL(""),
            )
        )
        return [as_contact(row) for row in rows]


def as_contact(row: tuple) -> policy.Contact:
    """Return a row of ``crm.contact.ledger`` for the rules."""
    *known, at, priority, planned_key = row
    customer, person, address, kind, purpose = known
    rank = None if priority is None else (priority, -planned_key)
    return policy.Contact(customer, person, address or "", kind, purpose, at, rank)


def _column(name: str, cap: policy.Cap) -> SQL:
    return SQL.identifier(f"{name}_{cap.key}")
