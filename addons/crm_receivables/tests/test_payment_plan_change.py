from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPaymentPlanChange(PlanCommon):
    """What was agreed changes by decision; what was paid, by nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_self_approval = False
        cls._hire(
            seller="sales_team.group_sale_salesman",
            other="sales_team.group_sale_salesman",
            boss="sales_team.group_sale_manager",
            clerk="account.group_account_invoice",
            collector="crm_receivables.group_collector",
            reader="crm_relationship.group_reader",
        )

    def _sold(self, **values):
        return self._ordered(user_id=self.seller.id, **values)

    def test_a_new_version_takes_the_place_of_the_old_one(self):
        order = self._sold()
        old = self._plan(order)
        invoice = old.line_ids[0]
        invoice.action_invoice()
        invoice.invoice_ids.action_post()
        self._pay(invoice.invoice_ids)
        action = old.with_user(self.seller).action_revise()
        new = self.env["crm.payment.plan"].browse(action["res_id"])
        later = self.today + timedelta(days=90)
        new.with_user(self.seller).line_ids[1].date_planned = later
        new.with_user(self.seller).action_decide("propose")
        self.assertTrue(old.in_force)
        with self.assertRaisesRegex(AccessError, "decided by"):
            new.with_user(self.seller).action_decide("approve")
        new.with_user(self.boss).action_decide("approve")
        self.assertEqual((old.state, new.state), ("replaced", "agreed"))
        self.assertEqual(self._plan(order), new)
        self.assertEqual(new.line_ids[0].invoice_ids, invoice.invoice_ids)
        self.assertEqual(new.line_ids[1].date_due, later)
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 0, 0, "waiting")])
        # The history: both versions with who decided what.
        self.assertEqual(new.previous_id, old)
        self.assertEqual(new.decision_trail[0]["user"], self.boss.name)

    def test_who_wrote_it_does_not_approve_it(self):
        order = self._sold()
        action = self._plan(order).with_user(self.boss).action_revise()
        new = self.env["crm.payment.plan"].browse(action["res_id"])
        new.with_user(self.boss).action_decide("propose")
        with self.assertRaisesRegex(UserError, "two-person"):
            new.with_user(self.boss).action_decide("approve")

    def test_what_is_in_force_does_not_change(self):
        line = self._plan(self._sold()).line_ids[0]
        for days, user in enumerate((self.seller, self.boss, self.env.user), start=9):
            later = self.today + timedelta(days=days)
            with self.assertRaisesRegex(UserError, "cannot change any more"):
                line.with_user(user).date_planned = later

    def test_nobody_writes_what_the_ledger_says(self):
        plan = self._plan(self._sold())
        with self.assertRaisesRegex(UserError, "follows from invoices"):
            plan.line_ids[0].write({"paid_amount": 300})
        with self.assertRaisesRegex(UserError, "only a decision"):
            plan.write({"paid_amount": 300})
        with self.assertRaises(UserError):
            plan.write({"in_force": False})
        with self.assertRaises(AccessError):
            self.env["crm.payment.plan.receipt"].with_user(self.boss).create({})

    def test_nobody_says_whose_a_plan_is(self):
        """A seller cannot get at another's order by a plan of theirs on it."""
        order = self._sold(payment_term_id=False)
        vals = {"order_id": order.id, "user_id": self.other.id}
        with self.assertRaises(AccessError):
            self.env["crm.payment.plan"].with_user(self.other).create(vals)
        mine = self.env["crm.payment.plan"].create(vals)
        self.assertEqual(mine.user_id, self.seller)
        plan = self._plan(self._sold())
        for records in (plan, plan.line_ids[0]):
            with self.assertRaises(UserError):
                records.with_user(self.seller).write({"user_id": self.other.id})

    def test_a_plan_adds_up(self):
        order = self._sold(payment_term_id=False)
        with Form(self.env["crm.payment.plan"]) as form:
            form.order_id = order
            for percent in (50, 40):
                with form.line_ids.new() as line:
                    line.name = "Part"
                    line.percent = percent
                    line.date_planned = self.today
            self.assertEqual(form.planned_amount, 900)
            self.assertEqual(form.unplanned_amount, 100)
        plan = form.save()
        with self.assertRaisesRegex(UserError, "left to plan"):
            plan.action_decide("propose")
        plan.line_ids[1].percent = 50
        plan.action_decide("propose")
        self.assertEqual(plan.state, "proposed")

    def test_an_order_amended_meanwhile_must_be_looked_at(self):
        order = self._sold(payment_term_id=False)
        action = order.action_crm_plan()
        plan = self.env["crm.payment.plan"].browse(action["res_id"])
        plan.action_decide("propose")
        order.order_line.price_unit = 900
        with self.assertRaisesRegex(UserError, "add up"):
            plan.with_user(self.boss).action_decide("approve")

    def test_an_edit_lets_the_proposal_fall(self):
        order = self._sold(payment_term_id=False)
        action = order.action_crm_plan()
        plan = self.env["crm.payment.plan"].browse(action["res_id"])
        plan.action_decide("propose")
        plan.line_ids.date_planned = self.today + timedelta(days=3)
        self.assertEqual(plan.state, "draft")

    def test_who_sees_what(self):
        order = self._sold()
        plan = self._plan(order)
        self._pay(self._invoice(order), 300)
        self.env.cr.flush()
        sees = {
            "seller": True,
            "other": False,
            "boss": True,
            "clerk": True,
            "collector": True,
        }
        for name, expected in sees.items():
            user = getattr(self, name)
            for records in (plan, plan.line_ids, plan.receipt_ids):
                found = records.with_user(user)._filtered_access("read")
                self.assertEqual(bool(found), expected, (name, records))
            cash = self.env["crm.order.cash"].with_user(user)
            self.assertEqual(bool(cash.search([("id", "=", order.id)])), expected, name)
        with self.assertRaises(AccessError):
            plan.with_user(self.reader).check_access("read")
        with self.assertRaises(AccessError):
            plan.with_user(self.collector).check_access("write")

    def test_a_seller_reads_the_order_page(self):
        order = self._sold()
        self._pay(self._invoice(order), 300)
        self.env.cr.flush()
        values = order.with_user(self.seller).read(
            ["crm_plan_id", "crm_plan_line_ids", "crm_deal"]
        )[0]
        self.assertEqual(len(values["crm_plan_line_ids"]), 2)
        labels = [row["label"] for row in values["crm_deal"]["rows"]]
        self.assertIn("Paid", labels)
        self.assertEqual(labels[0], "Quotation")

    def test_search_and_value_agree(self):
        orders = [self._sold() for _n in range(3)]
        self._pay(self._invoice(orders[0]), 450)
        late = self._invoice(orders[1], post=False)
        late.invoice_date = self.today - timedelta(days=60)
        late.action_post()
        orders[2].action_cancel()
        self.env.cr.flush()
        lines = self.env["crm.payment.plan.line"].search(
            [("order_id", "in", [order.id for order in orders])]
        )
        states = ("waiting", "due", "part", "paid", "overdue", "void", False)
        for state in states:
            found = lines.search([("id", "in", lines.ids), ("state", "=", state)])
            self.assertEqual(found, lines.filtered(lambda r, s=state: r.state == s))

    def test_refusals_teach(self):
        order = self._sold()
        line = self._plan(order).line_ids[0]
        with self.assertRaisesRegex(UserError, "milestone"):
            line.action_reach()
        line.action_invoice()
        with self.assertRaisesRegex(UserError, "draft invoice already"):
            line.action_invoice()
