from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .position_common import PositionCommon

LEDGER = "account.group_account_readonly"


@tagged("post_install", "-at_install")
class TestPositionRights(PositionCommon):
    """Finance and collectors see all of their companies, salespeople their customers,
    others nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = {
            "seller": "sales_team.group_sale_salesman",
            "leader": "sales_team.group_sale_salesman_all_leads",
            "collector": "crm_receivables.group_collector",
            "finance": f"base.group_user,{LEDGER}",
            "reader": "crm_relationship.group_reader",
            "clerk": "base.group_user",
            "guest": "base.group_portal",
        }
        cls.users = {
            name: new_test_user(
                cls.env,
                login=f"position_{name}",
                groups=group,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, group in groups.items()
        }
        cls.customer.user_id = cls.users["seller"]
        cls.other_customer.user_id = cls.users["leader"]
        today = fields.Date.today()
        cls._invoice(cls.customer, 100, today)
        cls._invoice(cls.other_customer, 20, today)
        cls._invoice(cls.customer, 7, today, company=cls.other_company)
        cls.env.flush_all()

    def _sum(self, name):
        items = self.env["crm.receivable.item"].with_user(self.users[name])
        return sum(
            items.search([("customer_id", "in", self.both.ids)]).mapped("amount")
        )

    @property
    def both(self):
        return self.customer | self.other_customer

    def test_items(self):
        seen = {name: self._sum(name) for name in ("seller", "leader", "collector")}
        self.assertEqual(seen, {"seller": 100, "leader": 120, "collector": 120})
        self.assertEqual(self._sum("finance"), 120)
        for name in ("reader", "clerk", "guest"):
            with self.assertRaises(AccessError):
                self._sum(name)

    def test_months_are_for_finance(self):
        months = self.env["crm.receivable.month"]
        for name in ("collector", "finance"):
            self.assertTrue(months.with_user(self.users[name]).search([]))
        for name in ("seller", "leader", "reader", "guest"):
            with self.assertRaises(AccessError):
                months.with_user(self.users[name]).search([])

    def test_other_company_is_not_summed(self):
        user = self.users["finance"]
        user.company_ids |= self.other_company
        items = self.env["crm.receivable.item"].with_user(user)
        domain = [("customer_id", "=", self.customer.id)]
        both = items.with_context(allowed_company_ids=self.companies.ids)
        self.assertEqual(sum(both.search(domain).mapped("amount")), 107)
        one = items.with_context(allowed_company_ids=self.other_company.ids)
        self.assertEqual(sum(one.search(domain).mapped("amount")), 7)

    def test_api(self):
        self._work_off_queue()
        for name in ("finance", "collector", "seller", "leader"):
            api = self.env["crm.api"].with_user(self.users[name])
            found = api.receivable_get(self.customer.id)
            [row] = found["companies"]
            self.assertEqual((row["open"], row["currency"]), (100, "USD"))
            self.assertEqual(row["exposure"]["total"], 100)
            self.assertEqual(sum(part["amount"] for part in row["ageing"]), 100)
            self.assertEqual(
                row["currencies"], [{"currency": "USD", "open": 100, "overdue": 0}]
            )
        seller = self.env["crm.api"].with_user(self.users["seller"])
        with self.assertRaises(AccessError):
            seller.receivable_get(self.other_customer.id)
        for name in ("reader", "clerk", "guest"):
            with self.assertRaises(UserError):
                self.env["crm.api"].with_user(self.users[name]).receivable_get(
                    self.customer.id
                )

    def test_api_by_the_name_another_system_gave(self):
        """Finance reads no references, but the customers they are about."""
        named = {"source": "shop", "company_id": self.company.id}
        self.env["crm.external.ref"].create(
            [
                {**named, "ref": "1", "partner_id": self.customer.id},
                {**named, "ref": "2", "partner_id": self.other_customer.id},
            ]
        )
        self._work_off_queue()
        api = self.env["crm.api"].with_user(self.users["finance"])
        found = api.receivable_get({"external": ["shop", "1"]})
        self.assertEqual(found["companies"][0]["open"], 100)
        with self.assertRaisesRegex(UserError, "no customer shop / 3"):
            api.receivable_get({"external": ["shop", "3"]})
        api = api.with_user(self.users["seller"])
        with self.assertRaises(AccessError):
            api.receivable_get({"external": ["shop", "2"]})

    def test_a_role_in_marketing_opens_no_ledger(self):
        """Who sees every profile does not see what everybody owes."""
        self._work_off_queue()
        seller, reader = self.users["seller"], self.users["reader"]
        seller.group_ids += self.env.ref("crm_relationship.group_reader")
        profiles = {c: self._profile(c) for c in self.both}
        own = profiles[self.customer].with_user(seller)
        self.assertEqual(len(own.position_ageing), 5)
        self.assertGreater(own.position_dso_count_back, 0)
        api = self.env["crm.api"].with_user(seller)
        self.assertTrue(api.receivable_get(self.customer.id)["companies"])
        for user in (seller, reader):
            other = profiles[self.other_customer].with_user(user)
            other.check_access("read")
            self.assertFalse(other.position_ageing)
            self.assertFalse(other.position_dso_count_back)
            with self.assertRaises(UserError):
                self.env["crm.api"].with_user(user).receivable_get(
                    self.other_customer.id
                )

    def test_api_is_told_of_changes(self):
        self._work_off_queue()
        self._invoice(self.customer, 50, fields.Date.today())
        self.env["crm.change.feed"].sudo().search([]).unlink()
        self._work_off_queue()
        feed = (
            self.env["crm.change.feed"]
            .sudo()
            .search([("partner_key", "=", self.customer.id), ("kind", "=", "customer")])
        )
        self.assertIn("updated", feed.mapped("action"))

    def test_as_of_screen(self):
        wizard = (
            self.env["crm.receivable.as.of"]
            .with_user(self.users["collector"])
            .create({"date": "2020-01-01"})
        )
        action = wizard.action_open()
        items = self.env["crm.receivable.item"].with_context(**action["context"])
        self.assertFalse(items.search([("customer_id", "in", self.both.ids)]))
        with self.assertRaises(UserError):
            items.with_context(receivable_at="yesterday").search([])

    def test_seller_reads_what_is_stored(self):
        profile = self._profile(self.customer).with_user(self.users["seller"])
        self.assertEqual(profile.position_total, 100.0)
        self.assertEqual(len(profile.position_ageing), 5)

    def test_note_before_the_next_quotation(self):
        self._invoice(self.customer, 300, self._day(-40), self._day(-10))
        self._work_off_queue()
        order = self._create_order(self.customer, 10.0, confirm=False)
        seller = self.users["seller"]
        order.user_id = seller
        self.assertIn("300", order.with_user(seller).crm_position_note)
        other = self._create_order(self.other_customer, 10.0, confirm=False)
        self.assertFalse(other.crm_position_note)
