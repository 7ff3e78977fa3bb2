from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..core import policy
from .crm_contact_decider import LAST, as_contact
from .crm_contact_planner import ADDRESSED, REFUSABLE


class Inquiry(NamedTuple):
    """One message somebody wants to send.

    :param company: in whose name
    :param partner: to whom
    :param kind: kind of channel
    :param purpose: see ``crm.touch``
    :param at: when, naive UTC, whole seconds
    :param address: where to; empty for the contact's own
    :param rank: see ``core/policy``
    :param planned_key: number of the message, if it is planned already
    :param since: since when it waits, if it does
    """

    company: object
    partner: object
    kind: str
    purpose: str
    at: datetime
    address: str = ""
    rank: tuple[int, int] = (0, LAST)
    planned_key: int = 0
    since: datetime | None = None


class CrmContactChecker(models.AbstractModel):
    """Asks the contact policy about a single message: the same rules as for many."""

    _name = "crm.contact.checker"
    _description = "Check of a Single Contact"

    # ---- the rules ------------------------------------------------------------------

    @api.model
    def _decide_one(self, inquiry: Inquiry) -> tuple[str, str | None, datetime]:
        """Return verdict, short name of the rule and the moment, for a message whose
        address and consent are in order."""
        found = self.env["crm.contact.policy"]._policy_of(inquiry.company)
        if inquiry.purpose not in REFUSABLE or not found:
            return policy.SEND, None, inquiry.at
        rules = self._rules_left(found._rules(inquiry.kind), inquiry)
        address = self._address(inquiry)
        partner = inquiry.partner.sudo()
        candidate = policy.Candidate(
            partner.commercial_partner_id.id,
            partner.id,
            address,
            inquiry.kind,
            inquiry.at,
            inquiry.rank,
            self.env["crm.contact.zone"]._zones_of(partner, inquiry.company),
        )
        contacts = self._contacts(inquiry, address, rules)
        verdict = policy.decide(candidate, contacts, rules)
        return verdict.verdict, found._codes().get(verdict.rule), verdict.at

    @api.model
    def _rules_left(self, rules: policy.Rules, inquiry: Inquiry) -> policy.Rules:
        """Return the rules with what is left of the patience."""
        if not inquiry.since:
            return rules
        waited = int((inquiry.at - inquiry.since).total_seconds())
        return rules._replace(patience=max(rules.patience - waited, 0))

    @api.model
    def _address(self, inquiry: Inquiry) -> str:
        rules = self.env["crm.outbox.rules"]
        rows = self.env.execute_query(
            SQL(
                "SELECT lower(%s) FROM res_partner p WHERE p.id = %s",
                rules._reach_sql(
                    SQL("%s::varchar", inquiry.kind),
                    SQL("%s::varchar", inquiry.address),
                ),
                inquiry.partner.id,
            )
        )
        return rows[0][0] or "" if rows else ""

    @api.model
    def _readers_sql(self, inquiry: Inquiry, address: str) -> SQL:
        """Return the condition on ``res_partner`` for whoever is reached with it."""
        if not address or inquiry.kind not in ADDRESSED:
            return SQL("false")
        column = "email_normalized" if inquiry.kind == "email" else "phone_sanitized"
        return SQL("%s = %s", SQL.identifier(column), address)

    @api.model
    def _contacts(self, inquiry: Inquiry, address: str, rules: policy.Rules) -> list:
        """Return what else was or will be said to the customer and at the address."""
        if not rules.caps:
            return []
        people = SQL(
            """(SELECT id FROM res_partner WHERE commercial_partner_id = %s
                UNION SELECT id FROM res_partner WHERE %s)""",
            inquiry.partner.sudo().commercial_partner_id.id,
            self._readers_sql(inquiry, address),
        )
        length = timedelta(seconds=rules.longest)
        query = self.env["crm.contact.ledger"]._contacts_sql(
            people,
            inquiry.company,
            inquiry.at - length,
            inquiry.at + timedelta(seconds=rules.patience) + length,
        )
        rows = self.env.execute_query(query)
        # The message itself takes no place from itself.
        return [as_contact(row) for row in rows if row[-1] != inquiry.planned_key]

    # ---- a message that leaves ------------------------------------------------------

    @api.model
    def _reserve(self, inquiry: Inquiry) -> None:
        """Change the budgets of whoever is reached, before anything is counted."""
        address = self._address(inquiry)
        rows = self.env.execute_query(
            SQL(
                """SELECT commercial_partner_id FROM res_partner
                    WHERE (id = %s OR %s) AND commercial_partner_id IS NOT NULL""",
                inquiry.partner.id,
                self._readers_sql(inquiry, address),
            )
        )
        self.env["crm.contact.budget"]._touch(
            inquiry.company.root_id, [row[0] for row in rows]
        )

    @api.model
    def _check_rows(self, rows) -> dict[int, tuple]:
        """Reserve places for messages in hand and return those that have none, as
        ``crm.outbox._outbox_check`` does."""
        now = self.env.cr.now().replace(tzinfo=None, microsecond=0)
        policies = self.env["crm.contact.policy"]
        refusals, sentences = {}, None
        for row in rows:
            if not row.partner_id or not policies._policy_of(row.company_id):
                continue
            inquiry = Inquiry(
                row.company_id,
                row.partner_id,
                row.kind,
                row.purpose,
                now,
                row.address or "",
                (row.priority, -row.id),
                row.id,
                row.held_since or None,
            )
            self._reserve(inquiry)
            verdict, code, at = self._decide_one(inquiry)
            if verdict == policy.SEND:
                continue
            sentences = sentences or self.env["crm.outbox.rules"]._rule_sentences()
            wait = (at,) if verdict == policy.HOLD else ()
            refusals[row.id] = (code, sentences[code], *wait)
        return refusals

    # ---- somebody asks --------------------------------------------------------------

    @api.model
    def _answer(self, inquiry: Inquiry) -> tuple[str, str | None, datetime]:
        """Return verdict, short name of the rule and the moment of a message, with all
        rules; changes nothing."""
        self.env.flush_all()
        rules = self.env["crm.outbox.rules"]
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM res_partner p WHERE p.id = %s",
                rules._rule_sql(
                    SQL("%s::varchar", inquiry.kind),
                    SQL("%s::varchar", inquiry.purpose),
                    SQL("%s::varchar", inquiry.address),
                    SQL("%s::int", inquiry.company.id),
                ),
                inquiry.partner.id,
            )
        )
        rule = rows[0][0] if rows else "gone"
        if rule:
            return policy.DROP, rule, inquiry.at
        return self._decide_one(inquiry)

    @api.model
    def _sentence(self, verdict: str, rule: str | None, at: datetime) -> str:
        """Return an answer for people, in their language and time zone."""
        if verdict == policy.SEND:
            if at > fields.Datetime.now():
                return self.env._(
                    "May be written to at %s.", format_datetime(self.env, at)
                )
            return self.env._("May be written to now.")
        why = self._why(rule)
        if verdict == policy.HOLD:
            return self.env._(
                "May be written to from %(moment)s. Until then: %(why)s",
                moment=format_datetime(self.env, at),
                why=why,
            )
        return self.env._("Must not be written to: %(why)s", why=why)

    @api.model
    def _why(self, rule: str | None) -> str:
        return self.env["crm.outbox.rules"]._rule_sentences().get(rule) or rule or ""
