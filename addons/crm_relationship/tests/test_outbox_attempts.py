from unittest.mock import patch

from odoo.tests import tagged

from ..core.outbox import Content
from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestOutboxAttempts(OutboxCase):
    """What another attempt says, and to whom, its contact's page says, too."""

    def setUp(self):
        super().setUp()
        self.customer, self.other = self.customers[:2]
        self.mail = self.compose(self.customer)
        refused = ("rcpt", 451, "later")
        self.smtp.answers = {self.customer.email_normalized: refused}
        self.mail.action_confirm()
        self.send()
        self.row = self.rows(self.mail)
        self.assertEqual(self.row.state, "planned")
        self.smtp.answers = {}
        self.due_now(self.row)

    def test_the_page_says_what_is_sent(self):
        message = self.row.message_id
        content = Content("Other subject", "<p>Other words</p>")
        recipients = type(self.env["crm.service.mail.recipient"])
        with patch.object(recipients, "_outbox_content", lambda _row: content):
            self.send()
        self.assertEqual(self.row.state, "sent")
        self.assertEqual(self.row.message_id, message)
        self.assertEqual(message.subject, "Other subject")
        self.assertIn("Other words", message.body)

    def test_another_contact(self):
        message = self.row.message_id
        self.env["crm.outbox.recorder"].sudo()._readdress(self.row, self.other)
        self.assertFalse(message.exists())
        self.send()
        [(_from, recipients, _mail)] = self.smtp.taken
        self.assertEqual(recipients, [self.other.email_normalized])
        self.assertEqual(self.row.message_id.res_id, self.other.id)

    def test_what_may_have_arrived_stays(self):
        message = self.row.message_id
        message.notification_ids.notification_status = "exception"
        self.env["crm.outbox.recorder"].sudo()._readdress(self.row, self.other)
        self.assertTrue(message.exists())
