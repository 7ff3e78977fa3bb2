from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import new_test_user, tagged

from .collection_common import CollectionCommon

DEBTOR, OTHER, DESK = "debtor@c.example", "other@c.example", "desk@c.example"


@tagged("post_install", "-at_install")
class TestReminderAgain(CollectionCommon):
    """Nobody is reminded twice, too soon, or of what others owe, whatever happens to
    runs and customers between proposal and sending."""

    def confirmed(self):
        run = self.propose()
        run.action_confirm()
        return run

    def colleague(self):
        return new_test_user(
            self.env,
            "collecting_colleague",
            "crm_receivables.group_collector",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )

    def desk(self):
        return self.env["res.partner"].create(
            {
                "name": "Accounts",
                "parent_id": self.customer.id,
                "type": "invoice",
                "email": DESK,
            }
        )

    # ---- memory ---------------------------------------------------------------------

    def test_withdrawn_run_remembers(self):
        self.invoice(100)
        run = self.confirmed()
        self.send()
        run.action_withdraw()
        self.assertEqual(run.state, "cancelled")
        with self.assertRaisesRegex(UserError, "Only proposals"):
            run.unlink()
        self.assertFalse(self.propose().reminder_ids)

    def test_withdrawn_before_anything_left(self):
        self.invoice(100)
        run = self.confirmed()
        run.action_withdraw()
        run.unlink()
        self.assertTrue(self.propose().reminder_ids)

    # ---- two of one customer --------------------------------------------------------

    def test_merged_before_sending(self):
        """One mail lists all that is overdue: a second one would say it again."""
        self.invoice(100)
        self.invoice(50, partner=self.other_customer)
        run = self.confirmed()
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        wizard._merge((self.customer | self.other_customer).ids, self.customer)
        self.assertEqual(self.send(), [DEBTOR])
        second = run.reminder_ids.filtered(lambda r: r.state == "skipped")
        self.assertEqual(second.reason, "too_soon")
        self.assertFalse(second.item_ids.live)
        with self.on_day(1):
            again = self.propose()
            self.assertEqual(
                again.reminder_ids.item_ids.line_id, second.item_ids.line_id
            )

    def test_gap_counts_from_sending(self):
        self.invoice(100, late=14)
        run = self.confirmed()
        self.send()
        # As if it had been proposed days before it left.
        run.sudo().reminder_ids.date = self.day(-6)
        with self.on_day(2):
            self.assertIn("too short ago", self.propose().left_out_text)

    def test_one_that_waits_counts(self):
        self.invoice(100, late=14)
        self.confirmed()
        with self.on_day(8):
            self.assertIn("too short ago", self.propose().left_out_text)

    def test_gap_is_looked_at_again(self):
        """The first left late: the second, confirmed meanwhile, does not follow it."""
        self.invoice(100, late=14)
        first = self.confirmed().reminder_ids
        self.send()
        with self.on_day(8):
            second = self.confirmed().reminder_ids
            self.assertEqual(second.level_id, self.levels[1])
            first.sudo().sent_date = self.day(6)
            self.assertEqual(self.send(), [DEBTOR])
        self.assertEqual((second.state, second.reason), ("skipped", "too_soon"))

    # ---- to whom --------------------------------------------------------------------

    def test_contact_moves_to_another_firm(self):
        desk = self.desk()
        self.invoice(100)
        run = self.confirmed()
        self.assertEqual(run.reminder_ids.recipient_id, desk)
        desk.parent_id = self.other_customer
        self.assertEqual(self.send(), [DEBTOR])
        self.assertEqual(run.reminder_ids.recipient_id, self.customer)
        self.assertEqual(run.reminder_ids.message_id.res_id, self.customer.id)

    def test_contact_moves_between_attempts(self):
        """Nothing of the debt stays on the page of whoever is elsewhere now."""
        desk = self.desk()
        self.invoice(100)
        self.smtp.answers = {DESK: ("rcpt", 451, "later")}
        run = self.confirmed()
        self.assertEqual(self.send(), [])
        message = run.reminder_ids._outbox_row().message_id
        self.assertEqual(message.res_id, desk.id)
        desk.parent_id = self.other_customer
        run.reminder_ids._outbox_row().due = "2020-01-01"
        self.assertEqual(self.send(), [DEBTOR])
        self.assertFalse(message.exists())

    def test_contact_deleted_before_it_is_confirmed(self):
        desk = self.desk()
        self.invoice(100)
        run = self.propose()
        desk.unlink()
        run.action_confirm()
        self.assertEqual(self.send(), [DEBTOR])

    # ---- proposals of others --------------------------------------------------------

    def test_proposal_of_yesterday(self):
        self.invoice(100)
        run = self.propose()
        run.sudo().date = self.day(-1)
        with self.assertRaisesRegex(UserError, "Propose anew"):
            run.action_confirm()
        run.action_propose()
        run.action_confirm()
        self.assertEqual(self.send(), [DEBTOR])

    def test_proposal_of_a_colleague(self):
        self.invoice(100)
        run, colleague = self.propose(), self.colleague()
        run.reminder_ids.action_leave_out()
        with self.assertRaisesRegex(RedirectWarning, "has proposed"):
            self.propose(colleague)
        self.assertTrue(run.exists())
        self.assertFalse(run.reminder_ids)
        self.assertEqual(run.left_out["by_hand"], self.customer.ids)
        # One's own is made anew.
        self.assertTrue(self.propose().reminder_ids)

    def test_daily_waits_for_who_looks(self):
        self.invoice(100)
        run = self.propose()
        run.sudo().date = self.day(-2)
        self.daily()
        self.assertTrue(run.exists())
        self.assertEqual(self.send(), [])
        run.unlink()
        self.daily()
        self.assertEqual(self.send(), [DEBTOR])

    def test_daily_in_spite_of_a_single_reminder(self):
        self.invoice(100)
        self.invoice(50, partner=self.other_customer)
        runs = self.env["crm.reminder.run"].with_user(self.collector)
        action = runs.with_company(self.company)._begin(self.customer)
        runs.browse(action["res_id"]).action_confirm()
        self.daily()
        self.assertEqual(self.send(), [DEBTOR, OTHER])

    # ---- whom nothing reaches -------------------------------------------------------

    def test_without_an_address(self):
        self.customer.email = False
        self.invoice(100)
        self.invoice(50, partner=self.other_customer)
        run = self.propose()
        self.assertEqual(run.reminder_ids.partner_id, self.other_customer)
        self.assertIn("no address", run.left_out_text)

    def test_daily_does_not_try_a_dead_address_each_day(self):
        self.invoice(100)
        self.smtp.answers = {DEBTOR: ("rcpt", 550, "no such user")}
        self.daily()
        self.send()
        of_customer = [("partner_id", "=", self.customer.id)]
        self.assertEqual(
            self.env["crm.reminder"].search(of_customer).mapped("state"), ["failed"]
        )
        with self.on_day(1):
            self.daily()
            self.assertEqual(self.env["crm.reminder"].search_count(of_customer), 1)
            self.customer.email = "new@c.example"
            self.daily()
            self.assertEqual(self.send(), ["new@c.example"])
