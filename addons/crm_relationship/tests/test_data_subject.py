import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..core.privacy import Subject
from .privacy_common import EMAIL, KEPT, NAME, NOTE, PHONE, PrivacyCommon


@tagged("post_install", "-at_install")
class TestDataSubject(PrivacyCommon):
    """A person sees everything held, and is nowhere to be found after erasure."""

    def _erase(self):
        subjects = self.env["crm.data.subject"].sudo()
        subjects._erase(subjects._subject(self.person), self.company)
        self.env.invalidate_all()

    def test_nothing_is_left(self):
        """No column of any table has the person, but those law asks to keep."""
        before = self._found()
        for column in (
            "res_partner.name",
            "mail_message.body",
            "crm_touch.note",
            "crm_lead.email_from",
            "crm_inbound_event.payload",
            "crm_decision.reason",
            "mail_blacklist.email",
            "crm_idempotency.response",
        ):
            self.assertIn(column, before, "the test would prove nothing")
        self._erase()
        self.assertLessEqual(self._found(), KEPT)

    def test_files_are_gone(self):
        files = self.env["ir.attachment"].sudo()
        about = [
            ("res_model", "in", ("res.partner", "crm.lead")),
            ("res_id", "in", [self.person.id, self.lead.id]),
            "|",
            ("res_field", "=", False),
            ("res_field", "!=", False),
        ]
        self.assertGreater(files.search_count(about), 2)
        self._erase()
        self.assertFalse(files.search(about))
        mentioned = files.search([("index_content", "ilike", NAME)])
        self.assertEqual(set(mentioned.mapped("res_model")), {"account.move"})

    def test_what_stays(self):
        """Figures and documents stay, invoices with the recipient as invoiced."""
        purchases = self.env["crm.purchase.history"].search(
            [("partner_id", "=", self.person.id)]
        )
        self._erase()
        self.assertEqual(purchases.partner_id, self.person)
        self.assertFalse(self.person.active)
        self.assertEqual(self.invoice.partner_id, self.person)
        kept = self.env["ir.attachment"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", self.invoice.id)]
        )
        self.assertIn(NAME.encode(), b"".join(kept.mapped("raw")))
        touches = self.env["crm.touch"].search([("partner_id", "=", self.person.id)])
        self.assertGreaterEqual(len(touches), 2)

    def test_others_keep_theirs(self):
        """Whoever shares nothing but the switchboard loses nothing."""
        other = self.env["crm.lead"].create(
            {"name": "Other", "email_from": "other@example.com", "phone": PHONE}
        )
        colleague = self.env["res.partner"].create(
            {"name": "Colleague", "phone": PHONE, "email": "c@example.com"}
        )
        touch = self._log(partner_id=colleague.id, note="kept", address=PHONE)
        self._erase()
        self.assertEqual(other.name, "Other")
        self.assertEqual((colleague.name, colleague.phone), ("Colleague", PHONE))
        self.assertEqual(touch.note, "kept")

    def test_comes_back(self):
        """An address that comes back is recognised and blocked, others are not."""
        self._erase()
        blacklist = self.env["mail.blacklist"].sudo()
        self.assertFalse(blacklist.search([("email", "=", EMAIL)]))
        self.env["res.partner"].create(
            [
                {"name": "Again", "email": f"Again <{EMAIL.upper()}>"},
                {"name": "New", "email": "new@canary.example"},
            ]
        )
        self.assertTrue(blacklist.search([("email", "=", EMAIL)]))
        self.assertFalse(blacklist.search([("email", "=", "new@canary.example")]))
        numbers = self.env["phone.blacklist"].sudo()
        self.customer.phone = PHONE
        self.assertTrue(numbers.search([("number", "=", "+12125550777")]))

    def test_comes_back_with_a_lead(self):
        self._erase()
        self.env["crm.lead"].create({"name": "L", "email_from": EMAIL})
        blacklist = self.env["mail.blacklist"].sudo()
        self.assertTrue(blacklist.search([("email", "=", EMAIL)]))

    def test_comes_back_by_writing(self):
        self._erase()
        self.other_customer.email = EMAIL
        blacklist = self.env["mail.blacklist"].sudo()
        self.assertTrue(blacklist.search([("email", "=", EMAIL)]))

    def test_chinese_names_are_searched(self):
        """Three signs are a whole name, also as other programs write them."""
        patterns = Subject((1,), names=("王小明",)).patterns()
        self.assertIn("%王小明%", patterns)
        self.assertTrue(any("u738b" in pattern for pattern in patterns))
        self.assertFalse(Subject((1,), names=("Li",)).patterns())

    def test_open_questions_are_settled(self):
        """What is left of a message nobody knows about is nothing to decide on."""
        release = (
            self.env["crm.outbox.release"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "outbox_key": 4711,
                    "attempt_uid": "gone",
                    "partner_id": self.person.id,
                    "channel_id": self.env.ref("crm_relationship.crm_channel_email").id,
                }
            )
        )
        self.assertEqual(release.state, "open")
        self._erase()
        self.assertEqual(release.state, "settled")

    def test_suppression_tells_nothing(self):
        """A number, not an address, and another one in every installation."""
        self._erase()
        rows = self.env["crm.suppression"].search([])
        self.assertEqual(set(rows.mapped("kind")), {"email", "phone"})
        old = set(rows.mapped("digest"))
        self.env["ir.config_parameter"].sudo().set_param(
            "crm_relationship.suppression_secret", "another"
        )
        self.env["crm.suppression"]._remember(self.company, [EMAIL])
        self.assertEqual(len(set(rows.search([]).mapped("digest")) - old), 1)

    def test_export(self):
        """Everything held is in what the person gets."""
        subjects = self.env["crm.data.subject"].sudo()
        subject = subjects._subject(self.person)
        pages = subjects._export(subject, self.company)
        text = json.dumps(pages)
        for part in (NAME, EMAIL, PHONE, NOTE, self.order.name, self.invoice.name):
            self.assertIn(part, text)
        labels = [label for label, _titles, rows in pages if rows]
        self.assertGreater(len(labels), 8, labels)

    def test_each_company_tells_its_own(self):
        """What another company noted about the person is for that one to tell."""
        touch = self.env["crm.touch"].sudo()
        other = self.env["res.company"].create({"name": "Another house"})
        touch._log(
            [
                {
                    "company_id": other.id,
                    "partner_id": self.person.id,
                    "direction": "out",
                    "channel_id": self.env.ref("crm_relationship.crm_channel_phone").id,
                    "purpose": "service",
                    "note": "Told the other house only",
                    "date": "2026-01-01",
                }
            ]
        )
        subjects = self.env["crm.data.subject"].sudo()
        subject = subjects._subject(self.person)
        ours = json.dumps(subjects._export(subject, self.company))
        theirs = json.dumps(subjects._export(subject, other))
        self.assertNotIn("Told the other house only", ours)
        self.assertIn("Told the other house only", theirs)

    def test_not_everybody(self):
        """Firms are no persons, and employees no customers."""
        subjects = self.env["crm.data.subject"]
        for partner in (self.customer, self.seller.partner_id):
            with self.assertRaises(UserError):
                subjects._subject(partner)
