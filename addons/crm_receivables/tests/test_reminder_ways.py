import smtplib
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.crm_relationship.core.privacy import Subject

from .collection_common import CollectionCommon

DEBTOR = "debtor@c.example"
GONE = smtplib.SMTPServerDisconnected("gone")


@tagged("post_install", "-at_install")
class TestReminderWays(CollectionCommon):
    """Reminders by letter and by call, statements as PDF, and attempts that fail."""

    def by(self, kind):
        """Return a confirmed run of one reminder by another kind of channel."""
        channel = self.env["crm.channel"].create(
            {
                "name": f"Dunning by {kind}",
                "code": f"dunning_{kind}",
                "kind": kind,
                "company_id": self.company.id,
            }
        )
        self.levels[0].channel_id = channel
        self.customer.write(
            {"phone": "+1 555 010 2030", "street": "Side Street 3", "city": "Ghent"}
        )
        run = self.propose()
        run.action_confirm()
        self.send()
        return run

    def activities(self):
        return self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", self.customer.id)]
        )

    def batches(self):
        batches = self.env["crm.letter.batch"].with_user(self.collector)
        return batches.with_company(self.company)

    def collect(self):
        batches = self.batches()
        return batches.browse(batches.action_collect()["res_id"])

    # ---- calls ----------------------------------------------------------------------

    def test_call(self):
        self.invoice(100)
        run = self.by("phone")
        self.assertEqual(self.activities().user_id, self.collector)
        self.assertEqual(run.reminder_ids.state, "sent")
        self.assertEqual(run.reminder_ids.why, "Planned as a call.")
        self.assertEqual(run.call_count, 1)
        self.pass_day(0)
        self.assertTrue(self.activities())

    def test_paid_before_the_call(self):
        invoice = self.invoice(100)
        run = self.by("phone")
        self.pay(invoice)
        self.pass_day(0)
        self.assertFalse(self.activities())
        self.assertEqual(run.reminder_ids.state, "skipped")
        self.assertEqual(run.reminder_ids.reason, "paid")

    def test_paid_in_part_before_the_call(self):
        invoice = self.invoice(100)
        self.invoice(30)
        self.by("phone")
        self.assertIn("130.00", self.activities().note)
        self.pay(invoice)
        self.pass_day(0)
        self.assertNotIn("130.00", self.activities().note)
        self.assertIn("30.00", self.activities().note)

    def test_promised_before_the_call(self):
        self.invoice(100)
        run = self.by("phone")
        self.promise()
        self.pass_day(0)
        self.assertFalse(self.activities())
        self.assertEqual(run.reminder_ids.reason, "promised")
        self.assertFalse(run.reminder_ids.item_ids.live)

    def test_held_before_the_call(self):
        self.invoice(100)
        run = self.by("phone")
        blocks = self.env["crm.collection.block"].with_user(self.collector)
        blocks.with_company(self.company).create({"partner_id": self.customer.id})
        self.assertFalse(self.activities())
        self.assertEqual(run.reminder_ids.reason, "held")

    def test_withdrawn_before_the_call(self):
        self.invoice(100)
        run = self.by("phone")
        run.action_withdraw()
        self.assertFalse(self.activities())
        self.assertEqual(run.reminder_ids.reason, "withdrawn")
        self.assertTrue(self.propose().reminder_ids)

    # ---- letters --------------------------------------------------------------------

    def test_letter(self):
        self.invoice(100)
        run = self.by("letter")
        self.assertIn(("purpose", "=", "dunning"), self.batches()._waiting_domain())
        batch = self.collect()
        batch.action_print()
        [page] = batch._pages()
        self.assertIn("100.00", page["content"].body)
        batch.action_posted()
        self.assertEqual(run.reminder_ids.state, "sent")
        self.assertEqual(run.reminder_ids.why, "Printed and posted.")

    def test_paid_before_it_is_printed(self):
        invoice = self.invoice(100)
        run = self.by("letter")
        batch = self.collect()
        self.pay(invoice)
        action = batch.action_print()
        self.assertIn("No letter is left", action["params"]["message"])
        self.assertEqual((batch.state, batch._pages()), ("cancelled", []))
        self.assertEqual(run.reminder_ids.reason, "paid")

    def test_paid_before_it_is_posted(self):
        invoice = self.invoice(100)
        run = self.by("letter")
        batch = self.collect()
        batch.action_print()
        self.pay(invoice)
        action = batch.action_posted()
        self.assertIn(self.customer.name, action["params"]["message"])
        self.assertEqual(run.reminder_ids.state, "skipped")

    def test_withdrawn_in_hand(self):
        self.invoice(100)
        run = self.by("letter")
        batch = self.collect()
        run.action_withdraw()
        batch.action_posted()
        self.assertEqual(run.reminder_ids.state, "skipped")
        self.assertEqual(batch.state, "cancelled")

    # ---- mails ----------------------------------------------------------------------

    def test_statement_of_what_is_sent(self):
        """Another attempt says and attaches what is owed then."""
        self.levels[0].attach_statement = True
        invoice = self.invoice(100)
        self.smtp.answers = {DEBTOR: ("rcpt", 451, "later")}
        run = self.propose()
        run.action_confirm()
        self.send()
        reminder = run.reminder_ids
        self.assertIn("100.00", reminder.attachment_id.raw.decode())
        self.pay(invoice, 60)
        self.smtp.answers = {}
        reminder._outbox_row().due = "2020-01-01"
        self.assertEqual(self.send(), [DEBTOR])
        for text in (reminder.attachment_id.raw.decode(), reminder.preview):
            self.assertIn("40.00", text)
            self.assertNotIn("100.00", text)
        self.assertEqual(reminder.message_id.attachment_ids, reminder.attachment_id)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.reminder"), ("res_id", "=", reminder.id)]
        )
        self.assertEqual(files, reminder.attachment_id)

    def test_erased_with_the_person(self):
        self.levels[0].attach_statement = True
        self.invoice(100)
        run = self.propose()
        run.action_confirm()
        self.send()
        statement = run.reminder_ids.attachment_id
        subjects = self.env["crm.data.subject.core"].sudo()
        subjects._drop_files(
            Subject(partner_ids=(self.customer.id,)), self.env["mail.message"]
        )
        self.assertFalse(statement.exists())

    def test_written_once(self):
        """Writing a reminder is what it costs most."""
        self.invoice(100)
        run = self.propose()
        run.action_confirm()
        reminders = type(run.reminder_ids)
        write, written = reminders._outbox_content, []

        def counted(reminder):
            written.append(reminder.id)
            return write(reminder)

        with patch.object(reminders, "_outbox_content", counted):
            self.assertEqual(self.send(), [DEBTOR])
        self.assertEqual(written, run.reminder_ids.ids)

    def test_unknown(self):
        """Collectors see and decide it, also of runs that go by themselves."""
        self.invoice(100)
        self.smtp.answers = {DEBTOR: ("end", GONE)}
        self.daily()
        self.send()
        reminder = self.env["crm.reminder"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(reminder.state, "unknown")
        bench = self.env["crm.workbench"].with_user(self.collector)
        action = bench.with_company(self.company).open_worklist("reminder_unknown")
        found = reminder.with_user(self.collector).search(action["domain"])
        self.assertIn(reminder, found)
        action = reminder.with_user(self.collector).action_open_release()
        release = self.env[action["res_model"]].browse(action["res_id"])
        self.smtp.answers = {}
        release.with_user(self.collector).action_decide("again")
        self.assertEqual(self.send(), [DEBTOR])
