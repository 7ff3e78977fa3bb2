from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPlanTerm(PlanCommon):
    """Plans of payment terms, whatever the term and the order are like."""

    def _fixed(self, amount):
        """Create a term of an amount now and the rest in 30 days."""
        return self.env["account.payment.term"].create(
            {
                "name": "Fixed now",
                "line_ids": [
                    Command.create(
                        {"value": "fixed", "value_amount": amount, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": 30}
                    ),
                ],
            }
        )

    def _by_hand(self, order):
        """Return the plan the button makes."""
        action = order.action_crm_plan()
        return self.env["crm.payment.plan"].browse(action["res_id"])

    def test_an_amount_and_the_rest(self):
        order = self._ordered(800, payment_term_id=self._fixed(500).id)
        self.assertEqual(self._plan(order).basis, "amount")
        self.assertPlan(order, [(500, 0, 0, "due"), (300, 0, 0, "waiting")])

    def test_an_amount_above_the_order_stops_nothing(self):
        order = self._ordered(300, payment_term_id=self._fixed(500).id)
        self.assertEqual(order.state, "sale")
        self.assertPlan(order, [(300, 0, 0, "due"), (0, 0, 0, "void")])
        self.assertEqual(self._plan(order).line_ids.mapped("percent"), [100, 0])

    def test_by_hand_for_any_order(self):
        for amount, expected in ((300, [300, 0]), (0, [0, 0]), (-100, [0, 0])):
            with self.subTest(amount=amount):
                order = self._ordered(
                    amount, payment_term_id=self._fixed(500).id, confirm=False
                )
                lines = self._by_hand(order).line_ids
                self.assertEqual(lines.mapped("amount_planned"), expected)
        order = self._ordered(-100, payment_term_id=False, confirm=False)
        self.assertEqual(self._by_hand(order).line_ids.amount_planned, 0)

    def test_percentages_are_those_of_the_term(self):
        """Not those of rounded amounts, which would not add up any more later."""
        term = self._create_term((33.33, 0), (33.33, 30), (33.34, 60))
        order = self._ordered(0.05, payment_term_id=term.id, confirm=False)
        lines = self._by_hand(order).line_ids
        self.assertEqual(lines.mapped("percent"), [33.33, 33.33, 33.34])
        order.order_line.price_unit = 100000
        self.assertEqual(sum(lines.mapped("amount_planned")), 100000)

    def test_a_lowered_order_is_planned_anew(self):
        order = self._ordered()
        plan = self._plan(order)
        plan.line_ids[0].action_invoice()
        plan.line_ids[0].invoice_ids.action_post()
        goods = order.order_line.filtered(lambda s: not s.is_downpayment)
        goods = goods.filtered("product_id")
        for price, expected in ((200, [200, 0]), (0, [0, 0])):
            with self.subTest(price=price):
                goods.price_unit = price
                self.assertEqual(self._plan(order).line_ids[0].amount, 300)
                action = self._plan(order).action_revise()
                new = plan.browse(action["res_id"])
                self.assertEqual(new.line_ids.mapped("amount_planned"), expected)
                self.assertEqual(new.unplanned_amount, 0)
                new.unlink()

    def test_a_draft_follows_its_order(self):
        order = self._ordered(payment_term_id=False)
        lines = [
            {"name": name, "percent": percent, "date_planned": self.today}
            for name, percent in (("Deposit", 40), ("Rest", 60))
        ]
        plan = self.env["crm.payment.plan"].create(
            {
                "order_id": order.id,
                "line_ids": [Command.create(line) for line in lines],
            }
        )
        order.order_line.price_unit = 1200
        self.assertEqual(plan.line_ids.mapped("amount_planned"), [480, 720])
        plan.action_decide("propose")
        order.order_line.price_unit = 1000
        # Somebody is asked about 1200: that does not change under their eyes.
        self.assertEqual(plan.line_ids.mapped("amount_planned"), [480, 720])
        plan.action_decide("decline", reason="Amended")
        self.assertEqual(plan.line_ids.mapped("amount_planned"), [400, 600])

    def test_a_day_is_the_companys(self):
        """Signed on line by nobody in particular, on the other side of the world."""
        self.company.crm_tz = "Asia/Shanghai"
        self.env.user.tz = "America/New_York"
        order = self._ordered(payment_term_id=False, confirm=False)
        order.date_order = "2026-01-01 22:00:00"
        day = fields.Date.to_date("2026-01-02")
        self.assertEqual(self._by_hand(order).line_ids.date_planned, day)

    def test_two_companies_on_different_days(self):
        """Neither the value nor the search depends on the company one works in."""
        other = self.setup_other_company()["company"]
        companies = self.company | other
        companies.crm_tz = "Pacific/Pago_Pago"
        orders = self.env["sale.order"]
        for company in companies:
            # The second company's journals are not needed: nothing is invoiced.
            orders |= self._create_order(
                self.customer, 1000, company, payment_term_id=self.term.id
            )
        self.env.cr.flush()
        lines = self.env["crm.payment.plan.line"].search(
            [("order_id", "in", orders.ids), ("percent", "=", 30)]
        )
        self.assertEqual(set(lines.mapped("state")), {"due"})
        # A day ahead of the other one, at any hour.
        self.company.crm_tz = "Pacific/Kiritimati"
        mine = lines.filtered(lambda line: line.company_id == self.company)
        for company in companies:
            first = [company.id, *(companies - company).ids]
            seen = lines.with_context(allowed_company_ids=first)
            seen.invalidate_recordset(["state"])
            self.assertEqual(seen.filtered(lambda r: r.state == "overdue"), mine)
            found = seen.search([("id", "in", lines.ids), ("state", "=", "overdue")])
            self.assertEqual(found, mine)

    def _long_ago(self, order):
        """Let the plan of an order have been made 40 days ago."""
        plan = self._plan(order)
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE crm_payment_plan_line SET date_planned = date_planned - 40
                WHERE plan_id = %s""",
            [plan.id],
        )
        plan.line_ids.invalidate_recordset()
        return plan

    def test_a_quotation_again_owes_nothing(self):
        order = self._ordered()
        plan = self._long_ago(order)
        order.action_cancel()
        order.action_draft()
        self.assertPlan(order, [(0, 0, 0, "void"), (0, 0, 0, "void")])
        self.assertFalse(plan.next_due_date)

    def test_confirmed_again_on_another_day(self):
        order = self._ordered()
        old = self._long_ago(order)
        line = old.line_ids[0]
        line.action_invoice()
        line.invoice_ids.action_post()
        self._pay(line.invoice_ids)
        order._action_cancel()
        order.action_draft()
        self.assertPlan(order, [(300, 300, 0, "paid"), (0, 0, 0, "void")])
        order.action_confirm()
        plan = self._plan(order)
        self.assertEqual((old.state, plan.state), ("replaced", "agreed"))
        self.assertEqual((plan.previous_id, plan.version), (old, 2))
        self.assertEqual(plan.line_ids[1].date_due, self.today + timedelta(days=30))
        self.assertEqual(plan.line_ids[0].invoice_ids, line.invoice_ids)
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 0, 0, "waiting")])

    def test_confirmed_again_the_same_day(self):
        order = self._ordered()
        plan = self._plan(order)
        order.action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self._plan(order), plan)
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])

    def test_agreed_on_a_quotation(self):
        order = self._ordered(confirm=False)
        plan = self._by_hand(order)
        plan.action_decide("propose")
        plan.action_decide("approve")
        self.assertPlan(order, [(0, 0, 0, "void"), (0, 0, 0, "void")])
        order.action_confirm()
        self.assertEqual(self._plan(order), plan)
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])
