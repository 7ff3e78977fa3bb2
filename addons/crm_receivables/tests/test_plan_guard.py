from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanGuard(PlanCommon):
    """What plans remember cannot be forged, and does not go by the back door."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._hire(
            seller="sales_team.group_sale_salesman",
            boss="sales_team.group_sale_manager",
        )

    def _sold(self, **values):
        return self._ordered(user_id=self.seller.id, **values)

    def test_nobody_says_which_invoice_is_a_lines(self):
        foreign = self._invoice(self._ordered())
        plan = self._plan(self._sold())
        lines = plan.with_user(self.seller).line_ids
        with self.assertRaisesRegex(UserError, "follows from invoices"):
            lines[1].write({"invoice_ids": [Command.link(foreign.id)]})
        with self.assertRaisesRegex(UserError, "follows from invoices"):
            lines[1].sudo().write({"invoice_ids": [Command.set(foreign.ids)]})

    def test_nobody_says_which_line_was_before(self):
        other = self._plan(self._ordered()).line_ids[0]
        action = self._plan(self._sold()).with_user(self.seller).action_revise()
        plan = self.env["crm.payment.plan"].with_user(self.seller)
        plan = plan.browse(action["res_id"])
        self.assertTrue(plan.line_ids[0].origin_id)
        with self.assertRaisesRegex(UserError, "follows from invoices"):
            plan.line_ids[0].write({"origin_id": other.id})
        born = {"plan_id": plan.id, "name": "Forged", "origin_id": other.id}
        with self.assertRaisesRegex(UserError, "follows from invoices"):
            plan.line_ids.create(born)
        line = plan.line_ids.with_context(default_origin_id=other.id).create(
            {"plan_id": plan.id, "name": "By default"}
        )
        self.assertFalse(line.origin_id)

    def _written(self, **values):
        """Return a draft of one payment."""
        line = {"name": "Accepted", "percent": 100, "trigger": "milestone", **values}
        return self.env["crm.payment.plan"].create(
            {
                "order_id": self._sold(payment_term_id=False).id,
                "line_ids": [Command.create(line)],
            }
        )

    def _agreed(self, **values):
        plan = self._written(**values)
        plan.action_decide("propose")
        plan.action_decide("approve")
        return plan

    def test_a_day_nobody_said(self):
        plan = self._written(trigger="date")
        with self.assertRaisesRegex(UserError, "of “Accepted”"):
            plan.action_decide("propose")
        plan.line_ids.date_planned = self.today
        plan.action_decide("propose")
        plan.action_decide("approve")
        self.assertEqual(plan.line_ids.state, "due")

    @mute_logger("odoo.sql_db")
    def test_days_to_pay(self):
        for days in (-30, 999999999):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self._written(days=days).flush_recordset()

    def test_reached_is_not_said_in_advance(self):
        line = self._agreed().line_ids
        with self.assertRaisesRegex(ValidationError, "day to come"):
            line.milestone_date = self.today + timedelta(days=1)
        line.milestone_date = self.today - timedelta(days=1)

    def test_reached_is_not_taken_back_by_who_is_paid(self):
        line = self._agreed().line_ids
        seller, boss = line.with_user(self.seller), line.with_user(self.boss)
        seller.action_reach()
        for day in (False, self.today - timedelta(days=3)):
            with self.assertRaisesRegex(UserError, "takes that back"):
                seller.milestone_date = day
        with self.assertRaisesRegex(UserError, "takes that back"):
            seller.action_unreach()
        seller.milestone_date = self.today  # the same
        boss.action_unreach()
        self.assertFalse(line.milestone_date or line.milestone_user_id)
        self.assertEqual(line.state, "waiting")
        seller.action_reach()

    def test_who_may_not_change_a_plan_is_not_asked_to(self):
        shown = {
            "account.group_account_readonly": False,
            "crm_receivables.group_collector": False,
            "account.group_account_invoice": True,
            "sales_team.group_sale_salesman": True,
        }
        for group, seen in shown.items():
            user = new_test_user(self.env, group, groups=group)
            plans = self.env["crm.payment.plan"].with_user(user)
            arch = plans.get_view(view_type="form")["arch"]
            self.assertEqual("action_revise" in arch, seen, group)

    def test_who_ticked_a_milestone_stays(self):
        plan = self._agreed()
        plan.line_ids.with_user(self.seller).action_reach()
        self.assertEqual(plan.line_ids.milestone_user_id, self.seller)
        action = plan.with_user(self.seller).action_revise()
        new = plan.browse(action["res_id"])
        new.with_user(self.seller).line_ids.days = 14
        new.with_user(self.seller).action_decide("propose")
        new.with_user(self.boss).action_decide("approve")
        self.assertEqual(new.line_ids.milestone_user_id, self.seller)
        self.assertEqual(new.line_ids.milestone_date, self.today)
        self.assertEqual(new.line_ids.date_due, self.today + timedelta(days=14))
        old = plan.line_ids.with_user(self.boss)
        for day in (False, self.today - timedelta(days=3)):
            with self.assertRaisesRegex(UserError, "version that was replaced"):
                old.milestone_date = day
        with self.assertRaisesRegex(UserError, "version that was replaced"):
            old.action_unreach()
        self.assertEqual(old.milestone_date, self.today)

    def test_an_order_takes_no_agreed_plan_with_it(self):
        order = self._sold()
        plan = self._plan(order)
        order.action_cancel()
        with self.assertRaisesRegex(UserError, "decided on"):
            order.with_user(self.boss).unlink()
        self.assertTrue(plan.exists())

    def test_an_order_takes_its_draft_with_it(self):
        order = self._sold(confirm=False)
        action = order.action_crm_plan()
        plan = self.env["crm.payment.plan"].browse(action["res_id"])
        order.with_user(self.boss).unlink()
        self.assertFalse(order.exists() or plan.exists())
