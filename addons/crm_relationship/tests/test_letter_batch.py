from odoo.exceptions import UserError
from odoo.tests import tagged

from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestLetterBatch(OutboxCase):
    def setUp(self):
        super().setUp()
        self.customers.write({"street": "High Street 1", "city": "Ghent"})
        self.customers[0].street = "Low Street 2"
        self.customers[1].street = "Side Street 3"
        self.mail = self.compose(kind="letter")
        self.mail.action_confirm()
        Batch = self.env["crm.letter.batch"].with_user(self.manager)
        self.Batch = Batch.with_company(self.company)

    def collect(self):
        return self.Batch.browse(self.Batch.action_collect()["res_id"])

    def test_no_sender_takes_letters(self):
        self.send()
        self.assertEqual(set(self.rows(self.mail).mapped("state")), {"planned"})

    def test_printed_and_posted(self):
        batch = self.collect()
        self.assertEqual(batch.letter_count, 3)
        with self.assertRaisesRegex(UserError, "No letter waits"):
            self.collect()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "crm_relationship.letter_batch", batch.ids
        )
        for text in (b"Low Street 2", b"Dear Outbox customer 1, all is well."):
            self.assertIn(text, html)
        batch.action_posted()
        batch.action_posted()
        self.assertEqual(set(self.rows(self.mail).mapped("state")), {"sent"})
        touches = self.env["crm.touch"].search(
            [("partner_id", "in", self.customers.ids)]
        )
        self.assertEqual(len(touches), 3)
        self.assertEqual(touches[0].subject, "About your order")
        self.assertEqual(self.mail.sent_count, 3)

    def test_given_back(self):
        batch = self.collect()
        batch.action_cancel()
        self.assertEqual(set(self.rows(self.mail).mapped("state")), {"planned"})
        self.assertEqual(self.collect().letter_count, 3)

    def test_checked_when_collected(self):
        self.customers[0].active = False
        batch = self.collect()
        self.assertEqual(batch.letter_count, 2)
        self.assertEqual(self.mail.skipped_count, 1)

    def test_only_buttons_write(self):
        batch = self.collect()
        with self.assertRaises(UserError):
            batch.state = "posted"
        with self.assertRaises(UserError):
            self.Batch.create({"company_id": self.company.id})
