from datetime import timedelta

from odoo.tests import tagged

from ..core.consent import PURPOSES
from .consent_common import NUMBERS, ConsentCase


@tagged("post_install", "-at_install")
class TestConsentCore(ConsentCase):
    """Odoo's own lists and the consents say the same."""

    def blocked(self, email=None):
        domain = [("email", "=", email or self.ann.email_normalized)]
        return bool(self.env["mail.blacklist"].search_count(domain))

    def refuse_all(self, change="withdrawn", hours=0, **values):
        """Say the same about all e-mails, in all companies."""
        for company in self.env["crm.consent.core"]._roots():
            for purpose in PURPOSES:
                self.say(
                    change, hours, purpose=purpose, company_id=company.id, **values
                )

    def states(self, kind="email", address=None):
        address = address or self.ann.email_normalized
        return [self.consent(address, kind, p).state for p in PURPOSES]

    def test_blacklisted_refused_everything(self):
        entry = self.env["mail.blacklist"]._add(self.ann.email)
        self.assertEqual(self.states(), ["withdrawn"] * 3)
        self.assertEqual(self.consent().how, "blacklist")
        entry.action_archive()
        self.assertEqual(self.states(), ["unknown"] * 3)
        self.assertEqual(self.rule(), "no_consent")
        entry.action_unarchive()
        self.assertEqual(self.states(), ["withdrawn"] * 3)
        entry.unlink()
        self.assertEqual(self.states(), ["unknown"] * 3)

    def test_removing_lifts_only_its_own(self):
        self.say("withdrawn", -1)
        entry = self.env["mail.blacklist"]._add(self.ann.email)
        entry.action_archive()
        self.assertEqual(self.consent().state, "withdrawn")

    def test_refused_everything_is_blacklisted(self):
        self.say("withdrawn")
        self.assertFalse(self.blocked())
        self.refuse_all()
        self.assertTrue(self.blocked())

    def test_agreed_again_leaves_the_blacklist(self):
        """... and what was not agreed to stays refused, also what only the blacklist
        knew about."""
        self.env["mail.blacklist"].with_context(
            crm_consent_step="a client cannot say so"
        )._add(self.ann.email)
        self.assertEqual(self.states(), ["withdrawn"] * 3)
        self.say("granted", 1)
        self.assertFalse(self.blocked())
        self.assertEqual(self.states(), ["granted", "withdrawn", "withdrawn"])
        self.assertFalse(self.rule())
        self.assertEqual(self.rule(purpose="service"), "withdrawn")

    def test_number_of_queries(self):
        """Forty addresses get on the blacklists and off again as one does."""
        roots = self.env["crm.consent.core"]._roots()
        counts = []
        for number in (1, 40):
            people = [next(NUMBERS) for _n in range(number)]
            places = [("email", f"many{n}@c.example") for n in people]
            places += [("sms", f"+1202556{n:04d}") for n in people]
            for hours, change in enumerate(("withdrawn", "granted")):
                rows = [
                    {
                        "company_id": company.id,
                        "kind": kind,
                        "address": address,
                        "purpose": purpose,
                        "change": change,
                        "how": "import",
                        "event_date": self.now + timedelta(hours=hours),
                    }
                    for company in roots
                    for kind, address in places
                    for purpose in PURPOSES
                ]
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.recorder._record(rows)
                self.env.flush_all()
                self.env.cr.precommit.run()
                counts.append(self.env.cr.sql_log_count - before)
                emails = [address for kind, address in places if kind == "email"]
                listed = self.env["mail.blacklist"].search([("email", "in", emails)])
                self.assertEqual(len(listed), number * (change == "withdrawn"))
        entry = self.env["mail.blacklist"].with_context(active_test=False)
        entry = entry.search([("email", "=", emails[0])])
        self.assertIn("Agreed again", "".join(entry.message_ids.mapped("body")))
        self.assertLess(counts[2], counts[0] + 10)
        self.assertLess(counts[3], counts[1] + 10)

    def test_an_old_consent_does_not_unblock(self):
        self.env["mail.blacklist"]._add(self.ann.email)
        self.say("granted", -1)
        self.assertTrue(self.blocked())
        self.assertEqual(self.rule(), "blacklisted")

    def test_numbers(self):
        number = self.ann.phone_sanitized
        self.assertTrue(number)
        self.env["phone.blacklist"]._add([number])
        self.assertEqual(self.states("sms", number), ["withdrawn"] * 3)
        self.assertEqual(
            self.states("phone", number),
            ["withdrawn", "unknown", "unknown"][:1] + [False, False],
        )
        self.assertEqual(self.rule(kind="sms"), "withdrawn")
        self.say("granted", 1, kind="sms", address=number)
        domain = [("number", "=", number)]
        self.assertFalse(self.env["phone.blacklist"].search_count(domain))
        self.assertEqual(self.states("sms", number)[1:], ["withdrawn"] * 2)

    def test_mailing_lists(self):
        lists = self.env["mailing.list"].create([{"name": "One"}, {"name": "Two"}])
        contact = self.env["mailing.contact"].create(
            {"email": self.ann.email, "list_ids": lists.ids}
        )
        first, second = contact.subscription_ids
        first.opt_out = True
        # There is another list: Odoo itself looks at each.
        self.assertFalse(self.consent())
        second.opt_out = True
        self.assertEqual(self.consent().state, "withdrawn")
        self.assertEqual(self.consent().how, "list")

    def test_refusing_promotion_leaves_all_lists(self):
        mailing_list = self.env["mailing.list"].create({"name": "One"})
        contact = self.env["mailing.contact"].create(
            {"email": self.ann.email, "list_ids": mailing_list.ids}
        )
        for company in self.env["crm.consent.core"]._roots():
            self.assertFalse(contact.subscription_ids.opt_out)
            self.say(company_id=company.id)
        self.assertTrue(contact.subscription_ids.opt_out)

    def test_blacklisted_stay_on_their_lists(self):
        """Whoever gets off the blacklist again is where they were; a refusal in the
        customer's own words, or what stays of the list's, goes by all lists."""
        contact = self.env["mailing.contact"].create(
            {
                "name": "A",
                "email": self.ann.email,
                "list_ids": self.env["mailing.list"].create({"name": "One"}).ids,
            }
        )
        entry = self.env["mail.blacklist"]._add(self.ann.email)
        self.assertFalse(contact.subscription_ids.opt_out)
        entry.action_archive()
        self.assertFalse(contact.subscription_ids.opt_out)
        entry.action_unarchive()
        self.say("granted", 1, purpose="service")
        self.assertFalse(self.blocked())
        self.assertEqual(self.consent().state, "withdrawn")
        self.assertTrue(contact.subscription_ids.opt_out)

    def test_refused_and_blacklisted_leave_their_lists(self):
        contact = self.env["mailing.contact"].create(
            {
                "name": "A",
                "email": self.ann.email,
                "list_ids": self.env["mailing.list"].create({"name": "One"}).ids,
            }
        )
        self.env["mail.blacklist"]._add(self.ann.email)
        self.refuse_all(hours=1)
        self.assertTrue(self.blocked())
        self.assertTrue(contact.subscription_ids.opt_out)
