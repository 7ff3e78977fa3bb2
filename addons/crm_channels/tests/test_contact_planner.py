from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .policy_common import PolicyCase


@tagged("post_install", "-at_install")
class TestContactPlanner(PolicyCase):
    def test_without_rules_all_are_sent(self):
        people = [self.person(), self.person()]
        self.assertEqual(self.verdicts(people), ["send", "send"])
        self.assertEqual(self.summary, {("send", None): 2})

    def test_caps_count_whatever_was_said(self):
        rule = self.rule(max_count=2, length=1, unit="day")
        called, mailed, other = self.person(), self.person(), self.person()
        self.log(called, 3, kind="phone", purpose="relationship")
        self.log(called, 2, purpose="dunning")
        self.log(mailed, 3)
        self.log(mailed, 25)
        self.assertEqual(
            self.plan([called, mailed, other]),
            [
                ("drop", rule._code(), None),
                ("send", None, self.now),
                ("send", None, self.now),
            ],
        )
        rule.counted = "promotion"
        self.assertEqual(self.verdicts([called]), ["send"])

    def test_only_promotion_is_refused(self):
        self.rule(max_count=0)
        self.rule("quiet", quiet_from=0, quiet_to=24)
        people = [self.person(), self.person()]
        for purpose in ("service", "transactional", "dunning", "relationship"):
            self.assertEqual(
                self.verdicts(people, purpose=purpose), ["send", "send"], purpose
            )
        self.assertEqual(self.verdicts(people), ["drop", "drop"])

    def test_channel_of_a_rule(self):
        self.rule(max_count=1, channel_kind="sms")
        person = self.person()
        self.log(person, kind="sms")
        self.assertEqual(self.verdicts([person], kind="email"), ["send"])
        self.assertEqual(self.verdicts([person], kind="sms"), ["drop"])
        self.rule(max_count=1)
        self.assertEqual(self.verdicts([person], kind="email"), ["drop"])

    def test_firm_and_its_persons(self):
        self.rule(max_count=2, scope="firm", length=1, unit="day")
        firm = self.person(is_company=True)
        staff = [self.person(firm) for _n in range(3)]
        self.assertEqual(self.verdicts(staff), ["send", "send", "drop"])
        self.log(firm, 1)
        self.assertEqual(self.verdicts(staff), ["send", "drop", "drop"])

    def test_readers_of_one_mailbox(self):
        self.rule(max_count=1, length=1, unit="day")
        one, other = self.person(), self.person()
        other.email = one.email
        self.log(one, 1)
        self.assertEqual(self.verdicts([other]), ["drop"])
        self.assertEqual(self.verdicts([other], kind="letter"), ["drop"])

    def test_an_address_is_written_to_once(self):
        one, other = self.person(), self.person()
        other.email = one.email
        for purpose in ("promotion", "service"):
            self.assertEqual(
                [row[:2] for row in self.plan([one, other], purpose=purpose)],
                [("send", None), ("drop", "same_address")],
            )

    def test_planned_contacts_take_places(self):
        self.rule(max_count=1, length=2, unit="day")
        person = self.person()
        self.later(person, 24, priority=5)
        self.assertEqual(self.verdicts([person], priority=5), ["drop"])
        self.assertEqual(self.verdicts([person], priority=6), ["send"])
        at = self.now + timedelta(days=3)
        self.assertEqual(self.verdicts([person], at=at, priority=0), ["send"])

    def test_distance_makes_wait(self):
        rule = self.rule("gap", length=24, unit="hour")
        person, late = self.person(), self.person()
        self.log(person, 4)
        self.log(late, 4)
        self.assertEqual(
            self.plan([person]),
            [("hold", rule._code(), self.now + timedelta(hours=20))],
        )
        self.policy.patience_hours = 19
        self.assertEqual(self.plan([person]), [("drop", rule._code(), None)])

    def test_quiet_hours_in_the_recipients_zone(self):
        rule = self.rule("quiet", quiet_from=21, quiet_to=8)
        # 23:30 UTC: night in Berlin, evening in London's winter, morning in Tokyo.
        at = self.now.replace(hour=23, minute=30, second=0) + timedelta(days=1)
        germany, japan = self.env.ref("base.de"), self.env.ref("base.jp")
        berlin = self.person(country_id=germany.id)
        tokyo = self.person(country_id=japan.id)
        found = self.plan([berlin, tokyo], at=at)
        self.assertEqual(found[0][:2], ("hold", rule._code()))
        self.assertEqual(found[0][2].minute, 0)
        self.assertIn(found[0][2].hour, (6, 7))
        self.assertEqual(found[1], ("send", None, at))

    def test_addresses_and_contacts_that_cannot(self):
        gone, archived = self.person(email=False), self.person()
        archived.active = False
        self.assertEqual(
            [row[:2] for row in self.plan([gone, archived])],
            [("drop", "no_address"), ("drop", "archived")],
        )

    def test_suppressed_domains(self):
        self.policy.suppressed_domains = "rival.example\nNEVER.example"
        people = [
            self.person(email="a@rival.example"),
            self.person(email="a@shop.never.example"),
            self.person(email="a@notrival.example"),
        ]
        found = [row[:2] for row in self.plan(people)]
        self.assertEqual(
            found, [("drop", "domain"), ("drop", "domain"), ("send", None)]
        )
        self.assertEqual(self.verdicts(people, purpose="service"), ["send"] * 3)
        with self.assertRaises(ValidationError):
            self.policy.suppressed_domains = "a@b.example"

    def test_veto_of_a_segments_owner(self):
        firm, other = self.person(is_company=True), self.person()
        person = self.person(firm)
        segment = (
            self.env["crm.segment"]
            .with_user(self.owner)
            .create({"name": "Stop", "kind": "manual", "company_id": self.company.id})
        )
        segment.sudo()._add_partners([firm.id])
        with self.assertRaises(ValidationError):
            segment.no_promotion = True
        segment.write({"no_promotion": True, "no_promotion_reason": "In court"})
        found = [row[:2] for row in self.plan([firm, person, other])]
        self.assertEqual(found, [("drop", "veto"), ("drop", "veto"), ("send", None)])
        self.assertEqual(self.verdicts([firm], purpose="service"), ["send"])
        with self.assertRaises(AccessError):
            segment.with_user(self.env.ref("base.user_admin")).no_promotion = False
        segment.sudo()._remove_partners([firm.id])
        self.assertEqual(self.verdicts([firm]), ["send"])
