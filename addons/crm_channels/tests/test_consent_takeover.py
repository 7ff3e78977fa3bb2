from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..core.consent import PURPOSES
from ..hooks import post_init_hook
from .consent_common import NUMBERS, ConsentCase

WHERE = "odoo.addons.crm_channels.models.crm_consent_takeover"


@tagged("post_install", "-at_install")
class TestConsentTakeover(ConsentCase):
    """What Odoo's lists said before this module came holds at once, and is written
    down in ranges."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_consent_default = "allowed"
        cls.takeover = cls.env["crm.consent.takeover"]
        cls.takeover.search([]).unlink()

    def before(self, table, column, value):
        """Put somebody on a list as if this module was not there yet."""
        self.env.flush_all()
        [(entry,)] = self.env.execute_query(
            SQL(
                "INSERT INTO %s (%s, active) VALUES (%s, true) RETURNING id",
                SQL.identifier(table),
                SQL.identifier(column),
                value,
            )
        )
        self.env.invalidate_all()
        return entry

    def left(self, partner, *opt_outs):
        """Let somebody have left lists, or not."""
        contact = self.env["mailing.contact"].create({"email": partner.email})
        for opt_out in opt_outs:
            found = self.env["mailing.list"].create({"name": "List"})
            contact.subscription_ids += self.env["mailing.subscription"].create(
                {"contact_id": contact.id, "list_id": found.id}
            )
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE mailing_subscription SET opt_out = %s WHERE list_id = %s",
                [opt_out, found.id],
            )
        self.env.invalidate_all()
        return contact

    def lists(self):
        """Put three people on lists; return them by list."""
        people = {name: self.person() for name in ("opt_out", "email", "number")}
        self.left(people["opt_out"], True, True)
        email = people["email"].email_normalized
        self.before("mail_blacklist", "email", email)
        self.before("phone_blacklist", "number", people["number"].phone_sanitized)
        return people

    def request(self, first=0):
        """Install: nobody fits into the first range, or so many entries do."""
        empty = patch(f"{WHERE}.CrmConsentTakeover._take_range", lambda *_args: None)
        with empty if not first else patch(f"{WHERE}.FIRST", first):
            post_init_hook(self.env)

    def run_cron(self, time_left=60):
        """Let the cron work, an entry in each range."""
        cron = "odoo.addons.base.models.ir_cron.IrCron._commit_progress"
        with (
            patch(f"{WHERE}.in_transaction", lambda _env, work, *args: work(*args)),
            patch(f"{WHERE}.RANGE", 1),
            patch(cron, lambda *_args, **_values: time_left),
        ):
            self.takeover._cron_take_over()

    def rules(self, people):
        return [
            self.rule(people["opt_out"]),
            self.rule(people["email"]),
            self.rule(people["number"], "sms"),
        ]

    def test_nothing_there(self):
        for name in ("mail_blacklist", "phone_blacklist", "mailing_subscription"):
            self.env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(name)))
        post_init_hook(self.env)
        self.assertFalse(self.takeover.search([]))

    def test_short_lists_at_once(self):
        people = self.lists()
        self.request(first=10_000)
        self.assertFalse(self.takeover._unfinished())
        for partner, kind, purposes, how in (
            (people["opt_out"], "email", ("promotion",), "list"),
            (people["email"], "email", PURPOSES, "blacklist"),
            (people["number"], "sms", PURPOSES, "blacklist"),
            (people["number"], "phone", ("promotion",), "blacklist"),
        ):
            address = (
                partner.email_normalized if kind == "email" else partner.phone_sanitized
            )
            for purpose in PURPOSES:
                row = self.consent(address, kind, purpose)
                if purpose not in purposes:
                    self.assertFalse(row)
                    continue
                self.assertEqual((row.state, row.how), ("withdrawn", how))
                event = row.event_ids
                self.assertEqual(
                    (event.change, event.event_date, event.how),
                    ("withdrawn", row.state_date, how),
                )

    def test_holds_before_it_is_written_down(self):
        people = self.lists()
        self.assertIsNone(self.rule(people["opt_out"]))
        staying = self.person()
        self.left(staying, True, False)
        self.request()
        self.assertTrue(self.takeover._unfinished())
        self.assertFalse(self.consent(people["opt_out"].email_normalized))
        expected = ["withdrawn", "blacklisted", "withdrawn"]
        self.assertEqual(self.rules(people), expected)
        self.assertIsNone(self.rule(people["opt_out"], purpose="service"))
        self.assertIsNone(self.rule(staying))
        self.run_cron()
        self.assertEqual(self.rules(people), expected)
        self.assertIsNone(self.rule(staying))
        self.assertFalse(self.takeover._unfinished())

    def test_goes_on_where_it_stopped(self):
        """... and says how far it is; a second run of a range changes nothing."""
        emails = [f"takeover{next(NUMBERS)}@c.example" for _n in range(5)]
        for email in emails:
            self.before("mail_blacklist", "email", email)
        self.request()
        run = self.takeover.search(
            [("company_id", "=", self.company.id), ("source", "=", "email")]
        )
        self.takeover.search([("id", "!=", run.id)]).unlink()
        [(first,)] = self.env.execute_query(
            SQL("SELECT id FROM mail_blacklist WHERE email = %s", emails[0])
        )
        run.position = first - 1
        settings = self.env["res.config.settings"].create({})

        for _turn in range(2):
            self.run_cron(time_left=0)
        taken = [bool(self.consent(email)) for email in emails]
        self.assertEqual(taken, [True, True, False, False, False])
        self.assertLess(settings.crm_takeover_progress, 100)
        run.position = first - 1
        self.run_cron()
        for email in emails:
            for purpose in PURPOSES:
                self.assertEqual(len(self.consent(email, purpose=purpose).event_ids), 1)
        settings.invalidate_recordset()
        self.assertEqual(settings.crm_takeover_progress, 100)

    def test_old_consent_does_not_unblock(self):
        """What is imported meanwhile and older than the installation does not hold;
        what customers say now does."""
        entry = self.before("mail_blacklist", "email", self.ann.email_normalized)
        entry = self.env["mail.blacklist"].browse(entry)
        self.request()
        self.say("granted", -1)
        self.assertTrue(entry.active)
        self.assertEqual(self.consent().state, "withdrawn")
        self.say("granted", 1)
        self.assertFalse(entry.active)
        self.run_cron()
        self.assertEqual(self.consent().state, "granted")
        self.assertEqual(self.consent(purpose="service").state, "withdrawn")

    def test_off_the_list_meanwhile(self):
        people = self.lists()
        self.request()
        blacklists = (("mail.blacklist", "email"), ("phone.blacklist", "number"))
        for model, name in blacklists:
            entries = self.env[model].search([])
            person = people["email" if name == "email" else "number"]
            mine = {person.email_normalized, person.phone_sanitized}
            mine = entries.filtered(lambda r, n=name, m=mine: r[n] in m)
            mine.action_archive()
        contact = self.env["mailing.contact"].search(
            [("email_normalized", "=", people["opt_out"].email_normalized)]
        )
        contact.subscription_ids[0].opt_out = False
        self.assertEqual(self.rules(people), [None] * 3)
        self.run_cron()
        # Both were said, so whoever takes the address over at this moment begins again.
        rows = [
            self.consent(people["opt_out"].email_normalized),
            self.consent(people["email"].email_normalized),
            self.consent(people["number"].phone_sanitized, "sms"),
        ]
        for row in rows:
            said = sorted(row.event_ids.mapped("change"))
            self.assertEqual((row.state, said), ("unknown", ["lifted", "withdrawn"]))
        self.assertEqual(self.rules(people), [None] * 3)

    def test_refusal_goes_along_meanwhile(self):
        self.before("mail_blacklist", "email", self.ann.email_normalized)
        self.request()
        self.ann.email = "ann.moved@c.example"
        self.assertEqual(self.consent().how, "address")
        self.assertEqual(self.rule(purpose="service"), "blacklisted")

    def test_preference_page_shows_it(self):
        self.before("mail_blacklist", "email", self.ann.email_normalized)
        self.request()
        page = self.env["crm.preferences"]._page(self.ann, self.company)
        self.assertFalse(page["choices"]["email", "promotion"])
        self.assertFalse(page["choices"]["email", "service"])

    def test_erased_meanwhile(self):
        """Nobody erased comes back with the take-over."""
        email = self.ann.email_normalized
        self.before("mail_blacklist", "email", email)
        self.request()
        subjects = self.env["crm.data.subject"].sudo()
        subjects._erase(subjects._subject(self.ann), self.company)
        self.run_cron()
        for name in ("crm.consent", "crm.consent.event"):
            self.assertFalse(self.env[name].search_count([("address", "=", email)]))
