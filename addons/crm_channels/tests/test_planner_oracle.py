import random
from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from ..core import policy
from ..models.crm_contact_decider import LAST
from ..models.crm_contact_gate import Asking, Recipient
from .policy_common import PolicyCase

ROUNDS = 20
PURPOSES = ("promotion", "service", "dunning")


@tagged("post_install", "-at_install")
class TestPlannerOracle(PolicyCase):
    """The planner decides for many what the plain rules decide one after the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random.Random(38)
        countries = [cls.env.ref(f"base.{code}").id for code in ("us", "jp", "de")]
        firms = [cls.person(is_company=True) for _n in range(6)]
        cls.people = [*firms]
        for number in range(30):
            firm = cls.rng.choice([None, *firms])
            cls.people.append(
                cls.person(firm, country_id=cls.rng.choice([False, *countries]))
            )
            if number % 5 == 0:
                cls.people[-1].email = cls.rng.choice(cls.people).email
            if number % 7 == 0:
                cls.people[-1].tz = "Asia/Tokyo"
        for person in cls.people:
            person.street = person.street or f"Road {person.id}"
        cls.env.flush_all()

    def draw_rules(self):
        self.policy.rule_ids.unlink()
        rng = self.rng
        self.policy.patience_hours = rng.choice([0, 12, 72])
        for _n in range(rng.randint(0, 3)):
            self.rule(
                rng.choice(["cap", "cap", "gap"]),
                channel_kind=rng.choice([False, "email", "sms"]),
                scope=rng.choice(["person", "firm"]),
                max_count=rng.choice([0, 1, 1, 2, 2, 3]),
                length=rng.choice([6, 24, 72]),
                unit="hour",
                counted=rng.choice(["all", "all", "promotion"]),
                waits=rng.random() < 0.3,
            )
        if rng.random() < 0.5:
            self.rule(
                "quiet",
                quiet_from=rng.choice([20, 22, 1]),
                quiet_to=rng.choice([6, 8]),
                channel_kind=rng.choice([False, "email"]),
            )

    def draw_contacts(self):
        self.env.cr.execute(
            SQL("DELETE FROM crm_touch WHERE company_id = %s", self.cid)
        )
        self.env.cr.execute(
            SQL("DELETE FROM crm_outbox WHERE company_id = %s", self.cid)
        )
        self.env.invalidate_all()
        rng, said = self.rng, []
        for _n in range(rng.randint(0, 30)):
            who, kind = rng.choice(self.people), rng.choice(["email", "sms", "phone"])
            purpose, hours = rng.choice(PURPOSES), rng.randint(0, 80)
            address = who.email_normalized if kind == "email" else who.phone_sanitized
            known = (who.commercial_partner_id.id, who.id, address or "", kind, purpose)
            if rng.random() < 0.7:
                self.log(who, hours, kind, purpose)
                at, rank = self.now - timedelta(hours=hours), None
            else:
                weight = rng.randint(0, 2)
                row = self.later(who, hours, kind, purpose, weight)
                at, rank = self.now + timedelta(hours=hours), (weight, -row.id)
            said.append(policy.Contact(*known, at, rank))
        return said

    def test_many_as_one_after_the_other(self):
        self.cid = self.company.id
        found_all = set()
        for _round in range(ROUNDS):
            self.draw_rules()
            said = self.draw_contacts()
            kind = self.rng.choice(["email", "email", "sms", "letter"])
            weight = self.rng.randint(0, 2)
            at = self.now + timedelta(hours=self.rng.choice([0, 0, 5, 30]))
            asked = self.rng.sample(self.people, self.rng.randint(1, len(self.people)))
            candidates = [
                policy.Candidate(
                    who.commercial_partner_id.id,
                    who.id,
                    self.address(who, kind),
                    kind,
                    at,
                    (weight, LAST),
                    self.zones(who),
                )
                for who in asked
            ]
            rules = self.policy._rules(kind)
            codes = self.policy._codes()
            expected = [
                (v.verdict, codes.get(v.rule), None if v.verdict == "drop" else v.at)
                for v in policy.decide_all(candidates, said, rules)
            ]
            found = self.plan(asked, kind=kind, at=at, priority=weight)
            self.assertEqual(found, expected)
            found_all.update(row[0] for row in found)
            self.check_few(asked, kind, expected, weight, at)
        self.assertEqual(found_all, {"send", "hold", "drop"})

    def address(self, who, kind):
        if kind == "email":
            return who.email_normalized or ""
        return who.phone_sanitized or "" if kind == "sms" else who.street.lower()

    def zones(self, who):
        country = who.country_id or who.commercial_partner_id.country_id
        zones = self.env["crm.contact.zone"]._zones
        return zones(who.tz, country.code, self.company)

    def check_few(self, asked, kind, expected, weight, at):
        """The gate of a single transaction says the same."""
        asking = Asking(self.company, kind, "promotion", at, (weight, LAST))
        recipients = [Recipient(number, who.id) for number, who in enumerate(asked)]
        answers = self.env["crm.contact.gate"]._ask(asking, recipients)
        found = [answers[number] for number in range(len(asked))]
        self.assertEqual(
            [(a.verdict, a.rule, None if a.verdict == "drop" else a.at) for a in found],
            expected,
        )
