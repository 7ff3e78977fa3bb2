from datetime import datetime

from odoo import api, models
from odoo.tools import SQL

# Purposes a contact policy may refuse; all others only take places.
REFUSABLE = ("promotion",)
ADDRESSED = ("email", "sms", "phone")


class CrmContactPlanner(models.AbstractModel):
    """Decides for any number of recipients at once who may be written to, and when.

    What can be counted is counted in a few statements for all. Who shares a customer or
    a mailbox with another recipient, and where a contact planned for later or a rule
    that makes wait has a say, is decided by ``core/policy``, group by group: the same
    rules, one after the other.
    """

    _name = "crm.contact.planner"
    _description = "Planner of Contacts"

    @api.model
    def _plan(
        self,
        company,
        candidates: SQL,
        channel,
        purpose: str,
        at: datetime | None = None,
        priority: int = 0,
    ) -> dict[tuple[str, str | None], int]:
        """Decide who may be written to. Reserves nothing and writes nothing but a
        temporary table, which lasts until the end of the transaction:

        ``crm_plan_verdict (key int, partner_id int, address text, verdict text,
        rule text, send_at timestamp)``, ``verdict`` being ``send``, ``hold`` (not
        before ``send_at``) or ``drop``; ``rule`` a short name, see
        ``crm.outbox.rules._rule_sentences``, of what forbids or makes wait.

        Recipients are asked in the order of their keys: of two for whom there is room
        for one only, the lower key gets it.

        :param candidates: a query for ``key`` (int, unique), ``partner_id`` (int) and
            ``address`` (text; NULL for the contact's own)
        :param channel: ``crm.channel``
        :param at: when, naive UTC; now if left out
        :param priority: weight; contacts planned with at least this weight keep their
            places
        :return: how many for each (verdict, rule)
        """
        now = self.env.cr.now().replace(tzinfo=None)
        at = max(at or now, now).replace(microsecond=0)
        self.env.flush_all()
        self._fill_candidates(company, candidates, channel, purpose)
        found = self.env["crm.contact.policy"]._policy_of(company)
        if purpose in REFUSABLE and found:
            decider = self.env["crm.contact.decider"]
            decider._decide(company, found, channel.kind, at, priority)
        else:
            self._decide_by_rules(channel.kind, at)
        return {
            (verdict, rule): count
            for verdict, rule, count in self.env.execute_query(
                SQL(
                    """SELECT verdict, rule, count(*) FROM crm_plan_verdict
                     GROUP BY verdict, rule ORDER BY verdict, rule"""
                )
            )
        }

    @api.model
    def _fill_candidates(self, company, candidates: SQL, channel, purpose: str) -> None:
        """Put recipients into ``crm_plan_candidate`` with what the rules ask about, and
        the rule about contact and address that forbids."""
        rules = self.env["crm.outbox.rules"]
        kind = SQL("%s::varchar", channel.kind)
        given = SQL("c.address")
        self._drop_tables()
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE crm_plan_candidate ON COMMIT DROP AS
                   SELECT c.key::int AS key, c.partner_id::int AS partner_id,
                          lower(%(reach)s)::text AS address,
                          COALESCE(p.commercial_partner_id, p.id) AS customer_id,
                          %(place)s, (%(rule)s)::text AS rule
                     FROM (%(candidates)s) c
                LEFT JOIN res_partner p ON p.id = c.partner_id
                LEFT JOIN res_partner f ON f.id = p.commercial_partner_id""",
                reach=rules._reach_sql(kind, given),
                place=self.env["crm.contact.zone"]._place_sql(SQL("p"), SQL("f")),
                rule=rules._rule_sql(
                    kind,
                    SQL("%s::varchar", purpose),
                    given,
                    SQL("%s::int", company.id),
                ),
                candidates=candidates,
            )
        )
        self.env.cr.execute(
            SQL(
                """ANALYZE crm_plan_candidate;
                   CREATE TEMPORARY TABLE crm_plan_verdict (
                       key int, partner_id int, address text, verdict text,
                       rule text, send_at timestamp) ON COMMIT DROP;
                   INSERT INTO crm_plan_verdict
                   SELECT key, partner_id, address, 'drop', rule, NULL
                     FROM crm_plan_candidate WHERE rule IS NOT NULL"""
            )
        )

    @api.model
    def _drop_tables(self) -> None:
        self.env.cr.execute(
            SQL(
                """SET LOCAL client_min_messages = warning;
                   DROP TABLE IF EXISTS crm_plan_candidate, crm_plan_verdict,
                       crm_plan_asked, crm_plan_contact, crm_plan_count,
                       crm_plan_unclear"""
            )
        )

    @api.model
    def _decide_by_rules(self, kind: str, at: datetime) -> None:
        """Decide where no contact policy has a say; an address is written to once."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_plan_verdict
                   SELECT key, partner_id, address,
                          CASE WHEN rank > 1 THEN 'drop' ELSE 'send' END,
                          CASE WHEN rank > 1 THEN 'same_address' END,
                          CASE WHEN rank = 1 THEN %(at)s::timestamp END
                     FROM (SELECT *, CASE WHEN %(shared)s THEN row_number() OVER (
                                              PARTITION BY address ORDER BY key)
                                          ELSE 1 END AS rank
                             FROM crm_plan_candidate WHERE rule IS NULL) ranked""",
                at=at,
                shared=kind in ADDRESSED,
            )
        )
