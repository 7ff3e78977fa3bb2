from datetime import timedelta

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import format_date

from .collection_common import CollectionCommon
from .plan_common import PlanCommon

STEPS = (("On signature", 30), ("On delivery", 50), ("On acceptance", 20))


@tagged("post_install", "-at_install")
class TestOrderToCash(PlanCommon, CollectionCommon):
    """An order in three steps, in another currency, goes all the way to cash."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_self_approval = False
        cls._hire(
            seller="sales_team.group_sale_salesman",
            boss="sales_team.group_sale_manager",
        )
        cls.customer.user_id = cls.seller
        cls.prices = cls.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": cls.other_currency.id}
        )

    def agreed(self):
        """Return the plan of an order of 10,000 EUR, agreed by two people."""
        order = self._create_order(
            self.customer, 10000.0, pricelist_id=self.prices.id, user_id=self.seller.id
        )
        plans = self.env["crm.payment.plan"].with_user(self.seller)
        lines = [
            Command.create(
                {
                    "name": name,
                    "percent": percent,
                    "trigger": "milestone",
                    "sequence": number,
                    "days": 10,
                }
            )
            for number, (name, percent) in enumerate(STEPS)
        ]
        plan = plans.create({"order_id": order.id, "line_ids": lines})
        plan.action_decide("propose")
        plan.with_user(self.boss).action_decide("approve")
        return plan.sudo()

    def billed(self, line, late=0):
        """Tick a milestone and post its invoice, overdue by so many days."""
        line.with_user(self.seller).action_reach()
        line.with_user(self.boss).action_invoice()
        invoice = line.invoice_ids
        invoice.invoice_date = self.day(-late - 10)
        invoice.invoice_date_due = self.day(-late)
        invoice.action_post()
        self.env.cr.flush()
        return invoice

    def states(self, plan):
        self.env.cr.flush()
        plan.invalidate_recordset()
        return plan.line_ids.mapped("state")

    def test_from_order_to_cash(self):
        plan = self.agreed()
        euro = self.other_currency
        self.assertEqual(plan.currency_id, euro)
        self.assertEqual(self.states(plan), ["waiting"] * 3)

        # Signed, invoiced, half of it paid, and the promise for the rest broken.
        first = self.billed(plan.line_ids[0], late=20)
        self.assertEqual(first.amount_total, 3000)
        self.pay(first, 1500.0, currency_id=euro.id)
        self.assertEqual(self.states(plan)[0], "overdue")
        self.assertEqual(plan.line_ids[0].open_amount, 1500)
        broken = self.promise(2, currency_id=euro.id)
        self.assertEqual((broken.amount, broken.currency_id), (1500, euro))
        self.pass_day(3)
        self.assertEqual(broken.state, "broken")
        self.assertEqual(self.told("promise_broken"), 1)

        # The seller knows before the next quotation; the reminder is answered by mail.
        quote = self._create_order(self.customer, 10.0, confirm=False)
        self._work_off_queue()
        told = quote.with_user(self.seller).crm_position_note
        day = format_date(self.env, broken.date)
        self.assertIn(f"broke a promise to pay by {day}.", told)
        run = self.propose()
        run.action_confirm()
        self.assertEqual(self.send(), [self.customer.email])
        self.assertEqual(self.case().status, "broken")

        # A discount is credited, the rest promised again and paid in time.
        self.reconcile(first, self._credit_of(first, 200.0))
        kept = self.promise(5, currency_id=euro.id)
        self.assertEqual(kept.amount, 1300)
        self.pay(first, currency_id=euro.id)
        self.assertEqual((kept.state, kept.received), ("kept", 1300))

        self.check_rest(plan)

    def check_rest(self, plan):
        """The other two steps are billed and paid; something is paid back."""
        order, euro = plan.order_id, self.other_currency
        # Delivered and accepted: the last invoice takes up what was credited.
        second = self.billed(plan.line_ids[1])
        self.pay(second, currency_id=euro.id)
        third = self.billed(plan.line_ids[2])
        self.pay(third, currency_id=euro.id)
        self.assertLedger(order)
        self.assertEqual(set(self.states(plan)), {"paid"})

        # What was paid too much is paid back.
        self.pay(self._credit_of(third, 100.0), currency_id=euro.id)
        self.assertLedger(order)

    def _credit_of(self, invoice, amount):
        note = invoice._reverse_moves([{"invoice_date": self.today}])
        lines = note.invoice_line_ids.filtered(lambda x: x.display_type == "product")
        lines[1:].unlink()
        lines[0].write({"price_unit": amount, "quantity": 1})
        note.action_post()
        return note

    def case(self):
        self._work_off_queue()
        cases = self.env["crm.collection.customer"].with_user(self.collector)
        return cases.search([("customer_id", "=", self.customer.id)])

    def test_other_company_sees_nothing(self):
        self.billed(self.agreed().line_ids[0], late=5)
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "cash_stranger",
            "crm_receivables.group_collector,sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model, field in (
            ("payment.plan", "partner_id"),
            ("order.cash", "partner_id"),
            ("collection.customer", "customer_id"),
        ):
            with self.subTest(model):
                rows = self.env[f"crm.{model}"].with_user(stranger)
                self.assertFalse(rows.search([(field, "=", self.customer.id)]))

    def test_days_of_a_milestone(self):
        line = self.agreed().line_ids[0]
        line.with_user(self.seller).action_reach()
        self.env.cr.flush()
        self.assertEqual(line.date_due, self.today + timedelta(days=10))
