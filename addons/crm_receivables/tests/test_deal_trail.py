from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestDealTrail(PlanCommon):
    """The course of a deal is whole and in the order things happened."""

    def _rows(self, order):
        self.env.cr.flush()
        order.invalidate_recordset()
        return order.crm_deal["rows"]

    def test_what_has_no_day_is_to_come_too(self):
        order = self._ordered(payment_term_id=False)
        later = self.today + timedelta(days=90)
        common = {"percent": 50, "trigger": "milestone"}
        plan = self.env["crm.payment.plan"].create(
            {
                "order_id": order.id,
                "line_ids": [
                    Command.create({"name": "Some day", **common}),
                    Command.create({"name": "Soon", "date_planned": later, **common}),
                ],
            }
        )
        plan.action_decide("propose")
        plan.action_decide("approve")
        soon, some_day = self._rows(order)[-2:]
        self.assertEqual((soon["label"], soon["day"]), ("Soon", str(later)))
        self.assertEqual((some_day["label"], some_day["day"]), ("Some day", ""))
        self.assertEqual((some_day["amount"], some_day["future"]), (500, True))
        self.assertIn("no day yet", some_day["detail"])
        self.assertNotIn("no day yet", soon["detail"])

    def test_of_one_day_in_the_order_made(self):
        order = self._ordered()
        self._credit(self._invoice(order), 100)
        labels = [row["label"] for row in self._rows(order)]
        self.assertLess(labels.index("Invoice"), labels.index("Credit note"))
