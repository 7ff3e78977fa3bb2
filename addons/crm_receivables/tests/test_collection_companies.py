from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestCollectionCompanies(CollectionCommon):
    """Companies do not see each other's debts; branches share their root's books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company()
        cls.foreign = cls.other["company"]
        cls.foreign.crm_tz = "UTC"
        cls.env["crm.dunning.level"]._create_usual(cls.foreign)
        cls.stranger = new_test_user(
            cls.env,
            "collector_elsewhere",
            "crm_receivables.group_collector",
            company_id=cls.foreign.id,
            company_ids=[Command.set(cls.foreign.ids)],
        )

    def foreign_invoice(self, amount):
        return self.invoice(amount, company=self.foreign)

    def test_each_for_itself(self):
        self.invoice(100)
        self.foreign_invoice(70)
        run = self.propose()
        self.assertEqual(run.reminder_ids.mapped("amount"), [100])
        theirs = self.env["crm.reminder.run"].with_user(self.stranger)
        theirs = theirs.browse(theirs.action_begin()["res_id"])
        self.assertEqual(theirs.reminder_ids.mapped("amount"), [70])
        self.assertFalse(run.with_user(self.stranger).search([("id", "=", run.id)]))

    def test_promise_of_one_company(self):
        lines = self.items(self.invoice(100) + self.foreign_invoice(70))
        with self.assertRaisesRegex(ValidationError, "are in the books of"):
            self.env["crm.payment.promise"].sudo().create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "date": self.day(5),
                    "line_ids": [Command.set(lines.ids)],
                }
            )

    def test_lists(self):
        self.invoice(100)
        self.foreign_invoice(70)
        self._work_off_queue()
        self._work_off_queue(self.foreign)
        for user, amount in ((self.collector, 100), (self.stranger, 70)):
            with self.subTest(user=user.login):
                cases = self.env["crm.collection.customer"].with_user(user)
                found = cases.search([("customer_id", "=", self.customer.id)])
                self.assertEqual(found.mapped("overdue"), [amount])
                items = self.env["crm.collection.item"].with_user(user)
                found = items.search([("customer_id", "=", self.customer.id)])
                self.assertEqual(found.mapped("value"), [amount])

    def test_promise_and_hold(self):
        """What is promised to or held by one company holds for its own items."""
        self.invoice(100)
        self.foreign_invoice(70)
        self.promise()
        block = self.env["crm.collection.block"].with_user(self.collector)
        block.with_company(self.company).create({"partner_id": self.customer.id})
        theirs = self.env["crm.reminder.run"].with_user(self.stranger)
        theirs = theirs.browse(theirs.action_begin()["res_id"])
        self.assertEqual(theirs.reminder_ids.mapped("amount"), [70])
        promises = self.env["crm.payment.promise"].with_user(self.stranger)
        self.assertFalse(promises.search([("partner_id", "=", self.customer.id)]))

    def test_work_on_a_case_of_another_company(self):
        """Contact, promise and page are those of the company that is owed to."""
        self.invoice(100)
        self.foreign_invoice(70)
        for company in (self.company, self.foreign):
            self._work_off_queue(company)
        self.collector.company_ids |= self.foreign
        cases = self.env["crm.collection.customer"].with_user(self.collector)
        cases = cases.with_context(
            allowed_company_ids=(self.company | self.foreign).ids
        )
        case = cases.search(
            [
                ("customer_id", "=", self.customer.id),
                ("company_id", "=", self.foreign.id),
            ]
        )
        self.assertEqual(case.action_open_customer()["res_id"], case.id)
        context = case.action_log_contact()["context"]
        quick = self.env["crm.touch.quick"].with_user(self.collector)
        quick = quick.with_context(**cases.env.context, **context)
        quick = quick.create({"subject": "Called", "promise_date": self.day(5)})
        self.assertEqual((quick.company_id, quick.owes), (self.foreign, 70))
        self.assertEqual(quick.purpose, "dunning")
        quick.action_log()
        promises = self.env["crm.payment.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(promises.company_id, self.foreign)
        self.assertEqual(promises.amount, 70)
        touch = self.env["crm.touch"].search([("subject", "=", "Called")])
        self.assertEqual(touch.company_id, self.foreign)
        for company, found in ((self.foreign, promises), (self.company, promises[:0])):
            case = cases.search(
                [
                    ("customer_id", "=", self.customer.id),
                    ("company_id", "=", company.id),
                ]
            )
            domain = case.action_open_promises()["domain"]
            self.assertEqual(promises.search(domain), found)

    def test_nobody_logs_for_a_company_not_worked_in(self):
        quick = self.env["crm.touch.quick"].with_user(self.collector)
        quick = quick.with_context(
            active_model="res.partner", active_ids=self.customer.ids
        )
        with self.assertRaises(AccessError):
            quick.create({"subject": "Called", "company_id": self.foreign.id})

    def test_contact_of_a_firm(self):
        """An invoice to a contact is the firm's debt, wherever the contact is now."""
        contact = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id, "email": "b@c.example"}
        )
        self.invoice(100, partner=contact)
        self.assertEqual(self.propose().reminder_ids.partner_id, self.customer)
        contact.parent_id = self.other_customer
        self.credit_note(500)
        self.assertFalse(self.propose().reminder_ids)

    def test_contact_for_invoices(self):
        desk = self.env["res.partner"].create(
            {
                "name": "Accounts",
                "parent_id": self.customer.id,
                "type": "invoice",
                "email": "accounts@c.example",
            }
        )
        self.invoice(100)
        run = self.propose()
        self.assertEqual(run.reminder_ids.recipient_id, desk)
        run.action_confirm()
        self.assertEqual(self.send(), ["accounts@c.example"])

    def test_merge(self):
        """What was promised, held and reminded of goes over to who stays."""
        self.invoice(100)
        invoice = self.invoice(50, partner=self.other_customer)
        run = self.propose()
        promise = self.promise(partner=self.other_customer)
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        partners = self.customer | self.other_customer
        wizard._merge(partners.ids, self.customer)
        self.assertEqual(promise.partner_id, self.customer)
        self.assertEqual(run.reminder_ids.partner_id, self.customer)
        self.pay(invoice)
        self.assertEqual(promise.state, "kept")
