from datetime import timedelta

from odoo.tests import tagged

from ..core.consent import mask
from .consent_common import ConsentCase


@tagged("post_install", "-at_install")
class TestConsentEdges(ConsentCase):
    """Where a refusal could get lost, or hold where it should not."""

    def test_company_younger_than_the_blacklist(self):
        number = self.ann.phone_sanitized
        self.assertTrue(number)
        self.env["phone.blacklist"].create({"number": number})
        self.company = self.env["res.company"].create(
            {"name": "Younger", "crm_consent_default": "allowed"}
        )
        self.assertEqual(self.rule(kind="sms"), "withdrawn")
        self.assertEqual(self.rule(kind="sms", purpose="service"), "withdrawn")
        self.assertEqual(self.rule(kind="phone"), "withdrawn")
        self.assertFalse(self.rule(kind="phone", purpose="service"))

    def test_newer_consent_at_the_new_address(self):
        """Somebody refused at the old address and agreed at the new one since."""
        self.say(hours=-48)
        self.say("granted", hours=-24, address="newer@c.example")
        self.ann.email = "newer@c.example"
        self.assertFalse(self.rule())

    def test_older_consent_at_the_new_address(self):
        self.say("granted", hours=-48, address="older@c.example")
        self.say(hours=-24)
        self.ann.email = "older@c.example"
        self.assertEqual(self.rule(), "withdrawn")
        date = self.consent("older@c.example").state_date
        self.assertEqual(date, self.now - timedelta(hours=24))

    def test_postal_address_of_nobody_is_erased(self):
        """A file named the postal address and not the contact."""
        self.ann.write({"name": "Vertumna", "street": "Via 7", "city": "Ort"})
        self.say(kind="letter", address="vertumna, Via 7 Ort", partner_id=False)
        events = self.env["crm.consent.event"]
        self.assertTrue(events.search([("address", "ilike", "vertumna")]))
        subjects = self.env["crm.data.subject"].sudo()
        subjects._erase(subjects._subject(self.ann), self.company)
        for model in ("crm.consent", "crm.consent.event"):
            found = self.env[model].search([("address", "ilike", "vertumna")])
            self.assertFalse(found, model)

    def test_whoever_has_the_link_reads_no_address(self):
        for kind, address in (
            ("email", "somebody@c.example"),
            ("phone", "+12025550123"),
            ("letter", "somebody some street 7 somewhere"),
        ):
            self.assertNotIn("somebody", mask(kind, address))
            self.assertNotIn("some street", mask(kind, address))
            self.assertNotIn("202555", mask(kind, address))
