from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestDealRights(PlanCommon):
    """Who may read an order need not know what was paid for it."""

    def setUp(self):
        super().setUp()
        self.order = self._ordered()
        self._pay(self._invoice(self.order), 300)
        self.env.cr.flush()

    def _user(self, name, groups, **values):
        return new_test_user(
            self.env,
            f"deal_{name}",
            groups,
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
            **values,
        )

    def _deal(self, user):
        [values] = self.order.with_user(user).read(["crm_deal"])
        return values["crm_deal"]

    def assertHidden(self, user):
        order = self.order.with_user(user)
        order.check_access("read")
        order.read(["name"])
        with self.assertRaises(AccessError):
            order.read(["crm_deal"])
        self.assertNotIn("crm_deal", order.fields_get())
        # Even if somebody gave the field to all.
        deal = order.env["crm.deal.trail"]._deal(order)
        self.assertEqual(deal, {"bars": [], "rows": []})

    def test_portal(self):
        user = self._user("guest", "base.group_portal", partner_id=self.customer.id)
        self.assertHidden(user)
        with self.assertRaises(AccessError):
            self.order.with_user(user).read(["crm_position_note"])

    def test_warehouse(self):
        self.assertHidden(self._user("worker", "stock.group_stock_user"))

    def test_seller_and_finance(self):
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.order.user_id = seller
        for user in (
            seller,
            self._user("finance", "account.group_account_invoice"),
            self._user("auditor", "account.group_account_readonly"),
        ):
            if not self.order.with_user(user).has_access("read"):
                continue
            labels = [row["label"] for row in self._deal(user)["rows"]]
            self.assertIn("Paid", labels, user.login)

    def test_other_sellers_order(self):
        order = self.order
        order.user_id = self._user("seller", "sales_team.group_sale_salesman")
        other = self._user("other", "sales_team.group_sale_salesman")
        deal = self.env["crm.deal.trail"].with_user(other)._deal(order.with_user(other))
        self.assertFalse(deal["rows"])
