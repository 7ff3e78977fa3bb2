import json
from typing import Any

from odoo import api, models
from odoo.tools import SQL

from ..core.consent import GRANTED, LIFTED, PAUSED, RESUMED, WITHDRAWN

# Values of an event, as PostgreSQL reads them.
COLUMNS = {
    "company_id": SQL("int"),
    "kind": SQL("varchar"),
    "address": SQL("varchar"),
    "purpose": SQL("varchar"),
    "change": SQL("varchar"),
    "until": SQL("timestamp"),
    "event_date": SQL("timestamp"),
    "partner_id": SQL("int"),
    "user_id": SQL("int"),
    "how": SQL("varchar"),
    "source": SQL("varchar"),
    "text_version": SQL("varchar"),
    "note": SQL("varchar"),
    "ip": SQL("varchar"),
}
LOOSENING = (GRANTED, LIFTED, RESUMED)
STRICT = (WITHDRAWN, PAUSED)


class CrmConsentRecorder(models.AbstractModel):
    """Writes down what was said about being written to, and what holds from now on.

    All rows at once: the number of queries does not depend on how many there are.
    """

    _name = "crm.consent.recorder"
    _description = "Recorder of Consents"

    @api.model
    def _record(self, rows: list[dict[str, Any]]) -> dict[str, int]:
        """Write what was said; the caller has checked the rights.

        :param rows: values of ``crm.consent.event`` by name. Needed: ``kind``,
            ``address``, ``purpose``, ``change`` and ``how``. Left out are
            ``company_id`` (the current one; its root counts) and ``event_date`` (now,
            naive UTC)
        :return: how many were ``recorded``, how many of them ``late`` (something newer
            is known), and ``suppressed`` (a loosening for somebody who was erased)
        """
        rows = self._complete(rows)
        if not rows:
            return {"recorded": 0, "late": 0, "suppressed": 0}
        recorder = self.sudo()
        recorder.env.flush_all()
        recorder.env["crm.consent.takeover"]._take_addresses(r["address"] for r in rows)
        suppressed = recorder._suppress(rows)
        recorder._hold_senders(rows)
        recorder._insert_events(rows)
        late = recorder._move_states(rows)
        recorder.env["crm.consent"].invalidate_model(flush=False)
        recorder.env["crm.consent.event"].invalidate_model(flush=False)
        recorder.env["crm.consent.core"]._follow(rows)
        recorder.env["crm.outbox.adapter.call"]._take_back_refused(rows)
        return {"recorded": len(rows), "late": late, "suppressed": suppressed}

    @api.model
    def _complete(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return rows with all values, addresses as they are compared; without those
        that have no address."""
        now = self.env.cr.now().replace(tzinfo=None, microsecond=0)
        companies = self.env["res.company"].sudo()
        roots = {}
        found = []
        for row in rows:
            company_id = row.get("company_id") or self.env.company.id
            if company_id not in roots:
                roots[company_id] = companies.browse(company_id).root_id.id
            full = {name: row.get(name) or None for name in COLUMNS}
            full["company_id"] = roots[company_id]
            full["event_date"] = (full["event_date"] or now).replace(microsecond=0)
            found.append(full)
        for row, key in zip(found, self._keys(found), strict=True):
            row["address"] = key
        return [row for row in found if row["address"]]

    @api.model
    def _keys(self, rows: list[dict[str, Any]]) -> list[str]:
        """Return by what the addresses of rows are known."""
        if not rows:
            return []
        query = SQL(
            """SELECT %s FROM unnest(%s::varchar[], %s::varchar[])
                 WITH ORDINALITY AS g(kind, address, number) ORDER BY number""",
            self.env["crm.consent"]._key_sql(SQL("g.kind"), SQL("g.address")),
            [row["kind"] for row in rows],
            [row["address"] or "" for row in rows],
        )
        return [key for (key,) in self.env.execute_query(query)]

    @api.model
    def _suppress(self, rows: list[dict[str, Any]]) -> int:
        """Turn whatever would loosen something for an erased person into a refusal."""
        suppression = self.env["crm.suppression"]
        loose = [row for row in rows if row["change"] in LOOSENING]
        count = 0
        for kinds, name in ((("email",), "email"), (("phone", "sms"), "phone")):
            group = [row for row in loose if row["kind"] in kinds]
            known = set(suppression._known(name, [row["address"] for row in group]))
            for row in group:
                if row["address"] in known:
                    row |= {"change": WITHDRAWN, "how": "suppressed", "until": None}
                    count += 1
        return count

    @api.model
    def _given_sql(self, rows: list[dict[str, Any]]) -> SQL:
        """Return rows as a table ``given``."""
        return SQL(
            "jsonb_to_recordset(%s::jsonb) AS given(%s)",
            json.dumps(rows, default=str),
            SQL(", ").join(
                SQL("%s %s", SQL.identifier(name), sql_type)
                for name, sql_type in COLUMNS.items()
            ),
        )

    @api.model
    def _insert_events(self, rows: list[dict[str, Any]]) -> None:
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_consent_event (%(names)s, received_date)
                   SELECT %(names)s, now() AT TIME ZONE 'UTC' FROM %(given)s
                RETURNING id""",
                names=names,
                given=self._given_sql(rows),
            )
        )

    @api.model
    def _move_states(self, rows: list[dict[str, Any]]) -> int:
        """Let what holds follow; return how many rows came too late for that.

        The same as ``core/consent.hear``, for all rows at once.
        """
        moved = self.env.execute_query(
            SQL(
                """WITH said AS (%(said)s)
                   INSERT INTO crm_consent AS c
                          (company_id, kind, address, purpose, partner_id, state,
                           state_date, how, pause_until, pause_date)
                   SELECT company_id, kind, address, purpose, partner_id,
                          COALESCE(state, 'unknown'), state_date, how, pause_until,
                          pause_date
                     FROM said ORDER BY company_id, kind, address, purpose
                       ON CONFLICT (company_id, kind, address, purpose) DO UPDATE
                      SET partner_id = COALESCE(EXCLUDED.partner_id, c.partner_id),
                          (state, state_date, how) = (
                              SELECT w.state, w.state_date, w.how
                                FROM (VALUES (c.state, c.state_date, c.how, 0),
                                             (EXCLUDED.state, EXCLUDED.state_date,
                                              EXCLUDED.how, 1))
                                     AS w(state, state_date, how, new)
                            ORDER BY w.state_date DESC NULLS LAST,
                                     %(strict)s DESC, w.new LIMIT 1),
                          pause_until = CASE
                              WHEN EXCLUDED.pause_date = c.pause_date
                              THEN GREATEST(EXCLUDED.pause_until, c.pause_until)
                              WHEN EXCLUDED.pause_date > c.pause_date
                                   OR c.pause_date IS NULL THEN EXCLUDED.pause_until
                              ELSE c.pause_until END,
                          pause_date = GREATEST(EXCLUDED.pause_date, c.pause_date)
                RETURNING id, company_id, kind, address, purpose, state_date,
                          pause_date""",
                said=self._said_sql(rows),
                strict=_strictness(SQL("w.state")),
            )
        )
        return self._count_late(rows, {row[1:5]: row[5:] for row in moved})

    @api.model
    def _count_late(self, rows: list[dict[str, Any]], known: dict) -> int:
        """Return how many rows are older than what holds.

        :param known: the dates of what holds and of its pause, by key
        """
        late = 0
        for row in rows:
            key = tuple(row[n] for n in ("company_id", "kind", "address", "purpose"))
            newest = known[key][row["change"] in (PAUSED, RESUMED)]
            late += newest is not None and newest > row["event_date"]
        return late

    @api.model
    def _said_sql(self, rows: list[dict[str, Any]]) -> SQL:
        """Return the newest of some rows per address, way and purpose."""
        return SQL(
            """SELECT company_id, kind, address, purpose,
                      (array_agg(partner_id ORDER BY event_date DESC)
                       FILTER (WHERE partner_id IS NOT NULL))[1] AS partner_id,
                      (array_agg(state ORDER BY event_date DESC, %(strict)s DESC)
                       FILTER (WHERE state IS NOT NULL))[1] AS state,
                      (array_agg(how ORDER BY event_date DESC, %(strict)s DESC)
                       FILTER (WHERE state IS NOT NULL))[1] AS how,
                      max(event_date) FILTER (WHERE state IS NOT NULL) AS state_date,
                      (array_agg(until ORDER BY event_date DESC, until DESC NULLS LAST)
                       FILTER (WHERE state IS NULL))[1] AS pause_until,
                      max(event_date) FILTER (WHERE state IS NULL) AS pause_date
                 FROM (SELECT company_id, kind, address, purpose, partner_id, how,
                              event_date,
                              CASE WHEN change = 'paused' THEN until END AS until,
                              CASE change WHEN 'granted' THEN 'granted'
                                          WHEN 'withdrawn' THEN 'withdrawn'
                                          WHEN 'lifted' THEN 'unknown' END AS state
                         FROM %(given)s) told
             GROUP BY company_id, kind, address, purpose""",
            strict=_strictness(SQL("state")),
            given=self._given_sql(rows),
        )

    # ---- nobody sends meanwhile -----------------------------------------------------

    @api.model
    def _hold_senders(self, rows: list[dict[str, Any]]) -> None:
        """Change the budgets of whoever is refused, as whoever sends to them does.

        So of a refusal and a message at the same moment, PostgreSQL lets the second
        one begin again, and it sees what the first one did (``crm.contact.budget``).
        """
        strict = [row for row in rows if row["change"] in STRICT]
        by_company = {}
        for row in strict:
            by_company.setdefault(row["company_id"], []).append(row)
        for company_id, group in by_company.items():
            company = self.env["res.company"].browse(company_id)
            self.env["crm.contact.budget"]._touch(company, self._customers(group))

    @api.model
    def _customers(self, rows: list[dict[str, Any]]) -> set[int]:
        """Return the customers some addresses belong to."""
        emails = sorted({row["address"] for row in rows if row["kind"] == "email"})
        phones = {row["address"] for row in rows if row["kind"] in ("phone", "sms")}
        found = self.env.execute_query(
            SQL(
                """SELECT commercial_partner_id FROM res_partner WHERE id = ANY(%s)
                   UNION SELECT commercial_partner_id FROM res_partner
                          WHERE email_normalized = ANY(%s)
                   UNION SELECT commercial_partner_id FROM res_partner
                          WHERE phone_sanitized = ANY(%s)
                   UNION SELECT p.commercial_partner_id FROM crm_outbox o
                           JOIN res_partner p ON p.id = o.partner_id
                          WHERE o.state IN ('planned', 'claimed')
                            AND o.address = ANY(%s)""",
                sorted({row["partner_id"] for row in rows} - {None}),
                emails,
                sorted(phones),
                [*emails, *sorted(phones)],
            )
        )
        return {customer for (customer,) in found if customer}

    @api.model
    def _guard(self, outgoing) -> None:
        """Change the budgets of customers somebody is about to write to. Where there
        is a contact policy, it does.

        :param outgoing: rows of ``crm.outbox`` in hand
        """
        policies = self.env["crm.contact.policy"]
        outgoing = outgoing.filtered(lambda r: not policies._policy_of(r.company_id))
        for company, rows in outgoing.grouped(lambda r: r.company_id.root_id).items():
            customers = rows.partner_id.commercial_partner_id
            self.env["crm.contact.budget"]._touch(company, customers.ids)


def _strictness(state: SQL) -> SQL:
    """Return which of two states said at the same moment holds: the higher number."""
    return SQL(
        "CASE %s WHEN 'withdrawn' THEN 2 WHEN 'granted' THEN 1 ELSE 0 END", state
    )
