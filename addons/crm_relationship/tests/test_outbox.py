import smtplib
from unittest.mock import patch

from odoo.tests import tagged

from ..models.crm_outbox_queue import LostRow
from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestOutbox(OutboxCase):
    def test_sent_once_and_recorded(self):
        mail = self.compose()
        self.assertEqual((mail.audience_count, mail.reach_count), (3, 3))
        mail.action_confirm()
        mail.action_confirm()
        self.assertEqual(len(self.rows(mail)), 3)
        self.send()
        self.send()
        self.assertEqual(len(self.smtp.taken), 3)
        self.assertEqual(set(self.rows(mail).mapped("state")), {"sent"})
        self.assertEqual((mail.sent_count, mail.planned_count), (3, 0))
        self.assertEqual(mail.progress, 100)
        row = self.rows(mail)[0]
        touch = self.env["crm.touch"].search(
            [("source_model", "=", "crm.outbox"), ("source_key", "=", str(row.id))]
        )
        self.assertEqual(touch.partner_id, row.partner_id)
        self.assertEqual(touch.address, row.partner_id.email_normalized)
        self.assertEqual(touch.channel_id, self.channels["email"])
        self.assertEqual(touch.purpose, "service")
        self.assertEqual(touch.message_id, row.message_id)

    def test_mail_as_it_arrives(self):
        self.compose(self.customers[:1]).action_confirm()
        self.send()
        [(sender, recipients, message)] = self.smtp.taken
        row = self.env["crm.outbox"].search(
            [("message_ref", "=", message["Message-Id"])]
        )
        self.assertEqual(recipients, [self.customers[0].email_normalized])
        self.assertEqual(sender, self.domain.bounce_email)
        self.assertIn("manager@outbox.example", message["From"])
        self.assertIn(self.domain.catchall_email, message["Reply-To"])
        self.assertEqual(message["Subject"], "About your order")
        body = message.get_body(("html",)).get_content()
        self.assertIn("Dear Outbox customer 0, all is well.", body)
        self.assertRegex(
            message["List-Unsubscribe"].strip(), r"^<http.*/crm/unsubscribe/[-\w.]+>$"
        )
        self.assertEqual(message["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        shown = row.message_id
        self.assertEqual(
            (shown.model, shown.res_id), ("res.partner", row.partner_id.id)
        )
        self.assertEqual(shown.notification_ids.notification_status, "sent")

    def test_refused_for_good(self):
        mail = self.compose(self.customers[:2])
        bad = self.customers[0].email_normalized
        self.smtp.answers[bad] = ("rcpt", 550, "no such user")
        mail.action_confirm()
        self.send()
        states = {row.address: row.state for row in self.rows(mail)}
        self.assertEqual(states[bad], "failed")
        self.assertEqual(len(self.smtp.taken), 1)
        failed = self.rows(mail).filtered(lambda row: row.state == "failed")
        self.assertIn("550 no such user", failed.text)
        self.assertEqual(mail.failed_count, 1)

    def test_delayed_is_tried_five_times(self):
        mail = self.compose(self.customers[:1])
        address = self.customers[0].email_normalized
        self.smtp.answers[address] = ("rcpt", 451, "later")
        mail.action_confirm()
        row = self.rows(mail)
        waits = []
        for attempt in range(1, 5):
            self.send()
            self.assertEqual((row.state, row.attempt), ("planned", attempt))
            waits.append((row.due - row.send_date).total_seconds())
            self.due_now(row)
        self.send()
        self.assertEqual((row.state, row.attempt), ("failed", 5))
        self.assertEqual(waits, [60, 240, 960, 3840])
        self.assertIn("451 later", row.text)

    def test_connection_lost_after_the_data(self):
        """Nobody knows: it is not sent again by itself."""
        mail = self.compose(self.customers[:1])
        address = self.customers[0].email_normalized
        gone = smtplib.SMTPServerDisconnected("gone")
        self.smtp.answers[address] = ("end", gone)
        mail.action_confirm()
        self.send()
        row = self.rows(mail)
        self.assertEqual(row.state, "unknown")
        del self.smtp.answers[address]
        self.due_now(row)
        self.send()
        self.assertEqual(row.state, "unknown")
        self.assertFalse(self.smtp.taken)
        self.assertEqual(mail.unknown_count, 1)

    def test_connection_lost_before_the_data(self):
        """It surely was not taken: the next attempt sends it."""
        mail = self.compose(self.customers[:1])
        address = self.customers[0].email_normalized
        gone = smtplib.SMTPServerDisconnected("gone")
        self.smtp.answers[address] = ("data", gone)
        mail.action_confirm()
        self.send()
        row = self.rows(mail)
        self.assertEqual((row.state, row.attempt), ("planned", 1))
        self.smtp.answers.clear()
        self.due_now(row)
        self.send()
        self.assertEqual(row.state, "sent")

    def test_try_again_now(self):
        """Messages held for a mail server leave at once when its pause is ended."""
        mail = self.compose()
        mail.action_confirm()
        rows = self.rows(mail)
        rows.lane_id.breaker_errors = 1
        adapter = type(self.env["crm.outbox.adapter.mail"])
        with (
            self.without_network(),
            patch.object(adapter, "_connect", side_effect=ConnectionRefusedError),
        ):
            list(self.env["crm.outbox.sender"]._work("service"))
        server = self.env["crm.send.server"].search([("error_count", "=", 1)])
        self.assertTrue(server.paused_until)
        self.assertEqual(set(rows.mapped("due")), {server.paused_until})
        self.send()
        self.assertEqual(set(rows.mapped("state")), {"planned"})
        server.action_try_again()
        self.send()
        self.assertEqual(set(rows.mapped("state")), {"sent"})

    def test_checked_right_before_it_leaves(self):
        """What changed since planning keeps the message here, each with its rule."""
        four = self.make_customers(4)
        mail = self.compose(four)
        mail.action_confirm()
        archived, blacklisted, lost, kept = four
        archived.active = False
        self.env["mail.blacklist"]._add(blacklisted.email)
        lost.email = False
        self.send()
        rules = {row.partner_id: row.reason for row in self.rows(mail)}
        self.assertEqual(
            rules,
            {
                archived: "archived",
                blacklisted: "blacklisted",
                lost: "no_address",
                kept: False,
            },
        )
        self.assertEqual(len(self.smtp.taken), 1)
        self.assertEqual((mail.sent_count, mail.skipped_count), (1, 3))

    def test_deleted_contact(self):
        mail = self.compose(self.customers[:1])
        mail.action_confirm()
        row = self.rows(mail)
        self.customers[0].unlink()
        self.send()
        self.assertEqual((row.state, row.reason), ("skipped", "gone"))

    def test_withdrawn(self):
        mail = self.compose()
        mail.action_confirm()
        mail.action_withdraw()
        self.send()
        self.assertEqual(set(self.rows(mail).mapped("reason")), {"withdrawn"})
        self.assertEqual(mail.skipped_count, 3)
        self.assertFalse(self.smtp.taken)

    def test_bad_message_stops_no_other(self):
        mail = self.compose()
        mail.action_confirm()
        first = self.rows(mail)[0]
        first.address = "no address at all"
        self.send()
        self.assertEqual(first.state, "planned")
        self.assertEqual(first.attempt, 1)
        self.assertTrue(first.text)
        self.assertEqual(set((self.rows(mail) - first).mapped("state")), {"sent"})

    def test_stopped_lane(self):
        lane = self.env["crm.send.lane"].search([("code", "=", "service")])
        mail = self.compose()
        mail.action_confirm()
        lane.action_stop()
        self.send()
        self.assertEqual(set(self.rows(mail).mapped("state")), {"planned"})
        lane.action_resume()
        self.send()
        self.assertEqual(set(self.rows(mail).mapped("state")), {"sent"})

    def test_planned_once_per_origin(self):
        mail = self.compose(self.customers[:1])
        mail.action_confirm()
        row = self.rows(mail)
        vals = {
            "channel_id": row.channel_id.id,
            "purpose": "service",
            "partner_id": row.partner_id.id,
            "origin_model": row.origin_model,
            "origin_key": row.origin_key,
        }
        self.assertEqual(self.env["crm.outbox"]._plan([vals, vals]), row)
        again = self.env["crm.outbox"]._plan([{**vals, "occurrence": 1}])
        self.assertEqual(len(again), 2)
        self.assertEqual((again - row).company_id, self.env.company)

    def test_leases(self):
        """What a sender that is gone had in hand waits again; what it was sending is
        unknown."""
        mail = self.compose(self.customers[:2])
        mail.action_confirm()
        claimed, sending = self.rows(mail)
        past = "2020-01-01"
        claimed.write({"state": "claimed", "attempt_uid": "a", "lease": past})
        sending.write({"state": "sending", "attempt_uid": "a", "lease": past})
        self.env.flush_all()
        self.env["crm.outbox.queue"]._reap()
        self.env.invalidate_all()
        self.assertEqual((claimed.state, sending.state), ("planned", "unknown"))
        self.assertEqual(mail.unknown_count, 1)

    def test_only_who_has_it_in_hand(self):
        """A sender that lost a message to another one leaves it alone."""
        mail = self.compose(self.customers[:1])
        mail.action_confirm()
        row = self.rows(mail)
        row.write({"state": "claimed", "attempt_uid": "b", "lease": "2090-01-01"})
        self.env.flush_all()
        queue = self.env["crm.outbox.queue"]
        self.assertEqual(queue._in_hand(row.id, "b"), row)
        for state in ("claimed", "sending"):
            with self.assertRaises(LostRow):
                queue._in_hand(row.id, "a", state)
        queue._put_back("a")
        self.env.invalidate_all()
        self.assertEqual(row.state, "claimed")

    def test_forgotten_in_time(self):
        mail = self.compose(self.customers[:2])
        mail.action_confirm()
        self.send()
        old, young = self.rows(mail)
        old.done_date = "2020-01-01"
        self.env.flush_all()
        self.env["crm.outbox"]._gc_outbox()
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())
        self.assertEqual(mail.sent_count, 2)
