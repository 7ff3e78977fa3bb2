import base64
from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .consent_common import NUMBERS, ConsentCase


@tagged("post_install", "-at_install")
class TestConsentSet(ConsentCase):
    """What other systems, files and people enter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        companies = {
            "company_id": cls.company.id,
            "company_ids": [(6, 0, cls.company.ids)],
        }
        cls.user = new_test_user(
            cls.env, "consent_campaign", "crm_relationship.group_campaign", **companies
        )
        cls.outsider = new_test_user(
            cls.env, "consent_nobody", "base.group_user", **companies
        )
        cls.ann.ref = "CONSENT-1"

    def call(self, changes, key="k", user=None):
        api = self.env["crm.api"].with_user(user or self.user)
        return api.consent_set(changes, key)

    def change(self, **values):
        return {
            "partner": self.ann.id,
            "channel": "email",
            "purpose": "promotion",
            "change": "withdrawn",
            **values,
        }

    def test_recorded(self):
        answer = self.call([self.change(note="By telephone")])
        self.assertEqual(
            answer,
            {
                "recorded": 1,
                "late": 0,
                "suppressed": 0,
                "errors": [],
                "error_count": 0,
            },
        )
        event = self.consent().event_ids
        self.assertEqual((event.how, event.user_id), ("api", self.user))
        self.assertEqual(event.note, "By telephone")
        self.assertEqual(self.rule(), "withdrawn")

    def test_once(self):
        changes = [self.change(channel="all", purpose="all")]
        first = self.call(changes)
        self.assertEqual(first["recorded"], 9)
        self.assertEqual(self.call(changes), first)
        self.assertEqual(len(self.consent().event_ids), 1)
        with self.assertRaises(UserError):
            self.call([self.change(change="lifted")])

    def test_newest_said_wins(self):
        self.call([self.change(date="2026-03-01T10:00:00Z")], "a")
        old = self.change(change="granted", date="2026-03-01T10:00:00Z", source="Fair")
        self.call([old], "b")
        self.assertEqual(self.consent().state, "withdrawn")
        older = old | {"date": "2026-02-01T10:00:00Z"}
        self.assertEqual(self.call([older], "c")["late"], 1)
        newer = old | {"date": "2026-03-01T11:00:01+01:00"}
        self.assertEqual(self.call([newer], "d")["late"], 0)
        self.assertEqual(self.consent().state, "granted")

    def test_all_or_nothing(self):
        bad = {
            "partner": self.change(partner=2**31 - 1),
            "channel": self.change(channel="fax"),
            "purpose": self.change(purpose="dunning"),
            "change": self.change(change="maybe"),
            "date": self.change(date="2999-01-01T00:00:00Z"),
            "source": self.change(change="granted"),
            "until": self.change(change="paused"),
            "x": self.change(x=1),
            "address": self.change(address="no address"),
        }
        answer = self.call([self.change(), *bad.values(), 5])
        self.assertEqual(answer["recorded"], 0)
        self.assertEqual(
            [(e["row"], e["field"]) for e in answer["errors"]],
            [*enumerate(bad, 2), (11, "")],
        )
        for error in answer["errors"]:
            self.assertTrue(error["reason"])
        self.assertFalse(self.consent())
        # A refused call may be corrected under its key.
        self.assertEqual(self.call([self.change()])["recorded"], 1)

    def test_addresses_of_nobody(self):
        self.call(
            [
                self.change(partner=None, address="Zoe <ZOE@C.example>"),
                self.change(partner=None, channel="sms", address="+1 202-555-0199"),
            ]
        )
        self.assertEqual(self.consent("zoe@c.example").state, "withdrawn")
        self.assertEqual(self.consent("+12025550199", "sms").state, "withdrawn")

    def test_rights(self):
        with self.assertRaises(AccessError):
            self.call([self.change()], user=self.outsider)
        for bad in (None, [], {}, [{}] * 1001):
            with self.assertRaises(UserError):
                self.call(bad)

    def test_entered_by_hand(self):
        form = Form(
            self.env["crm.consent.change"]
            .with_user(self.user)
            .with_context(default_partner_id=self.ann.id)
        )
        form.change = "granted"
        form.source = "Call"
        change = form.save()
        change.action_record()
        self.assertFalse(self.rule())
        self.assertEqual(self.consent().event_ids.how, "manual")
        form = Form(self.env["crm.consent.change"].with_user(self.user))
        form.address = "nothing"
        with self.assertRaisesRegex(UserError, "no such address"):
            form.save().action_record()

    # ---- files ----------------------------------------------------------------------

    def load(self, text, **values):
        wizard = (
            self.env["crm.consent.import"]
            .with_user(self.user)
            .create({"file": base64.b64encode(text.encode()), **values})
        )
        wizard.action_import()
        return wizard

    def test_file(self):
        wizard = self.load(
            "\ufeffpartner;channel;purpose;change;date\n"
            "CONSENT-1;email;promotion;granted;2026-03-01\n"
            "CONSENT-1;sms;all;withdrawn;2026-03-01 10:00\n",
            source="Fair",
            text_version="F1",
        )
        self.assertEqual((wizard.state, wizard.recorded_count), ("done", 4))
        event = self.consent().event_ids
        self.assertEqual((event.source, event.text_version), ("Fair", "F1"))
        self.assertEqual(event.user_id, self.user)
        self.assertFalse(self.rule())

    def test_local_times(self):
        """Times are the user's, else the company's; a day is the stricter end of it."""
        self.company.crm_tz = "Pacific/Honolulu"  # UTC-10, no summer time
        for zone, hours in (("Asia/Tokyo", -9), (False, 10)):
            self.user.tz = zone
            moved = timedelta(hours=hours)
            day, end = datetime(2026, 3, 1) + moved, datetime(2026, 3, 1, 23, 59, 59)
            for change, written, until, said in (
                ("granted", "2026-03-01", "", day),
                ("withdrawn", "2026-03-01", "", end + moved),
                ("withdrawn", "2026-03-01 10:00", "", day + timedelta(hours=10)),
                ("granted", "2026-03-01T10:00:00Z", "", datetime(2026, 3, 1, 10)),
                ("paused", "2026-02-01 00:00", "2026-03-01", end + moved),
            ):
                with self.subTest(zone=zone, change=change, written=written):
                    email = f"{next(NUMBERS)}@c.example"
                    wizard = self.load(
                        "address,channel,purpose,change,date,until,source\n"
                        f"{email},email,promotion,{change},{written},{until},Fair\n"
                    )
                    self.assertEqual(wizard.state, "done")
                    row = self.consent(email)
                    self.assertEqual(row.pause_until or row.state_date, said)

    def test_withdrawn_today(self):
        """A day that is not over is over now; one to come was not said yet."""
        self.user.tz = "UTC"
        text = "partner,channel,purpose,change,date\nCONSENT-1,email,promotion,"
        wizard = self.load(f"{text}withdrawn,{self.now.date()}\n")
        self.assertEqual(self.consent().state_date, self.now)
        wizard = self.load(f"{text}withdrawn,{self.now.date() + timedelta(days=2)}\n")
        self.assertEqual(wizard.state, "bad")

    def test_wrong_rows_are_told(self):
        wizard = self.load(
            "address,channel,purpose,change,source\n"
            "zoe@c.example,email,promotion,granted,Fair\n"
            "zoe@c.example,email,promotion,granted,\n"
            "x,email,promotion,withdrawn,\n"
        )
        self.assertEqual(wizard.state, "bad")
        self.assertEqual(
            [(row.number, row.column) for row in wizard.row_ids],
            [(3, "source"), (4, "address")],
        )
        self.assertFalse(self.consent("zoe@c.example"))

    def test_no_such_file(self):
        for text in ("", "address,colour\nx,y\n", "address,channel\n", "a\n" * 20_010):
            with self.assertRaises(UserError):
                self.load(text)
