import smtplib
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..core import smtp as wire
from .outbox_common import OutboxCase

GONE = smtplib.SMTPServerDisconnected("gone")


@tagged("post_install", "-at_install")
class TestOutboxEdges(OutboxCase):
    """What goes wrong rarely, and must stop or confuse nobody else."""

    def _in_transaction(self, env, work, *args, **_options):
        with env.cr.savepoint():
            return work(*args)

    def test_no_default_begins_further_on(self):
        """The context of a call neither confirms nor speaks for somebody else."""
        forged = {
            "default_user_id": self.env.ref("base.user_admin").id,
            "default_state": "planning",
            "default_position": 7,
            "default_confirm_date": "2026-01-01",
        }
        mail = (
            self.env["crm.service.mail"]
            .with_user(self.manager)
            .with_context(**forged)
            .create({"subject": "Forged", "channel_id": self.channels["email"].id})
        )
        self.assertEqual((mail.user_id, mail.state), (self.manager, "draft"))
        self.assertFalse(mail.position or mail.confirm_date)

    def test_a_colleague_copies(self):
        mail = self.compose(self.customers[:1])
        mail.action_confirm()
        colleague = self.manager.copy({"login": "outbox_colleague"})
        copied = mail.with_user(colleague).copy()
        self.assertEqual((copied.user_id, copied.state), (colleague, "draft"))

    def test_an_address_no_conversation_can_name(self):
        mail = self.compose(self.customers[:2])
        odd = self.customers[0]
        odd.email = "jos\u00e9@c.example"
        error = UnicodeEncodeError("ascii", "\u00e9", 0, 1, "not in range")
        self.smtp.answers[odd.email_normalized] = ("rcpt", error)
        mail.action_confirm()
        self.send()
        states = {row.partner_id: row.state for row in self.rows(mail)}
        self.assertEqual(states, {odd: "failed", self.customers[1]: "sent"})

    def test_a_sender_that_knows_no_more(self):
        """It comes back late and lost its connection: the decision stays open."""
        mail = self.compose(self.customers[:1])
        self.smtp.answers[self.customers[0].email_normalized] = ("end", GONE)
        mail.action_confirm()
        self.send()
        row = self.rows(mail)
        releases = self.env["crm.outbox.release"]
        releases._open_missing()
        release = releases.search([("outbox_key", "=", row.id)])
        self.env["crm.outbox.recorder"]._record(
            row.id, row.attempt_uid, wire.Receipt(wire.UNKNOWN, "reset by peer")
        )
        self.assertEqual((row.state, release.state), ("unknown", "open"))

    def test_a_server_that_is_down_costs_no_attempt(self):
        mail = self.compose(self.customers[:1])
        mail.action_confirm()
        row = self.rows(mail)
        row.lane_id.breaker_errors = 1
        self.smtp.answers[self.customers[0].email_normalized] = ("rcpt", 421, "busy")
        for _attempt in range(7):
            self.send()
            self.assertEqual((row.state, row.attempt), ("planned", 0))
            self.due_now(row)
            self.env["crm.send.server"].search([]).paused_until = False

    def test_one_that_cannot_be_planned_stops_no_other(self):
        lost, fine = self.compose(self.customers[:1]), self.compose(self.customers[:1])
        (lost | fine).sudo().write({"state": "planning"})
        lost.env.cr.execute(
            "UPDATE crm_service_mail SET audience = %s WHERE id = %s",
            ["[('went_with_a_module', '=', 1)]", lost.id],
        )
        self.env.invalidate_all()
        cron = self.env["ir.cron"]
        where = "odoo.addons.crm_relationship.models.crm_service_mail_planner"
        with (
            patch(f"{where}.in_transaction", self._in_transaction),
            patch.object(type(cron), "_commit_progress", lambda *_a, **_k: 1),
        ):
            self.env["crm.service.mail.planner"]._cron_plan()
        self.assertEqual((lost.state, fine.state), ("cancelled", "planned"))
        self.assertIn("cannot be read", lost.stop_reason)
        self.assertEqual(lost.audience_count, 0)

    def test_a_call_is_due_on_the_day_it_is_here(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        called = self.make_customers(1, phone="+1 555 010 2030")
        mail = self.compose(called, channel_id=self.channels["phone"].id)
        mail.action_confirm()
        row = self.rows(mail)
        row.due = fields.Datetime.to_datetime("2026-03-01 23:30:00")
        adapter = self.env["crm.outbox.adapter.call"]
        self.assertEqual(str(adapter._day(row)), "2026-03-02")

    def test_a_pause_that_is_over(self):
        lane = self.env["crm.send.lane"].search([("code", "=", "service")])
        halted = lane._halted_domain
        lane.write({"state": "paused", "paused_until": "2020-01-01"})
        self.assertTrue(lane._may_send())
        self.assertFalse(lane.search(halted()) & lane)
        lane.paused_until = False
        self.assertFalse(lane._may_send())
        self.assertEqual(lane.search(halted()) & lane, lane)

    def test_letters_to_one_house(self):
        """A house has several readers, a mailbox has one."""
        here = {"street": "1 Tower", "zip": "1000", "city": "Here"}
        two = self.make_customers(2, **here)
        mail = self.compose(two, channel_id=self.channels["letter"].id)
        self.assertEqual(mail.reach_count, 2)

    def test_letters_left_out_are_kept(self):
        mail = self.compose(
            self.make_customers(1, street="1 Tower", city="Here"),
            channel_id=self.channels["letter"].id,
        )
        mail.action_confirm()
        row = self.rows(mail)
        row.partner_id.active = False
        batches = self.env["crm.letter.batch"].with_user(self._printer())
        answer = batches.action_collect()
        self.assertEqual(answer["tag"], "display_notification")
        self.assertEqual(row.state, "skipped")
        with self.assertRaisesRegex(UserError, "No letter waits"):
            batches.action_collect()

    def _printer(self):
        user = new_test_user(
            self.env,
            "outbox_printer",
            "crm_relationship.group_channel",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        return user
