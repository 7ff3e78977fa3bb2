from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..core import policy
from .crm_contact_decider import LAST, as_contact
from .crm_contact_planner import ADDRESSED, REFUSABLE

# Short name of the rule that somebody never said anything.
SILENT = "no_consent"


class Recipient(NamedTuple):
    """Somebody one message is for.

    :param key: number of the message, any
    :param partner_id: the contact; 0 if it is only an address
    :param address: where to; empty for the contact's own
    :param country: two letters, for whom no contact tells it
    """

    key: int
    partner_id: int
    address: str = ""
    country: str = ""


class Asking(NamedTuple):
    """What is asked for some recipients.

    :param company: in whose name
    :param kind: kind of channel
    :param purpose: see ``crm.touch``
    :param at: when, naive UTC, whole seconds
    :param rank: see ``core/policy``
    :param planned_key: number of the message, if it is planned already
    :param since: since when it waits, if it does
    :param silence: whether those may be written to who never said anything, whatever
        the company's setting is
    :param without: references of the messages themselves in Odoo's queues: they take
        no place from themselves
    """

    company: object
    kind: str
    purpose: str
    at: datetime
    rank: tuple[int, int] = (0, LAST)
    planned_key: int = 0
    since: datetime | None = None
    silence: bool = False
    without: tuple[str, ...] = ()


class Answer(NamedTuple):
    """What the rules say about one recipient.

    :param verdict: ``send``, ``hold`` (not before ``at``) or ``drop``
    :param rule: short name of the rule that forbids or makes wait
    :param at: when it may leave, naive UTC
    """

    verdict: str
    rule: str | None
    at: datetime


