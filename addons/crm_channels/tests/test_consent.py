import random
from datetime import timedelta
from itertools import permutations

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..core.consent import CHANGES, KINDS, Said, address_key, resolve
from .consent_common import ConsentCase


@tagged("post_install", "-at_install")
class TestConsent(ConsentCase):
    def test_silence(self):
        """What counts when nothing is known is the company's to say."""
        profile = self.env["crm.customer.profile"].create(
            {"company_id": self.company.id, "partner_id": self.ann.id}
        )
        for setting, bought, rule in (
            ("opt_in", True, "no_consent"),
            ("soft", False, "no_consent"),
            ("soft", True, None),
            (False, False, "no_consent"),
            (False, True, None),
            ("allowed", False, None),
        ):
            self.company.crm_consent_default = setting
            profile.purchase_count = int(bought)
            with self.subTest(setting=setting, bought=bought):
                self.assertEqual(self.rule(), rule)
                self.assertEqual(self.rule(kind="sms"), rule)
                self.assertFalse(self.rule(purpose="service"))
                self.assertFalse(self.rule(kind="letter", address="a street"))
        self.company.crm_consent_default_other = "opt_in"
        self.assertEqual(self.rule(kind="phone"), "no_consent")
        self.assertEqual(self.rule(kind="letter", address="a street"), "no_consent")

    def test_subscriber_is_no_stranger(self):
        self.company.crm_consent_default = "soft"
        self.assertEqual(self.rule(), "no_consent")
        mailing_list = self.env["mailing.list"].create({"name": "Consent list"})
        contact = self.env["mailing.contact"].create(
            {"email": self.ann.email, "list_ids": mailing_list.ids}
        )
        self.assertFalse(self.rule())
        contact.subscription_ids.opt_out = True
        self.assertEqual(self.rule(), "withdrawn")

    def test_each_way_and_purpose_for_itself(self):
        self.say("granted")
        self.assertFalse(self.rule())
        self.assertEqual(self.rule(kind="sms"), "no_consent")
        self.say(purpose="service")
        self.assertEqual(self.rule(purpose="service"), "withdrawn")
        for purpose in ("transactional", "dunning"):
            self.say()
            self.assertFalse(self.rule(purpose=purpose))

    def test_rest(self):
        self.say("granted")
        self.say("paused", until=self.now + timedelta(days=3))
        self.assertEqual(self.rule(), "paused")
        self.say("resumed", 1)
        self.assertFalse(self.rule())
        self.say("paused", 2, until=self.now - timedelta(minutes=1))
        self.assertFalse(self.rule())

    def test_shared_and_written_otherwise(self):
        """The address is meant, whoever has it and however it is written."""
        other = self.person(email=f"Bo <{self.ann.email.upper()}>")
        self.say(address=f" {self.ann.email.upper()} ")
        self.assertEqual(self.rule(other), "withdrawn")
        self.assertEqual(self.rule(), "withdrawn")
        self.say(kind="sms", address=self.ann.phone)
        self.assertEqual(self.rule(kind="sms"), "withdrawn")

    def test_letter_box(self):
        """Who lives in the same house may still get letters."""
        house = {"street": "Main St 5", "zip": "1000", "city": "Town"}
        self.ann.write(house)
        neighbour = self.person(**house)
        self.say(kind="letter", address=f"{self.ann.name}, Main  St 5, 1000, TOWN")
        self.assertEqual(self.rule(kind="letter"), "withdrawn")
        self.assertFalse(self.rule(neighbour, kind="letter"))

    def test_other_company(self):
        other = self.env["res.company"].create({"name": "Consent other"})
        branch = self.env["res.company"].create(
            {"name": "Consent branch", "parent_id": self.company.id}
        )
        self.say(company_id=other.id)
        self.assertFalse(self.consent())
        self.say(company_id=branch.id)
        self.assertEqual(self.consent().state, "withdrawn")

    def test_all_orders(self):
        said = [("granted", -3), ("withdrawn", -1), ("granted", -1), ("lifted", -2)]
        for order in permutations(said):
            person = self.person()
            for change, hours in order:
                self.say(change, hours, person)
            self.assertEqual(self.consent(person.email).state, "withdrawn")
        self.assertEqual(self.say("granted", -9, person)["late"], 1)
        self.assertEqual(self.say("granted", 1, person)["late"], 0)
        self.assertEqual(self.consent(person.email).state, "granted")

    def test_as_the_rules_say(self):
        """Whatever is said in whatever portions, SQL holds what the plain rules do."""
        rng = random.Random(4)
        for _round in range(40):
            person, heard = self.person(), []
            for _call in range(rng.randrange(1, 4)):
                rows = []
                for _row in range(rng.randrange(1, 4)):
                    change = rng.choice(CHANGES)
                    at = self.now + timedelta(hours=rng.randrange(4))
                    until = at + timedelta(days=rng.randrange(3))
                    until = until if change == "paused" else None
                    heard.append(Said(change, at, until))
                    rows.append(
                        {
                            "kind": "email",
                            "address": person.email,
                            "purpose": "service",
                            "change": change,
                            "until": until,
                            "event_date": at,
                            "how": "api",
                        }
                    )
                self.recorder._record(rows)
            row = self.consent(person.email, purpose="service")
            found = (
                row.state,
                row.state_date or None,
                row.pause_until or None,
                row.pause_date or None,
            )
            self.assertEqual(found, tuple(resolve(heard)), heard)

    def test_keys_as_the_rules_say(self):
        written = [" Ann@X.example", "+32 475/12", "A  B,\tc, 5", "", ", ,", "ÀÉ, X"]
        rows = [{"kind": k, "address": a} for k in KINDS for a in written]
        keys = [address_key(row["kind"], row["address"]) for row in rows]
        self.assertEqual(self.recorder._keys(rows), keys)

    def test_proof_stays(self):
        self.say(source="Fair", text_version="2026-1", note="By hand")
        event = self.env["crm.consent.event"].search([("source", "=", "Fair")])
        self.assertTrue(event.received_date)
        self.assertEqual(self.consent().event_ids, event)
        for record in (event, self.consent()):
            with self.assertRaises(UserError):
                record.sudo().write({"address": "x"})
            with self.assertRaises(UserError):
                record.sudo().unlink()

    def test_nobody_writes_by_hand(self):
        user = new_test_user(
            self.env,
            "consent_vp",
            "crm_relationship.group_vp,crm_relationship.group_campaign",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.say()
        for name in ("crm.consent", "crm.consent.event"):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
                self.env[name].with_user(user).create(
                    {"kind": "email", "address": "x", "purpose": "promotion"}
                )
            self.assertTrue(self.env[name].with_user(user).search_count([]))

    def test_number_of_queries(self):
        """A thousand rows take as many queries as one."""
        self.say()

        def rows(number):
            return [
                {
                    "kind": "email",
                    "address": f"bulk{number}.{n}@c.example",
                    "purpose": "promotion",
                    "change": "granted",
                    "how": "import",
                }
                for n in range(number)
            ]

        counts = []
        for number in (1, 1000):
            before = self.env.cr.sql_log_count
            self.recorder._record(rows(number))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
        [(found,)] = self.env.execute_query(
            SQL("SELECT count(*) FROM crm_consent WHERE address LIKE 'bulk1000.%%'")
        )
        self.assertEqual(found, 1000)
