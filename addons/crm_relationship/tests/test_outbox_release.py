import smtplib

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..core import smtp as wire
from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestOutboxRelease(OutboxCase):
    def setUp(self):
        super().setUp()
        self.address = self.customers[0].email_normalized
        gone = smtplib.SMTPServerDisconnected("gone")
        self.smtp.answers[self.address] = ("end", gone)
        self.mail = self.compose(self.customers[:1])
        self.mail.action_confirm()
        self.send()
        self.smtp.answers.clear()
        self.send()
        self.row = self.rows(self.mail)
        self.release = self.env["crm.outbox.release"].search(
            [("outbox_key", "=", self.row.id)]
        )

    def touches(self):
        return self.env["crm.touch"].search(
            [("source_model", "=", "crm.outbox"), ("source_key", "=", str(self.row.id))]
        )

    def test_listed_once_with_evidence(self):
        self.send()
        self.assertEqual(len(self.release), 1)
        self.assertEqual(self.release.state, "open")
        for part in (self.address, "Outbox server", "gone", self.row.message_ref):
            self.assertIn(part, self.release.evidence)
        lists = self.env["crm.workbench"].with_user(self.manager).get_worklists()
        self.assertIn("unknown_messages", str(lists))

    def test_it_arrived(self):
        self.release.with_user(self.manager).action_decide("arrived")
        self.assertEqual(self.row.state, "sent")
        self.assertEqual(self.mail.sent_count, 1)
        self.assertEqual(len(self.touches()), 1)
        self.send()
        self.assertFalse(self.smtp.taken)

    def test_send_again(self):
        self.release.with_user(self.manager).action_decide("again")
        self.assertEqual(self.row.state, "planned")
        self.assertFalse(self.touches())
        self.send()
        self.assertEqual(self.row.state, "sent")
        self.assertEqual(len(self.smtp.taken), 1)
        self.assertEqual(len(self.touches()), 1)
        # The same name: mail programs that got it twice show it once.
        self.assertEqual(self.smtp.taken[0][2]["Message-Id"], self.release.message_ref)

    def test_decided_once(self):
        self.release.with_user(self.manager).action_decide("arrived")
        with self.assertRaises(UserError):
            self.release.with_user(self.manager).action_decide("again")
        self.assertEqual(self.row.state, "sent")

    def test_sender_came_back(self):
        """Its sender was only slow: what it knows is written down, and the question is
        settled."""
        receipt = wire.Receipt(wire.ACCEPTED, "250 taken")
        recorder = self.env["crm.outbox.recorder"]
        recorder._record(self.row.id, self.row.attempt_uid, receipt)
        self.assertEqual(self.row.state, "sent")
        self.assertEqual(self.release.state, "settled")
        with self.assertRaises(UserError):
            self.release.with_user(self.manager).action_decide("again")

    def test_late_sender_does_not_overrule(self):
        self.release.with_user(self.manager).action_decide("again")
        receipt = wire.Receipt(wire.REFUSED, "550 no")
        recorder = self.env["crm.outbox.recorder"]
        recorder._record(self.row.id, self.release.attempt_uid, receipt)
        self.assertEqual(self.row.state, "planned")

    def test_unknown_again(self):
        """Sent again, and again nobody knows: another decision."""
        self.release.with_user(self.manager).action_decide("again")
        gone = smtplib.SMTPServerDisconnected("gone")
        self.smtp.answers[self.address] = ("end", gone)
        self.send()
        self.send()
        releases = self.release.search([("outbox_key", "=", self.row.id)])
        self.assertEqual(len(releases), 2)
        self.assertEqual(releases.filtered(lambda r: r.state == "open").attempt, 2)

    def test_who_decides(self):
        reader = new_test_user(
            self.env,
            "outbox_reader",
            "crm_relationship.group_reader",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.assertTrue(self.release.with_user(reader).evidence)
        with self.assertRaises(AccessError):
            self.release.with_user(reader).action_decide("again")
        with self.assertRaises(AccessError):
            self.release.with_user(self.manager).write({"said": "x"})

    def test_several_at_once(self):
        self.release.with_user(self.manager).action_decide_arrived()
        self.assertEqual(self.release.state, "arrived")
