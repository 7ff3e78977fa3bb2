from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.crm_channels.models.crm_contact_gate import CrmContactGate
from odoo.addons.mail.models.mail_mail import MailMail

from .promotion_common import PromotionCase


@tagged("post_install", "-at_install")
class TestCoreQueue(PromotionCase):
    """Promotion obeys the rules of the moment it leaves Odoo's queues."""

    def run_messages(self):
        # It would commit.
        with (
            self.mockSMSGateway(),
            patch.object(type(self.env["ir.cron"]), "_commit_progress"),
        ):
            self.env["sms.sms"]._process_queue()
        return sorted(sms["number"] for sms in self._sms)

    def quiet_now(self):
        hour = self.now.hour
        self.people.write({"country_id": False})
        self.rule("quiet", quiet_from=hour, quiet_to=(hour + 2) % 24 or 24)
        return self.now.replace(minute=0, second=0) + timedelta(hours=2)

    def reservations(self):
        return self.env["crm.contact.reservation"].search([])

    # ---- mails ----------------------------------------------------------------------

    def test_who_refuses_before_the_queue_runs(self):
        mailing = self.mailing()
        mails = self.queued(mailing)
        self.wait()
        self.refuse(self.people[0].email)
        sent = self.run_queue()
        self.assertEqual(len(sent), 2)
        self.assertNotIn(self.people[0].email, " ".join(sent))
        found = self.statuses(mailing)
        self.assertEqual(found.pop(self.people[0].id), ("cancel", "crm_refused"))
        self.assertEqual(set(found.values()), {("sent", False)})
        stopped = mails.exists().filtered(lambda mail: mail.state == "cancel")
        self.assertEqual(stopped.res_id, self.people[0].id)
        self.assertIn("refused", stopped.failure_reason)
        self.assertIn("refused", stopped.mailing_trace_ids.failure_reason)
        self.assertEqual(self.touches().partner_id, self.people[1:])
        # Its place is free, and it does not leave when somebody tries again.
        self.assertEqual(self.reservations().mapped("idle"), [True])
        stopped.mark_outgoing()
        self.assertFalse(self.run_queue())
        self.assertEqual(stopped.state, "cancel")

    def test_refuses_in_the_second_the_queue_runs(self):
        """Another transaction asks again, however short after the first one."""
        self.queued(self.mailing())
        self.wait(hours=0)
        self.refuse(self.people[0].email)
        self.assertEqual(len(self.run_queue()), 2)

    def test_what_people_must_know_is_not_asked_about(self):
        mailing = self.mailing(use_exclusion_list=False)
        self.queued(mailing)
        self.wait()
        self.refuse(self.people[0].email)
        self.assertEqual(len(self.run_queue()), 3)

    def test_night_has_begun(self):
        self.policy.patience_hours = 72
        mailing = self.mailing()
        mails = self.queued(mailing)
        self.wait()
        end = self.quiet_now()
        self.assertFalse(self.run_queue())
        self.assertEqual(set(mails.mapped("scheduled_date")), {end})
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        # They take their places when they will leave, and wait from now on.
        self.assertEqual(set(self.reservations().mapped("date")), {end})
        self.assertEqual(set(self.reservations().mapped("waits_since")), {self.now})
        self.assertFalse(self.run_queue())
        # By hand it is as quiet.
        with self.mock_mail_gateway():
            mails.send()
        self.assertFalse(self._mails)
        self.policy.rule_ids.active = False
        mails.scheduled_date = False
        self.assertEqual(len(self.run_queue()), 3)
        self.assertFalse(self.reservations())

    def test_patience_ends(self):
        self.policy.patience_hours = 24
        mailing = self.mailing()
        mails = self.queued(mailing)
        self.wait()
        self.quiet_now()
        self.reservations().write({"waits_since": self.now - timedelta(hours=30)})
        self.assertFalse(self.run_queue())
        self.assertEqual(set(mails.mapped("state")), {"cancel"})

    def test_places_are_taken_when_they_leave(self):
        """What waited longer than the window takes its place when it leaves, not
        when it was made; its own place does not stand in its way."""
        self.rule(max_count=1, length=1, unit="day")
        first, second = self.mailing(), self.mailing()
        mails = self.queued(first)
        self.wait(30)
        self.queued(second)
        self.wait()
        with self.mock_mail_gateway():
            mails[0].send()
        self.assertFalse(self._mails)
        # Together in one run, of two that may leave the first one does.
        self.assertEqual(len(self.run_queue()), 3)
        self.assertEqual(
            sorted(status for status, _why in self.statuses(first).values()),
            ["cancel", "sent", "sent"],
        )
        self.assertEqual(
            sorted(status for status, _why in self.statuses(second).values()),
            ["cancel", "cancel", "sent"],
        )

    def test_what_failed_is_asked_about_again(self):
        mailing = self.mailing()
        mails = self.queued(mailing)
        servers = type(self.env["ir.mail_server"])
        with patch.object(servers, "_connect__", side_effect=OSError):
            mails.send()
        self.assertEqual(set(mails.mapped("state")), {"exception"})
        self.assertEqual(self.reservations().mapped("idle"), [True] * 3)
        self.wait(24 * 30)
        self.env["crm.contact.reservation"]._gc_reservations()
        self.refuse(self.people[0].email)
        mails.action_retry()
        self.assertEqual(len(self.run_queue()), 2)
        self.assertEqual(self.touches().partner_id, self.people[1:])

    def test_by_hand_to_many(self):
        mails, _messages = self.compose(
            composition_mode="mass_mail",
            res_ids=repr(self.people.ids),
            partner_ids=False,
            crm_promotion=True,
            auto_delete=False,
            force_send=False,
        )
        self.wait()
        self.refuse(self.people[0].email)
        self.assertEqual(len(self.run_queue()), 2)
        stopped = mails.filtered(lambda mail: mail.state == "cancel")
        self.assertEqual(stopped.res_id, self.people[0].id)
        told = self.env["mail.notification"].search([("mail_mail_id", "=", stopped.id)])
        self.assertEqual(told.mapped("notification_status"), ["canceled"])

    def test_batches_are_asked_about_at_once(self):
        mails = self.queued(self.mailing())
        self.wait()
        asked, sent = [], []

        def ask(gate, asking, recipients):
            asked.append(len(recipients))
            return original(gate, asking, recipients)

        def send(mails, **options):
            sent.append((len(mails), options["auto_commit"]))

        original = CrmContactGate._ask
        with (
            self.mock_mail_gateway(),
            patch.object(CrmContactGate, "_ask", ask),
            patch.object(MailMail, "_send", send),
            patch.object(self.env.cr, "commit", lambda: None),
            patch("odoo.addons.crm_channels.models.mail_mail.CHUNK", 2),
        ):
            mails._send(auto_commit=True)
        # Each commits: so they are asked about in small numbers, never one by one.
        self.assertEqual((asked, sent), ([2, 1], [(2, True), (1, True)]))

    # ---- text messages --------------------------------------------------------------

    def test_text_message_refused_before_the_queue_runs(self):
        mailing = self.mailing(kind="sms")
        self.queued(mailing)
        self.wait()
        self.refuse(self.people[0].phone_sanitized, "sms")
        sent = self.run_messages()
        self.assertEqual(sent, sorted(self.people[1:].mapped("phone_sanitized")))
        found = self.statuses(mailing)
        self.assertEqual(found[self.people[0].id], ("cancel", "crm_refused"))
        self.assertIn(
            "refused",
            "".join(filter(None, mailing.mailing_trace_ids.mapped("failure_reason"))),
        )
        self.assertEqual(self.touches().partner_id, self.people[1:])

    def test_text_messages_wait_for_the_morning(self):
        self.policy.patience_hours = 72
        mailing = self.mailing(kind="sms")
        messages = self.queued(mailing)
        self.wait()
        end = self.quiet_now()
        self.assertFalse(self.run_messages())
        self.assertEqual(set(messages.mapped("crm_hold_until")), {end})
        self.assertEqual(set(messages.mapped("state")), {"outgoing"})
        # Whoever comes behind them does not wait for them.
        other = self.env["sms.sms"].create({"number": "+12025559999", "body": "x"})
        with patch.object(type(messages), "_get_send_batch_size", lambda self: 1):
            self.assertEqual(self.run_messages(), [other.number])
        with self.mockSMSGateway():
            messages.send()
        self.assertFalse(self._sms)
        self.policy.rule_ids.active = False
        messages.crm_hold_until = self.now
        self.assertEqual(len(self.run_messages()), 3)

    # ---- mailings that wait ---------------------------------------------------------

    def test_mailing_waits_no_longer_than_patience(self):
        self.policy.patience_hours = 24
        self.quiet_now()
        mailing = self.mailing()
        self.send(mailing)
        self.assertEqual(mailing.state, "in_queue")
        self.assertEqual(mailing.crm_held_since, self.now)
        # Odoo's own date is set anew with each run.
        mailing.write({"crm_held_since": self.now - timedelta(hours=30)})
        found = self.send(mailing)
        self.assertEqual(set(found.values()), {("cancel", "crm_refused")})
        self.assertEqual(mailing.state, "done")
        self.assertFalse(mailing.crm_held_since)

    def test_mailing_begun_anew_has_waited_for_nothing(self):
        mailing = self.mailing()
        mailing.write({"state": "in_queue", "crm_held_since": self.now})
        mailing.action_cancel()
        self.assertFalse(mailing.crm_held_since)
