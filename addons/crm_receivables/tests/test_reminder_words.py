from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from .collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestReminderWords(CollectionCommon):
    """Everybody reads rules in the own language, whoever or whatever applied them."""

    def spoken(self):
        """Let the rules say in which language they are asked."""
        ledgers = type(self.env["crm.collection.ledger"])
        rules = list(self.ledger._rule_sentences())

        def sentences(ledger):
            return {rule: f"{ledger.env.lang} {rule}" for rule in rules}

        return patch.object(ledgers, "_rule_sentences", sentences)

    def test_left_out_by_the_sender(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        invoice = self.invoice(100)
        run = self.propose()
        run.action_confirm()
        self.pay(invoice)
        with self.spoken():
            self.send()
            reminder = run.reminder_ids.with_context(lang="zh_CN")
            self.assertEqual(reminder.why, "zh_CN paid")
            self.assertEqual(reminder.with_context(lang="en_US").why, "en_US paid")
            told = reminder.fields_get(["reason"])["reason"]["selection"]
            self.assertIn(("paid", "zh_CN paid"), told)

    def test_left_out_of_a_run(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.invoice(100)
        self.credit_note(100)
        run = self.propose()
        self.assertEqual(run.left_out, {"net_creditor": self.customer.ids})
        with self.spoken():
            chinese = run.with_context(lang="zh_CN")
            told = f"1 – zh_CN net_creditor ({self.customer.name})"
            self.assertEqual(chinese.left_out_text, told)
        self._work_off_queue()
        found = self.env["crm.collection.customer"].search(
            run.action_open_left_out()["domain"]
        )
        self.assertEqual(found.customer_id, self.customer)

    def test_what_the_server_said(self):
        self.invoice(100)
        self.smtp.answers = {self.customer.email: ("rcpt", 550, "no such user")}
        run = self.propose()
        run.action_confirm()
        self.send()
        self.assertIn("no such user", run.reminder_ids.why)

    def test_who_asks_by_itself(self):
        """Not the robot: the customer's salesperson, else the company."""
        self.levels[0].body = "<p>{{ collector }} asks you to pay.</p>"
        self.invoice(100)
        self.daily()
        reminder = self.env["crm.reminder"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertIn(f"{self.company.name} asks", reminder.preview)
        self.customer.user_id = new_test_user(
            self.env, "seller", "sales_team.group_sale_salesman", name="Sally Seller"
        )
        reminder.invalidate_recordset()
        self.assertIn("Sally Seller asks", reminder.preview)