class CrmContactGate(models.AbstractModel):
    """Asks all rules about some messages: contact, address, consent, veto and contact
    policy. The same rules as ``crm.contact.planner``, for the few recipients of one
    transaction and without tables of its own."""

    _name = "crm.contact.gate"
    _description = "Gate for Messages"

    @api.model
    def _now(self) -> datetime:
        """Return the moment of this transaction as the rules see it."""
        return self.env.cr.now().replace(tzinfo=None, microsecond=0)

    @api.model
    def _ask(self, asking: Asking, recipients: list[Recipient]) -> dict[int, Answer]:
        """Return an answer for each recipient by its key; changes nothing.

        Recipients are asked in the order given: each that may be written to takes the
        place it needs before the next is asked.
        """
        if not recipients:
            return {}
        self.env.flush_all()
        answers, clear = {}, []
        for row in self._load(asking, recipients):
            if row["rule"] and not (asking.silence and row["rule"] == SILENT):
                answers[row["key"]] = Answer(policy.DROP, row["rule"], asking.at)
            else:
                clear.append(row)
        found = self.env["crm.contact.policy"]._policy_of(asking.company)
        if not found or asking.purpose not in REFUSABLE:
            return answers | {
                row["key"]: Answer(policy.SEND, None, asking.at) for row in clear
            }
        codes = found._codes()
        rules = self._rules_left(found._rules(asking.kind), asking)
        candidates = [self._candidate(asking, row) for row in clear]
        contacts = self._contacts(asking, candidates, rules)
        for row, verdict in zip(
            clear, policy.decide_all(candidates, contacts, rules), strict=True
        ):
            answers[row["key"]] = Answer(
                verdict.verdict, codes.get(verdict.rule), verdict.at
            )
        return answers

    @api.model
    def _load(self, asking: Asking, recipients: list[Recipient]) -> list[dict]:
        """Return what there is to know about recipients, in their order."""
        rules = self.env["crm.outbox.rules"]
        kind = SQL("%s::varchar", asking.kind)
        given = SQL("v.address")
        purpose = SQL("%s::varchar", asking.purpose)
        asked = (kind, purpose, given, SQL("%s::int", asking.company.id))
        keys, partners, addresses, countries = zip(*recipients, strict=True)
        return self.env.execute_query_dict(
            SQL(
                """SELECT v.key, p.id AS partner_id, v.country AS known_country,
                          lower(CASE WHEN p.id IS NULL THEN v.address
                                     ELSE %(reach)s END) AS address,
                          p.commercial_partner_id AS customer_id, %(place)s,
                          CASE WHEN v.partner_id != 0 THEN %(of_contact)s
                               ELSE %(of_address)s END AS rule
                     FROM unnest(%(keys)s::int[], %(partners)s::int[],
                                 %(addresses)s::varchar[], %(countries)s::varchar[])
                          WITH ORDINALITY
                                 AS v(key, partner_id, address, country, number)
                LEFT JOIN res_partner p ON p.id = v.partner_id
                LEFT JOIN res_partner f ON f.id = p.commercial_partner_id
                 ORDER BY v.number""",
                reach=rules._reach_sql(kind, given),
                place=self.env["crm.contact.zone"]._place_sql(SQL("p"), SQL("f")),
                of_contact=rules._rule_sql(*asked),
                of_address=rules._address_rule_sql(*asked),
                keys=list(keys),
                partners=list(partners),
                addresses=list(addresses),
                countries=list(countries),
            )
        )

    @api.model
    def _rules_left(self, rules: policy.Rules, asking: Asking) -> policy.Rules:
        """Return the rules with what is left of the patience."""
        if not asking.since:
            return rules
        waited = int((asking.at - asking.since).total_seconds())
        return rules._replace(patience=max(rules.patience - waited, 0))

    @api.model
    def _candidate(self, asking: Asking, row: dict) -> policy.Candidate:
        zones = self.env["crm.contact.zone"]._zones(
            row["zone"], row["country"] or row["known_country"], asking.company
        )
        # Who is only an address is nobody's customer; keys begin with 0.
        nobody = -row["key"] - 1
        return policy.Candidate(
            row["customer_id"] or nobody,
            row["partner_id"] or nobody,
            row["address"] or "",
            asking.kind,
            asking.at,
            asking.rank,
            zones,
        )

    @api.model
    def _contacts(self, asking: Asking, candidates: list, rules: policy.Rules) -> list:
        """Return what else was or will be said to the customers and addresses."""
        if not rules.caps or not candidates:
            return []
        addresses = [candidate.address for candidate in candidates]
        people = SQL(
            """(SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)
                UNION SELECT id FROM res_partner WHERE %s)""",
            [candidate.customer for candidate in candidates],
            self._readers_sql(asking.kind, addresses),
        )
        known = sorted(set(addresses) - {""}) if asking.kind in ADDRESSED else []
        length = timedelta(seconds=rules.longest)
        query = self.env["crm.contact.ledger"]._contacts_sql(
            people,
            asking.company,
            asking.at - length,
            asking.at + timedelta(seconds=rules.patience) + length,
            addresses=SQL("SELECT unnest(%s::text[])", known),
            without=asking.without,
        )
        rows = self.env.execute_query(query)
        # The message itself takes no place from itself.
        return [
            as_contact(row)
            for row in rows
            if not asking.planned_key or row[-1] != asking.planned_key
        ]

    @api.model
    def _readers_sql(self, kind: str, addresses: list[str]) -> SQL:
        """Return the condition on ``res_partner`` for whoever is reached with them."""
        known = sorted({address for address in addresses if address})
        if not known or kind not in ADDRESSED:
            return SQL("false")
        column = "email_normalized" if kind == "email" else "phone_sanitized"
        return SQL("%s = ANY(%s)", SQL.identifier(column), known)

    @api.model
    def _reserve(self, company, kind: str, recipients: list[Recipient]) -> None:
        """Change the budgets of whoever is reached, before anything is counted: of the
        customers written to and of those who share an address with them.

        Nothing to count without a policy, and so nothing to change.
        """
        if not self.env["crm.contact.policy"]._policy_of(company):
            return
        rules = self.env["crm.outbox.rules"]
        self.env.flush_all()
        _keys, partners, addresses, _countries = zip(*recipients, strict=True)
        rows = self.env.execute_query(
            SQL(
                """SELECT p.commercial_partner_id,
                          lower(CASE WHEN p.id IS NULL THEN v.address ELSE %s END)
                     FROM unnest(%s::int[], %s::varchar[]) AS v(partner_id, address)
                LEFT JOIN res_partner p ON p.id = v.partner_id""",
                rules._reach_sql(SQL("%s::varchar", kind), SQL("v.address")),
                list(partners),
                list(addresses),
            )
        )
        readers = self.env.execute_query(
            SQL(
                "SELECT commercial_partner_id FROM res_partner WHERE %s",
                self._readers_sql(kind, [row[1] for row in rows]),
            )
        )
        customers = {row[0] for row in [*rows, *readers]} - {None}
        self.env["crm.contact.budget"]._touch(company.root_id, customers)
