from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanTermHint(PlanCommon):
    """The payment term of an order changes after its plan was made from one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.term.name = "Thirty now"
        cls.halves = cls._create_term((50, 0), (50, 60))
        cls.halves.name = "Halves"
        cls._hire(
            seller="sales_team.group_sale_salesman",
            collector="crm_receivables.group_collector",
        )

    def _sold(self, **values):
        return self._ordered(user_id=self.seller.id, **values)

    def _hint(self, order):
        """Return the hint, which the order and its plan show alike."""
        plan = self._plan(order)
        order.invalidate_recordset()
        self.assertEqual(order.crm_plan_hint, plan.term_hint)
        return plan.term_hint

    def test_another_term(self):
        order = self._sold()
        plan = self._plan(order)
        self.assertEqual(plan.term_id, self.term)
        self.assertFalse(self._hint(order))
        order.payment_term_id = self.halves
        hint = self._hint(order)
        self.assertRegex(hint, "now “Halves”; .* from “Thirty now”.* to follow it")
        # Nothing was made anew.
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])
        self.env.invalidate_all()
        self.assertEqual(plan.with_user(self.seller).term_hint, hint)
        self.assertEqual(plan.with_user(self.collector).term_hint, hint)
        order.payment_term_id = False
        self.assertRegex(self._hint(order), "no payment term any more")
        order.payment_term_id = self.term
        self.assertFalse(self._hint(order))

    def test_change_plan_offers_the_new_payments(self):
        order = self._sold()
        order.payment_term_id = self.halves
        action = self._plan(order).with_user(self.seller).action_revise()
        new = self.env["crm.payment.plan"].browse(action["res_id"])
        self.assertEqual((new.origin, new.basis), ("change", "percent"))
        days = [self.today, self.today + timedelta(days=60)]
        self.assertEqual(new.line_ids.mapped("amount_planned"), [500, 500])
        self.assertEqual(new.line_ids.mapped("date_planned"), days)
        self.assertTrue(self._hint(order))
        new.action_decide("propose")
        new.action_decide("approve")
        self.assertPlan(order, [(500, 0, 0, "due"), (500, 0, 0, "waiting")])
        self.assertFalse(self._hint(order))

    def test_with_an_invoice_change_plan_keeps_the_payments(self):
        order = self._sold()
        order.payment_term_id = self.halves
        self._plan(order).line_ids[0].action_invoice()  # a draft
        self.assertRegex(self._hint(order), "There are invoices already")
        new = self._plan(order).browse(self._plan(order).action_revise()["res_id"])
        self.assertEqual(new.line_ids.mapped("amount_planned"), [300, 700])

    def test_no_hint_where_nothing_is_to_be_done(self):
        order = self._sold()
        plan = self._plan(order)
        order.payment_term_id = self.halves
        self._pay(self._invoice(order))
        self.assertFalse(self._hint(order))  # paid
        order = self._sold()
        plan = self._plan(order)
        plan._decision_set(term_id=False)
        order.payment_term_id = self.halves
        self.assertFalse(self._hint(order))  # unknown, as of plans made before

    def test_confirmed_again_it_is_of_the_new_term(self):
        order = self._sold()
        plan = self._plan(order)
        same = self._create_term((30, 0), (70, 30))
        for term, kept in ((same, True), (self.halves, False)):
            with self.subTest(kept=kept):
                order.action_cancel()
                order.action_draft()
                order.payment_term_id = term
                self.assertFalse(self._hint(order))
                order.action_confirm()
                self.assertEqual(self._plan(order) == plan, kept)
                self.assertEqual(self._plan(order).term_id, term)
                self.assertFalse(self._hint(order))

    def test_nobody_says_what_it_was_made_from(self):
        plan = self._plan(self._sold())
        for forger in (plan.with_user(self.seller), plan.sudo()):
            with self.assertRaisesRegex(UserError, "Made from"):
                forger.term_id = self.halves
        order = self._sold(payment_term_id=False)
        values = {"order_id": order.id, "term_id": self.halves.id}
        with self.assertRaisesRegex(UserError, "Made from"):
            plan.with_user(self.seller).create(values)
        by_default = plan.with_user(self.seller).with_context(
            default_term_id=self.halves.id
        )
        self.assertFalse(by_default.create({"order_id": order.id}).term_id)
        self.assertFalse(plan.copy({"order_id": order.id}).term_id)

    def test_a_term_that_is_gone(self):
        term = self._create_term((40, 0), (60, 30))
        order = self._sold(payment_term_id=term.id)
        plan = self._plan(order)
        order.payment_term_id = self.halves
        term.unlink()
        self.assertFalse(plan.term_id or self._hint(order))
