from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.crm_relationship.tests.test_outbox_thread import REPLY

from .collection_common import CollectionCommon

DEBTOR, OTHER = "debtor@c.example", "other@c.example"


@tagged("post_install", "-at_install")
class TestReminder(CollectionCommon):
    """Whoever owes nothing, has paid, promised or disputes is not reminded."""

    def test_a_reminder(self):
        invoice = self.invoice(100, late=10)
        run = self.propose()
        [reminder] = run.reminder_ids
        self.assertEqual(reminder.partner_id, self.customer)
        self.assertEqual((reminder.amount, reminder.level_id), (100, self.levels[0]))
        self.assertIn(invoice.name, reminder.preview)
        self.assertEqual(self.send(), [])
        run.action_confirm()
        self.assertEqual(self.send(), [DEBTOR])
        self.assertEqual(reminder.state, "sent")
        self.assertEqual(reminder.item_ids.state, "sent")
        [(_from, _to, mail)] = self.smtp.taken
        text = mail.get_body(("html",)).get_content()
        self.assertIn(invoice.name, text)
        self.assertIn("100.00", text)
        self.assertNotIn("&lt;", text)
        touch = self.env["crm.touch"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual((touch.purpose, touch.user_id), ("dunning", self.collector))

    def test_never_twice_at_a_level(self):
        self.invoice(100, late=10)
        self.propose().action_confirm()
        self.send()
        again = self.propose()
        self.assertFalse(again.reminder_ids)
        # A day later another item is due for the same level: only it is asked for.
        fresh = self.invoice(30, late=6)
        self.assertFalse(self.propose().reminder_ids)
        with self.on_day(1):
            run = self.propose()
        self.assertEqual(run.reminder_ids.item_ids.line_id, self.items(fresh))

    def test_next_level(self):
        self.invoice(100, late=10)
        self.propose().action_confirm()
        self.send()
        with self.on_day(6):
            run = self.propose()
            self.assertFalse(run.reminder_ids)
            self.assertIn("too short ago", run.left_out_text)
        with self.on_day(8):
            run = self.propose()
        self.assertEqual(run.reminder_ids.level_id, self.levels[1])

    def test_late_first_run(self):
        """Very late items do not begin with the friendliest level."""
        self.invoice(100, late=90)
        self.assertEqual(self.propose().reminder_ids.level_id, self.levels[1])

    def test_two_runs_at_once(self):
        """What is proposed elsewhere is not proposed again."""
        self.invoice(100)
        first = self.propose()
        first.action_confirm()
        second = self.propose()
        self.assertFalse(second.reminder_ids)
        self.assertEqual(self.send(), [DEBTOR])
        with self.assertRaisesRegex(UserError, "nobody to remind"):
            second.action_confirm()

    # ---- who is left out ------------------------------------------------------------

    def test_net_creditor(self):
        """Open credits count, matched or not, and what is due later does not help."""
        self.invoice(100)
        self.invoice(500, late=-20)
        self.credit_note(100)
        run = self.propose()
        self.assertFalse(run.reminder_ids)
        self.assertIn("owes nothing on balance", run.left_out_text)
        self.invoice(1, late=10)
        self.assertEqual(self.propose().reminder_ids.partner_id, self.customer)

    def test_credit_comes_meanwhile(self):
        self.invoice(100)
        run = self.propose()
        run.action_confirm()
        self.credit_note(100)
        self.assertEqual(self.send(), [])
        self.assertEqual(run.reminder_ids.reason, "net_creditor")

    def test_held_in_every_way(self):
        held = self.invoice(100)
        self.invoice(70, partner=self.other_customer)
        cases = {
            "no_followup": lambda: self.items(held).write({"no_followup": True}),
            "blocked": held.action_toggle_block_payment,
            "promised": lambda: self.promise(line_ids=self.items(held).ids),
            "held": lambda: self.hold(held),
        }
        for rule, act in cases.items():
            with self.subTest(rule), self.cr.savepoint() as savepoint:
                act()
                run = self.propose()
                self.assertEqual(run.reminder_ids.partner_id, self.other_customer)
                sentence = self.ledger._rule_sentences()[rule]
                self.assertIn(sentence, run.left_out_text)
                savepoint.rollback()
                self.env.invalidate_all()

    def hold(self, invoice, **values):
        blocks = self.env["crm.collection.block"].with_user(self.collector)
        return blocks.with_company(self.company).create(
            {
                "partner_id": self.customer.id,
                "line_ids": self.items(invoice).ids,
                **values,
            }
        )

    def test_hold_ends(self):
        invoice = self.invoice(100)
        block = self.hold(invoice, date_until=self.day(3))
        self.assertFalse(self.propose().reminder_ids)
        self.pass_day(4)
        self.assertEqual(block.state, "lifted")
        self.assertTrue(self.propose().reminder_ids)
        whole = self.hold(self.env["account.move"])
        self.assertTrue(whole.whole_customer)
        self.invoice(30, late=40)
        self.assertFalse(self.propose().reminder_ids)
        whole.action_lift()
        self.assertEqual(len(self.propose().reminder_ids.item_ids), 2)

    def test_small(self):
        self.company.crm_dunning_minimum = 50
        self.invoice(49)
        self.assertFalse(self.propose().reminder_ids)

    # ---- between plan and sending ---------------------------------------------------

    def test_paid_meanwhile(self):
        invoice, other = (
            self.invoice(100),
            self.invoice(50, partner=self.other_customer),
        )
        run = self.propose()
        run.action_confirm()
        self.pay(invoice)
        self.assertEqual(self.send(), [OTHER])
        paid = run.reminder_ids.filtered(lambda r: r.partner_id == self.customer)
        self.assertEqual((paid.state, paid.reason), ("skipped", "paid"))
        self.assertFalse(paid.item_ids.live)
        self.assertTrue(other)

    def test_paid_in_part_meanwhile(self):
        paid, open_ = self.invoice(100), self.invoice(60, late=12)
        run = self.propose()
        run.action_confirm()
        self.pay(paid)
        self.pay(open_, 20)
        self.assertEqual(self.send(), [DEBTOR])
        [(_from, _to, mail)] = self.smtp.taken
        text = mail.get_body(("html",)).get_content()
        self.assertNotIn(paid.name, text)
        self.assertIn("40.00", text)
        states = dict(run.reminder_ids.item_ids.mapped(lambda i: (i.line_id, i.state)))
        self.assertEqual(states[self.items(paid)], "dropped")
        self.assertEqual(states[self.items(open_)], "sent")

    def test_promised_meanwhile(self):
        """And asked for again at the same level once the promise is broken."""
        self.invoice(100)
        run = self.propose()
        run.action_confirm()
        self.promise(2)
        self.assertEqual(self.send(), [])
        self.assertEqual(run.reminder_ids.reason, "promised")
        self.pass_day(3)
        self.propose().action_confirm()
        self.assertEqual(self.send(), [DEBTOR])

    def test_withdrawn(self):
        self.invoice(100)
        run = self.propose()
        run.action_confirm()
        run.action_withdraw()
        self.assertEqual(self.send(), [])
        self.assertEqual(run.reminder_ids.state, "skipped")
        self.propose().action_confirm()
        self.assertEqual(self.send(), [DEBTOR])

    def test_refused_by_the_mail_server(self):
        """It did not arrive: the item may be reminded of at this level again."""
        self.invoice(100)
        self.smtp.answers = {DEBTOR: ("rcpt", 550, "no such user")}
        run = self.propose()
        run.action_confirm()
        self.send()
        self.assertEqual(run.reminder_ids.state, "failed")
        self.smtp.answers = {}
        self.propose().action_confirm()
        self.assertEqual(self.send(), [DEBTOR])

    # ---- afterwards -----------------------------------------------------------------

    def test_reply(self):
        self.invoice(100)
        run = self.propose()
        run.action_confirm()
        self.send()
        [(_from, _to, mail)] = self.smtp.taken
        text = REPLY.format(
            number="answer",
            ref=mail["Message-Id"],
            to=mail["Reply-To"],
            sender=self.customer.email,
            more="",
            text="We pay on Friday",
        )
        self.env["mail.thread"].sudo().message_process("mail.thread", text)
        received = self.env["crm.touch"].search(
            [("partner_id", "=", self.customer.id), ("direction", "=", "in")]
        )
        self.assertIn("Friday", received.note)
        reminders = self.env["crm.reminder"]
        self.assertTrue(run.reminder_ids.is_answered)
        found = reminders.search([("is_answered", "=", True)])
        self.assertEqual(found, run.reminder_ids)
        self.assertNotIn(found, reminders.search([("is_answered", "=", False)]))

    def test_daily(self):
        """Where a company wants it, without anybody; once a day."""
        self.invoice(100)
        planner = self.env["crm.reminder.planner"].sudo()
        planner._daily(self.company)
        planner._daily(self.company)
        self.assertEqual(self.send(), [DEBTOR])
        runs = self.env["crm.reminder.run"].search([])
        self.assertEqual(len(runs.filtered(lambda r: r.company_id == self.company)), 1)

    def test_rights(self):
        clerk = new_test_user(
            self.env,
            "reminder_clerk",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.invoice(100)
        with self.assertRaises(AccessError):
            self.propose(clerk)
        run = self.propose()
        for values in ({"state": "confirmed"}, {"user_id": clerk.id}):
            with self.subTest(values), self.assertRaises(UserError):
                run.write(values)
        with self.assertRaises(AccessError):
            run.with_user(clerk).action_confirm()
        with self.assertRaises(AccessError):
            run.reminder_ids.write({"amount": 1})
        self.assertEqual(run.with_user(clerk).reminder_ids.amount, 100)
