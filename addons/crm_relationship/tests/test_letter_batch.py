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

    def test_checked_when_printed(self):
        batch = self.collect()
        self.customers[0].active = False
        batch.action_print()
        self.assertEqual((batch.letter_count, self.mail.skipped_count), (2, 1))
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "crm_relationship.letter_batch", batch.ids
        )
        self.assertNotIn(b"Low Street 2", html)

    def test_checked_when_posted(self):
        batch = self.collect()
        batch.action_print()
        self.customers[0].active = False
        action = batch.action_posted()
        self.assertIn(self.customers[0].name, action["params"]["message"])
        self.assertEqual((self.mail.sent_count, self.mail.skipped_count), (2, 1))

    def test_nothing_left_to_print(self):
        batch = self.collect()
        self.customers.active = False
        action = batch.action_print()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(batch.state, "cancelled")
        self.assertEqual(self.mail.skipped_count, 3)

    def test_withdrawn_in_hand(self):
        batch = self.collect()
        self.mail.action_withdraw()
        batch.action_posted()
        self.assertEqual((self.mail.sent_count, self.mail.skipped_count), (0, 3))

    def test_only_buttons_write(self):
        batch = self.collect()
        with self.assertRaises(UserError):
            batch.state = "posted"
        with self.assertRaises(UserError):
            self.Batch.create({"company_id": self.company.id})
