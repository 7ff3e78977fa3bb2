from datetime import timedelta

from odoo.tests import tagged

from ..core.consent import PURPOSES
from .consent_common import ConsentCase


@tagged("post_install", "-at_install")
class TestConsentCarry(ConsentCase):
    """Refusals go along with a person; consent stays with its address."""

    def merge(self, source, target):
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source + target).ids, target)
        self.env.flush_all()
        self.env.invalidate_all()

    def test_new_address(self):
        self.say()
        self.say("paused", purpose="service", until=self.now + timedelta(days=2))
        self.ann.email = "Ann.New@c.example"
        self.assertEqual(self.rule(), "withdrawn")
        self.assertEqual(self.rule(purpose="service"), "paused")
        self.assertEqual(self.consent().how, "address")
        # Said at the new address, and not taken along a second time.
        self.say("granted", 1)
        self.assertFalse(self.rule())
        self.ann.email = "ann.newest@c.example"
        self.assertEqual(self.rule(), "no_consent")

    def test_new_street(self):
        self.ann.write({"street": "Main St 5", "city": "Town"})
        address = self.env["crm.preferences"]._places(self.ann)["letter"]
        self.assertEqual(address, f"{self.ann.name.lower()} main st 5 town")
        self.say(kind="letter", address=address)
        self.ann.street = "Side St 1"
        self.assertEqual(self.rule(kind="letter"), "withdrawn")

    def test_firm_moves(self):
        """A refused letter stays refused when Odoo copies the firm's new address to
        its contacts, or that of another firm."""
        old = {"street": "Main St 5", "city": "Town"}
        firms = self.env["res.partner"].create(
            [
                {"name": "Moving firm", "is_company": True, **old},
                {"name": "Next firm", "is_company": True, "street": "Far St 9"},
            ]
        )
        ann, bob = (self.person(parent_id=firms[0].id) for _n in range(2))
        for who in (ann, bob):
            self.assertEqual(who.street, "Main St 5")
            address = self.env["crm.preferences"]._places(who)["letter"]
            self.say(kind="letter", address=address, partner=who)
        firms[0].street = "Side St 1"
        self.assertEqual(ann.street, "Side St 1")
        self.assertEqual(self.rule(ann, kind="letter"), "withdrawn")
        bob.parent_id = firms[1]
        self.assertEqual(bob.street, "Far St 9")
        self.assertEqual(self.rule(bob, kind="letter"), "withdrawn")
        self.assertNotEqual(self.rule(self.person(), kind="letter"), "withdrawn")

    def test_merged(self):
        for first, second in (("withdrawn", "granted"), ("granted", "withdrawn")):
            source, target = self.person(), self.person()
            self.say(first, 0, source)
            self.say(second, -1, target)
            self.merge(source, target)
            self.assertEqual(self.rule(target), "withdrawn")

    def test_merged_consent_does_not_spread(self):
        source, target = self.person(), self.person()
        email = source.email_normalized
        self.say("granted", 0, source)
        self.merge(source, target)
        self.assertEqual(self.rule(target), "no_consent")
        self.assertEqual(self.consent(email).state, "granted")

    def test_merged_into_somebody_without_address(self):
        source, target = self.person(), self.person(email=False)
        email = source.email_normalized
        self.say("withdrawn", 0, source)
        self.merge(source, target)
        self.assertEqual(self.consent(email).state, "withdrawn")
        self.assertEqual(self.consent(email).partner_id, target)

    def test_erased_stay_refused(self):
        """... whoever brings them back, and nothing says who they were."""
        email, number = self.ann.email_normalized, self.ann.phone_sanitized
        self.say("granted", source="Fair", note=self.ann.name)
        subjects = self.env["crm.data.subject"].sudo()
        subjects._erase(subjects._subject(self.ann), self.company)
        self.assertFalse(self.consent(email))
        self.env.cr.execute(
            "SELECT count(*) FROM crm_consent_event "
            "WHERE address = %s OR source = 'Fair'",
            [email],
        )
        self.assertEqual(self.env.cr.fetchone(), (0,))
        answer = self.say("granted", 1, self.person(email="x@c.example"), address=email)
        self.assertEqual(answer["suppressed"], 1)
        self.assertEqual(self.consent(email).state, "withdrawn")
        again = self.person(email=email, phone=number)
        self.assertEqual(self.rule(again), "blacklisted")
        self.assertEqual(self.rule(again, kind="sms"), "suppressed")
        listed = self.env["mailing.contact"].create({"email": email})
        self.assertTrue(listed.is_blacklisted)
        self.say("granted", 2, again)
        self.assertTrue(listed.is_blacklisted)
        states = {self.consent(email, purpose=p).how for p in PURPOSES}
        self.assertEqual(states, {"suppressed"})
