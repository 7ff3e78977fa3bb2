from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .policy_common import PolicyCase


@tagged("post_install", "-at_install")
class TestContactCheck(PolicyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Codes of channels are of the company.
        cls.api = cls.env["crm.api"].with_user(cls.owner).with_company(cls.company)

    def check(self, partner, channel="policy_email", **values):
        return self.api.contact_check(partner=partner.id, channel=channel, **values)

    def test_why_not_and_from_when(self):
        person = self.person()
        found = self.check(person)
        self.assertTrue(found["allowed"])
        self.assertEqual(found["text"], "May be contacted now.")
        gap = self.rule("gap", length=24, unit="hour")
        self.log(person, 4)
        found = self.check(person)
        self.assertFalse(found["allowed"])
        self.assertEqual(found["rule"], gap._code())
        until = self.now + timedelta(hours=20)
        self.assertEqual(found["from"], until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertIn(gap.summary, found["text"])
        later = (until + timedelta(hours=1)).isoformat()
        self.assertTrue(self.check(person, at=later)["allowed"])
        self.assertTrue(self.check(person, purpose="service")["allowed"])
        self.rule(max_count=0)
        found = self.check(person, at=later)
        self.assertNotIn("from", found)
        self.assertIn("Must not be contacted", found["text"])

    def test_asking_changes_nothing(self):
        person = self.person()
        self.rule(max_count=1)
        for _n in range(3):
            self.assertTrue(self.check(person)["allowed"])
        self.assertFalse(
            self.env["crm.contact.budget"].search([("partner_id", "=", person.id)])
        )

    def test_bad_questions(self):
        person = self.person()
        for values in (
            {"channel": "nowhere"},
            {"channel": 7},
            {"purpose": "spam"},
            {"purpose": ["service"]},
            {"at": "tomorrow"},
            {"at": "9999-12-31T23:59:59"},
            {"at": 12},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self.check(person, **values)
        portal = new_test_user(self.env, "policy_portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self.api.with_user(portal).contact_check(
                partner=person.id, channel="policy_email"
            )

    def test_reason_of_a_veto_is_for_readers(self):
        person = self.person()
        segment = self.env["crm.segment"].with_user(self.owner)
        segment = segment.create(
            {"name": "Stop", "kind": "manual", "company_id": self.company.id}
        )
        segment._add_partners(person.ids)
        segment.write({"no_promotion": True, "no_promotion_reason": "In court"})
        self.assertIn("In court", self.check(person)["text"])
        salesman = new_test_user(
            self.env,
            "policy_sales",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        found = self.api.with_user(salesman).contact_check(
            partner=person.id, channel="policy_email"
        )
        self.assertEqual(found["rule"], "veto")
        self.assertNotIn("In court", found["text"])

    def test_sentence_on_the_page(self):
        person = self.person()
        self.rule(max_count=0, channel_kind="sms")
        page = person.with_user(self.owner).with_company(self.company)
        self.assertEqual(page.page_contact_email, "May be contacted now.")
        self.assertIn("Must not be contacted", page.page_contact_sms)
        self.env["res.lang"]._activate_lang("fr_FR")
        page = page.with_context(lang="fr_FR")
        self.assertTrue(page.page_contact_phone)

    def test_preview_follows_what_is_typed(self):
        policy = self.policy.with_user(self.owner).with_company(self.company)
        with Form(policy) as form:
            self.assertIn("No rule limits", form.preview)
            self.assertNotIn("bg-secondary", form.preview)
            with form.rule_ids.new() as rule:
                rule.kind = "quiet"
            self.assertIn("bg-secondary", form.preview)
            with form.rule_ids.new() as rule:
                rule.kind = "cap"
                rule.max_count = 3
            self.assertEqual(form.preview.count("<li>"), 6)
            form.preview_kind = "sms"
        self.assertEqual(len(policy.rule_ids), 2)

    def test_usual_rules(self):
        policy = self.policy.with_user(self.owner)
        policy.action_add_usual_rules()
        self.assertEqual(len(policy.rule_ids), 4)
        reader = new_test_user(
            self.env,
            "policy_reader",
            "crm_relationship.group_vp",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.policy.with_user(reader).action_add_usual_rules()
