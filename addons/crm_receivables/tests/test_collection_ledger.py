from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestCollectionLedger(CollectionCommon):
    """Ageing and Whom to ask add up; holds stay with what they are about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loner = cls.env["res.partner"].create(
            {"name": "Loner", "email": "loner@c.example", "company_id": False}
        )

    def cases(self, **values):
        self._work_off_queue()
        cases = self.env["crm.collection.customer"]
        return cases.search([(name, "=", value) for name, value in values.items()])

    def block(self, partner, invoices=None, **values):
        lines = self.items(invoices) if invoices else self.env["account.move.line"]
        Block = self.env["crm.collection.block"].with_user(self.collector)
        return Block.with_company(self.company).create(
            {
                "partner_id": partner.id,
                "line_ids": [Command.set(lines.ids)],
                **values,
            }
        )

    # ---- one ledger ------------------------------------------------------------------

    def test_ageing_and_whom_to_ask_add_up(self):
        other = self.setup_other_company()["company"]
        self.invoice(100)
        self.invoice(40, partner=self.loner, late=-3)
        self.invoice(70, partner=other.partner_id)
        nobody = self.invoice(30)
        self.credit_note(20)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line SET partner_id = NULL WHERE id = ANY(%s)",
                self.items(nobody).ids,
            )
        )
        self._work_off_queue()
        companies = self.env["crm.receivable.item"].with_context(
            allowed_company_ids=self.company.ids
        )
        ageing = companies.search([("is_asked", "=", True)])
        left = companies.search([("is_asked", "=", False)])
        asked = companies.env["crm.collection.item"].search([])
        self.assertEqual(set(ageing.ids), set(asked.ids))
        self.assertEqual(
            {item.id: (item.amount, item.date_due, item.days_late) for item in ageing},
            {item.id: (item.value, item.due, item.days_late) for item in asked},
        )
        self.assertEqual(sum(left.mapped("amount")), 100)
        opens = self.ledger._opens(self.company)
        found = {item.line_id for items in opens.values() for item in items}
        self.assertEqual(found, set(asked.ids))

    def test_one_case_says_what_the_list_says(self):
        self.invoice(100)
        self.invoice(40, partner=self.other_customer)
        self.promise(3)
        run = self.propose()
        run.action_confirm()
        self.block(self.other_customer)
        everybody = self.cases()
        names = [*everybody._fields]
        listed = {row["id"]: row for row in everybody.read(names)}
        items = everybody.item_ids
        for case in everybody:
            self.env.invalidate_all()
            [row] = self.env["crm.collection.customer"].browse(case.id).read(names)
            self.assertEqual(row, listed[case.id])
            found = everybody.search([("customer_id", "=", case.customer_id.id)])
            self.assertEqual(found, case)
        opens = self.ledger._opens(self.company)
        for customer, one in opens.items():
            self.assertEqual(
                self.ledger._opens(self.company, [customer])[customer], one
            )
        self.env.invalidate_all()
        self.assertEqual(everybody.item_ids, items)

    # ---- holds stay with what they are about -----------------------------------------

    def test_item_on_hold_stays_so_under_a_firm(self):
        disputed = self.invoice(100, partner=self.loner)
        self.invoice(60, partner=self.loner)
        self.block(self.loner, disputed)
        self.loner.parent_id = self.other_customer
        self.assertEqual(self.loner.commercial_partner_id, self.other_customer)
        reminder = self.propose().reminder_ids
        self.assertEqual(reminder.partner_id, self.other_customer)
        self.assertEqual(reminder.amount, 60)

    def test_customer_on_hold_stays_so_under_a_firm(self):
        self.invoice(100, partner=self.loner)
        self.block(self.loner)
        self.loner.parent_id = self.other_customer
        self.assertFalse(self.propose().reminder_ids)
        [case] = self.cases(customer_id=self.other_customer.id)
        self.assertEqual(case.status, "held")

    def test_list_knows_promises_of_who_came_under_a_firm(self):
        self.invoice(100, partner=self.loner)
        self.promise(3, partner=self.loner)
        self.loner.parent_id = self.other_customer
        [case] = self.cases(customer_id=self.other_customer.id)
        self.assertEqual((case.status, case.promise_date), ("promised", self.day(3)))
        self.pass_day(4)
        [case] = self.cases(customer_id=self.other_customer.id)
        self.assertEqual((case.status, case.broken_count), ("broken", 1))

    def test_hold_until_a_day(self):
        self.invoice(100)
        self.block(self.customer, date_until=self.day(2))
        with self.on_day(2):
            self.assertEqual(self.cases().status, "held")
        with self.on_day(3):
            self.assertEqual(self.cases().status, "overdue")

    def test_promise_to_another_company(self):
        """It does not keep this company from asking for its own items."""
        other = self.setup_other_company()["company"]
        invoice = self.invoice(100)
        foreign = self.invoice(70, company=other)
        Promise = self.env["crm.payment.promise"].sudo()
        promise = Promise.with_company(other).create(
            {"partner_id": self.customer.id, "date": self.day(5)}
        )
        self.assertEqual(promise.line_ids, self.items(foreign))
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_payment_promise_line_rel (promise_id, line_id) "
                "VALUES (%s, %s)",
                promise.id,
                self.items(invoice).id,
            )
        )
        self.assertEqual(self.propose().reminder_ids.amount, 100)
        holds = {
            item.amount: item.hold
            for company in (self.company, other)
            for item in self.ledger._opens(company)[self.customer.id]
        }
        self.assertEqual(holds, {100: None, 70: "promised"})
