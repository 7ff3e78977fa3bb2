from collections.abc import Iterable

from odoo import api, models
from odoo.tools import SQL

# Whose blacklisting is not obeyed: what the customer must be told by contract or law.
UNASKED = ("transactional", "dunning")


class CrmOutboxRules(models.AbstractModel):
    """Which contacts must not be written to, as SQL: the same rules when messages are
    planned by the hundred thousand and when a single one leaves."""

    _name = "crm.outbox.rules"
    _description = "Rules of the Outbox"

    @api.model
    def _broken_rules(self, row_ids: Iterable[int]) -> list[tuple[int, str]]:
        """Return the rows a rule about the contact forbids, with the first rule."""
        self.env.flush_all()
        rule = self._rule_sql(
            SQL("o.kind"), SQL("o.purpose"), SQL("o.address"), SQL("o.company_id")
        )
        return self.env.execute_query(
            SQL(
                """SELECT o.id, %(rule)s AS rule
                     FROM crm_outbox o
                LEFT JOIN res_partner p ON p.id = o.partner_id
                    WHERE o.id = ANY(%(ids)s) AND %(rule)s IS NOT NULL""",
                rule=rule,
                ids=list(row_ids),
            )
        )

    @api.model
    def _refusals(self, row_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Return rule and sentence of the rows a rule about the contact forbids.

        Most messages break none, so nobody looks up what all rules say.
        """
        broken = self._broken_rules(row_ids)
        said = {rule: self._rule_sentence(rule) for rule in {r for _id, r in broken}}
        return {row_id: (rule, said[rule]) for row_id, rule in broken}

    @api.model
    def _rule_sql(self, kind: SQL, purpose: SQL, address: SQL, company: SQL) -> SQL:
        """Return the first rule that forbids writing to partner ``p``, else NULL.

        To be extended with ``super()``.
        """
        return SQL(
            """CASE WHEN p.id IS NULL THEN 'gone'
                    WHEN NOT p.active THEN 'archived'
                    WHEN %(reach)s IS NULL THEN 'no_address'
                    WHEN %(kind)s = 'email' AND %(purpose)s != ALL(%(unasked)s)
                         AND EXISTS (SELECT FROM mail_blacklist b
                                      WHERE b.active AND b.email = %(reach)s)
                    THEN 'blacklisted' END""",
            kind=kind,
            purpose=purpose,
            unasked=list(UNASKED),
            reach=self._reach_sql(kind, address),
        )

    @api.model
    def _reach_sql(self, kind: SQL, address: SQL) -> SQL:
        """Return where a channel reaches partner ``p``, NULL if nowhere."""
        return SQL(
            """CASE WHEN %(address)s != '' THEN %(address)s
                    WHEN %(kind)s = 'email' THEN NULLIF(p.email_normalized, '')
                    WHEN %(kind)s IN ('phone', 'sms')
                    THEN COALESCE(NULLIF(p.phone_sanitized, ''), NULLIF(p.phone, ''))
                    WHEN %(kind)s = 'letter'
                    THEN NULLIF(concat_ws(', ', NULLIF(p.street, ''),
                                          NULLIF(p.zip, ''), NULLIF(p.city, '')), '')
                    ELSE p.name END""",
            kind=kind,
            address=address,
        )

    @api.model
    def _rule_sentence(self, rule: str) -> str:
        """Return what one rule says to people, e.g. the one that forbids a message."""
        return self._fixed_sentences()[rule]

    @api.model
    def _rule_sentences(self) -> dict[str, str]:
        """Return what each rule says to people, for lists of many messages. Whoever
        adds rules that are records extends this and :meth:`_rule_sentence`."""
        return self._fixed_sentences()

    @api.model
    def _fixed_sentences(self) -> dict[str, str]:
        """Return what each rule of :meth:`_rule_sql` says to people; without a look
        into the database. To be extended with ``super()``."""
        return {
            "gone": self.env._("The contact was deleted."),
            "archived": self.env._("The contact is archived."),
            "no_address": self.env._("There is no address for this channel."),
            "blacklisted": self.env._(
                "The address is on the blacklist: the customer wants no mail."
            ),
            "same_address": self.env._(
                "Another customer in this list has the same address; it is written "
                "to once."
            ),
        }
