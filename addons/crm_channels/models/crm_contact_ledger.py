from collections.abc import Iterable
from datetime import datetime

from odoo import api, models
from odoo.tools import SQL

NO_ADDRESSES = SQL("SELECT NULL::text WHERE false")


class CrmContactLedger(models.AbstractModel):
    """What takes a place in the windows of a contact policy: what was said to
    customers, what is just being said, and what is planned."""

    _name = "crm.contact.ledger"
    _description = "Contacts that Count"

    @api.model
    def _contact_sources(
        self,
        people: SQL,
        companies: list[int],
        begin: datetime,
        end: datetime,
        addresses: SQL = NO_ADDRESSES,
        without: Iterable[str] = (),
    ) -> list[SQL]:
        """Return queries for contacts with some people between two moments, and with
        some addresses of which no more is known. A call counts when it is asked for.

        Each gives ``partner_id``, ``address``, ``kind``, ``purpose``, ``at`` (naive
        UTC), ``priority`` and ``planned_key``; the last two are NULL for what happened
        or may have. To be extended with ``super() + [...]``.

        :param people: rows with the ids of partners as ``id``
        :param companies: company and branches
        :param addresses: query for addresses in small letters, each once
        :param without: references of messages in Odoo's queues that do not count
        """
        values = {
            "people": people,
            "companies": companies,
            "begin": begin,
            "end": end,
            "addresses": addresses,
            "without": list(without),
            "now": self.env.cr.now().replace(tzinfo=None, microsecond=0),
        }
        return [
            SQL(
                """SELECT t.partner_id, t.address, c.kind, t.purpose, t.date AS at,
                          NULL::int AS priority, NULL::int AS planned_key
                     FROM %(people)s people
                     JOIN crm_touch t ON t.partner_id = people.id
                     JOIN crm_channel c ON c.id = t.channel_id
                    WHERE t.direction = 'out' AND t.company_id = ANY(%(companies)s)
                      AND t.date > %(begin)s AND t.date < %(end)s""",
                **values,
            ),
            self._queued_source(values),
            SQL(
                """SELECT r.partner_id, r.address, r.kind, r.purpose, r.date, NULL, NULL
                     FROM %(people)s people
                     JOIN crm_contact_reservation r ON r.partner_id = people.id
                    WHERE r.company_id = ANY(%(companies)s) AND r.date > %(begin)s
                      AND r.idle IS NOT TRUE AND r.reference != ALL(%(without)s)""",
                **values,
            ),
            *self._address_sources(values),
        ]

    @api.model
    def _address_sources(self, values: dict) -> list[SQL]:
        """Return the contacts with addresses of which no more is known."""
        return [
            SQL(
                """SELECT NULL::int, t.address, c.kind, t.purpose, t.date,
                          NULL::int, NULL::int
                     FROM (%(addresses)s) AS reached(address)
                     JOIN crm_touch t ON lower(t.address) = reached.address
                     JOIN crm_channel c ON c.id = t.channel_id
                    WHERE t.partner_id IS NULL AND t.direction = 'out'
                      AND t.company_id = ANY(%(companies)s)
                      AND t.date > %(begin)s AND t.date < %(end)s""",
                **values,
            ),
            SQL(
                """SELECT NULL::int, r.address, r.kind, r.purpose, r.date,
                          NULL::int, NULL::int
                     FROM (%(addresses)s) AS reached(address)
                     JOIN crm_contact_reservation r
                       ON lower(r.address) = reached.address
                    WHERE r.partner_id IS NULL AND r.idle IS NOT TRUE
                      AND r.company_id = ANY(%(companies)s) AND r.date > %(begin)s
                      AND r.reference != ALL(%(without)s)""",
                **values,
            ),
        ]

    @api.model
    def _queued_source(self, values: dict) -> SQL:
        """Return the contacts that wait in the outbox or are just being made."""
        return SQL(
            """SELECT o.partner_id, COALESCE(o.address, %(reach)s), o.kind,
                      o.purpose,
                      CASE WHEN o.state IN ('planned', 'claimed')
                           THEN GREATEST(o.due, %(now)s) ELSE o.send_date END,
                      CASE WHEN o.state IN ('planned', 'claimed')
                           THEN COALESCE(o.priority, 0) END,
                      CASE WHEN o.state IN ('planned', 'claimed') THEN o.id END
                 FROM %(people)s people
                 JOIN crm_outbox o ON o.partner_id = people.id
                 JOIN res_partner p ON p.id = o.partner_id
                WHERE (o.state IN ('planned', 'claimed', 'sending', 'unknown')
                       OR o.activity_key > 0 AND NOT EXISTS (
                           SELECT FROM crm_touch t
                            WHERE t.source_model = 'mail.activity'
                              AND t.source_key = o.activity_key::text))
                  AND o.company_id = ANY(%(companies)s)
                  AND CASE WHEN o.state IN ('planned', 'claimed')
                           THEN o.due < %(end)s
                           ELSE o.send_date > %(begin)s END""",
            reach=self.env["crm.outbox.rules"]._reach_sql(
                SQL("o.kind"), SQL("''::varchar")
            ),
            **values,
        )

    @api.model
    def _contacts_sql(
        self, people: SQL, company, begin: datetime, end: datetime, **options
    ) -> SQL:
        """Return a query for all contacts with some people and addresses, see
        :meth:`_contact_sources`, with the ``customer_id`` each belongs to now; both
        are 0 where only the address is known."""
        sources = self._contact_sources(
            people, self._companies(company), begin, end, **options
        )
        return SQL(
            """SELECT COALESCE(q.commercial_partner_id, 0) AS customer_id,
                      COALESCE(found.partner_id, 0) AS partner_id,
                      lower(found.address) AS address, found.kind, found.purpose,
                      found.at, found.priority, found.planned_key
                 FROM (%s) found
            LEFT JOIN res_partner q ON q.id = found.partner_id""",
            SQL(" UNION ALL ").join(sources),
        )

    @api.model
    def _companies(self, company) -> list[int]:
        """Return a company and its branches: one customer of all of them."""
        found = self.env["res.company"].sudo().with_context(active_test=False)
        return found.search([("id", "child_of", company.root_id.id)]).ids
