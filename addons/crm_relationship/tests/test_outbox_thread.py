from odoo.tests import tagged

from .outbox_common import OutboxCase

REPLY = """From: {sender}
To: {to}
Subject: Re: About your order
Message-Id: <{number}@c.example>
In-Reply-To: {ref}
References: {ref}
{more}Content-Type: text/plain; charset=utf-8

{text}
"""
BOUNCE = """From: MAILER-DAEMON@c.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-Id: <bounce-{number}@c.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

It could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; c.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1

--B
Content-Type: message/rfc822

From: manager@outbox.example
To: {address}
Message-Id: {ref}
Subject: About your order

Dear customer
--B--
"""


@tagged("post_install", "-at_install")
class TestOutboxThread(OutboxCase):
    """What comes back is put down to the right customer."""

    def setUp(self):
        super().setUp()
        self.compose(self.customers[:1]).action_confirm()
        self.send()
        [(_sender, _recipients, self.message)] = self.smtp.taken
        self.ref = self.message["Message-Id"]
        self.customer = self.customers[0]

    def receive(self, template, **values):
        known = {
            "number": self.id(),
            "ref": self.ref,
            "to": self.message["Reply-To"],
            "sender": self.customer.email,
            "address": self.customer.email_normalized,
            "text": "Thank you",
            "more": "",
        }
        text = template.format(**known | values)
        self.env["mail.thread"].message_process("mail.thread", text)

    def sent(self):
        return self.env["crm.touch"].search(
            [("partner_id", "=", self.customer.id), ("direction", "=", "out")]
        )

    def received(self):
        return self.env["crm.touch"].search(
            [("partner_id", "=", self.customer.id), ("direction", "=", "in")]
        )

    def test_shown_once(self):
        """A mail is a message on the timeline, or a contact once that is deleted."""

        def kinds():
            page = self.env["crm.timeline"]._timeline_page(
                self.customer, kinds=["contact", "message"]
            )
            return [row["kind"] for row in page["rows"]]

        self.assertEqual(kinds(), ["message"])
        self.sent().message_id.unlink()
        self.assertEqual(kinds(), ["contact"])

    def test_reply(self):
        self.receive(REPLY)
        message = self.env["mail.message"].search(
            [("model", "=", "res.partner"), ("res_id", "=", self.customer.id)],
            order="id desc",
            limit=1,
        )
        self.assertIn("Thank you", message.body)
        self.assertEqual(len(self.received()), 1)
        self.assertEqual(self.sent().response, "replied")

    def test_reply_from_another_address(self):
        """Its references say whose thread it is."""
        self.receive(REPLY, sender="private@else.example")
        message = self.env["mail.message"].search(
            [("model", "=", "res.partner"), ("res_id", "=", self.customer.id)],
            order="id desc",
            limit=1,
        )
        self.assertIn("Thank you", message.body)

    def test_automatic_reply(self):
        self.receive(REPLY, more="Auto-Submitted: auto-replied\n", text="Away")
        self.assertFalse(self.received())
        self.assertEqual(self.sent().response, "none")

    def test_bounce(self):
        before = self.customer.message_bounce
        self.receive(BOUNCE, to=self.domain.bounce_email)
        self.assertEqual(self.sent().response, "bounced")
        self.assertEqual(self.customer.message_bounce, before + 1)
        notification = self.sent().message_id.notification_ids
        self.assertEqual(notification.notification_status, "bounce")
        self.assertFalse(self.received())
