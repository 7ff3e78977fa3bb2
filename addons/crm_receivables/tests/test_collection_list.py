from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import Form, new_test_user, tagged

from .collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestCollectionList(CollectionCommon):
    """The collector's list says what is owed, as the ledger does, and what to do."""

    def case(self, partner=None):
        self._work_off_queue()
        customer = partner or self.customer
        cases = self.env["crm.collection.customer"]
        return cases.search([("customer_id", "=", customer.id)])

    def test_amounts_are_the_ledger(self):
        self.invoice(100)
        self.invoice(40, late=-3)
        self.invoice(60, currency=self.other_currency)
        self.credit_note(30)
        case = self.case()
        lines = self.env["account.move.line"].search(
            Domain("partner_id", "=", self.customer.id)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
        )
        self.assertAlmostEqual(case.balance, sum(lines.mapped("balance")))
        debts = lines.filtered(lambda li: li.balance > 0)
        self.assertAlmostEqual(case.owed, sum(debts.mapped("balance")))
        self.assertAlmostEqual(case.credit, 30)
        # 40 are not due; open credits count against what is.
        self.assertAlmostEqual(case.overdue, case.owed - 40 - 30)
        self.assertAlmostEqual(case.to_ask, case.overdue)
        self.assertEqual(case.days_late, 10)
        self.assertEqual(set(case.item_ids.ids), set(lines.ids))

    def test_status(self):
        invoice = self.invoice(100)
        self.assertEqual(self.case().status, "overdue")
        promise = self.promise(1)
        self.assertEqual(self.case().status, "promised")
        self.assertEqual(self.case().promise_date, self.day(1))
        self.pass_day(2)
        self.assertEqual(promise.state, "broken")
        self.assertEqual((self.case().status, self.case().broken_count), ("broken", 1))
        block = self.env["crm.collection.block"].create(
            {"partner_id": self.customer.id}
        )
        self.assertEqual(self.case().status, "held")
        block.action_lift()
        self.credit_note(100)
        self.assertEqual(self.case().status, "covered")
        self.pay(invoice)
        self.assertFalse(self.case())

    def test_due_soon(self):
        self.invoice(100, late=-7)
        self.assertEqual(self.case().status, "due")
        self.invoice(100, late=-8, partner=self.other_customer)
        self.assertEqual(self.case(self.other_customer).status, "later")

    def test_quick_entry_with_promise(self):
        self.invoice(100)
        case = self.case().with_user(self.collector)
        action = case.action_log_contact()
        Quick = self.env["crm.touch.quick"].with_user(self.collector)
        form = Form(Quick.with_context(**action["context"]))
        self.assertEqual((form.owes, form.purpose), (100, "dunning"))
        form.promise_date = self.day(4)
        form.note = "Will pay on Friday"
        form.save().action_log()
        promise = self.env["crm.payment.promise"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual((promise.amount, promise.date), (100, self.day(4)))
        self.assertEqual(promise.user_id, self.collector)
        touch = self.env["crm.touch"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(touch.note, "Will pay on Friday")
        self.assertEqual(self.case().status, "promised")

    def test_quick_entry_of_a_salesperson(self):
        """Takes a promise of an own customer without reading the ledger."""
        seller = new_test_user(
            self.env,
            "quick_seller",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.customer.user_id = seller
        self.invoice(100)
        Quick = self.env["crm.touch.quick"].with_user(seller)
        quick = Quick.with_context(
            active_model="res.partner", active_ids=self.customer.ids
        ).create({"promise_date": self.day(4)})
        quick.action_log()
        seen = self.env["crm.payment.promise"].with_user(seller).search([])
        self.assertEqual(seen.amount, 100)
        # Not what others look after.
        self.customer.user_id = self.collector
        hidden = quick.copy()
        self.assertEqual((hidden.owes, hidden.may_promise), (0, False))

    def test_remind_one(self):
        self.invoice(100)
        self.invoice(100, partner=self.other_customer)
        action = self.case().with_user(self.collector).action_remind()
        run = self.env["crm.reminder.run"].browse(action["res_id"])
        self.assertEqual(run.reminder_ids.partner_id, self.customer)
        rest = self.propose()
        self.assertEqual(len(rest.reminder_ids), 2)

    def test_worklists(self):
        self.invoice(100)
        self.promise(0)
        self._work_off_queue()
        bench = self.env["crm.workbench"].with_user(self.collector)
        lists = {
            row["code"]: row["count"]
            for section in bench.get_worklists()["sections"]
            for row in section["lists"]
        }
        self.assertEqual(lists["promise_today"], 1)
        self.assertIn("collect_overdue", lists)
        for code in lists:
            with self.subTest(code):
                action = bench.open_worklist(code)
                self.env[action["res_model"]].with_user(self.collector).search(
                    action["domain"]
                )

    def test_events_once(self):
        invoice = self.invoice(100, late=3)
        self.pass_day(0)
        self.pass_day(1)
        self.assertEqual(self.told("overdue"), 1)
        event = self.env["crm.receivable.event"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual((event.kind, event.about), ("overdue", invoice.display_name))
        self.assertEqual(event.action_open_source()["res_model"], "account.move")
        event.sudo().res_model = "module.gone"
        self.assertFalse(event.about)
        with self.assertRaisesRegex(UserError, "was deleted"):
            event.action_open_source()

    def test_late_delivery(self):
        self.product_a.write({"type": "consu", "is_storable": True})
        order = self._create_order(self.customer, 100, commitment_date=self.day(-2))
        self.assertTrue(order.picking_ids)
        self.pass_day(0)
        self.pass_day(1)
        self.assertEqual(self.told("delivery_late"), 1)
