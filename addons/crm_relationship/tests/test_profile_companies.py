from datetime import date, timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestProfileCompanies(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other_company = cls.other_data["company"]
        cls.eur = cls.setup_other_currency("EUR", rates=[("2025-01-01", 2.0)])

    def _let_days_pass(self, days):
        """Move the database's clock, which decides what day it is."""
        self.addCleanup(setattr, self.env.cr, "_now", None)
        self.env.cr._now = fields.Datetime.now() + timedelta(days=days)

    def test_shared_customer_has_a_profile_in_each(self):
        self._create_invoice(self.customer, 100.0)
        self._create_invoice(self.customer, 7.0, company=self.other_company)
        self.assertEqual(self._profile(self.customer).revenue_total, 100.0)
        other = self._profile(self.customer, self.other_company)
        self.assertEqual(other.revenue_total, 7.0)

    def test_each_user_sees_their_companys_money(self):
        self._create_invoice(self.customer, 100.0)
        self._create_invoice(self.customer, 7.0, company=self.other_company)
        self._work_off_queue()
        self._work_off_queue(self.other_company)
        reader = new_test_user(
            self.env,
            login="other_reader",
            groups="crm_relationship.group_reader",
            company_id=self.other_company.id,
            company_ids=[(6, 0, self.other_company.ids)],
        )
        profiles = self.env["crm.customer.profile"].with_user(reader)
        domain = [("partner_id", "=", self.customer.id)]
        self.assertEqual(profiles.search(domain).mapped("revenue_total"), [7.0])
        totals = profiles._read_group(domain, [], ["revenue_total:sum"])
        self.assertEqual(totals, [(7.0,)])

    def test_foreign_currency_at_document_date(self):
        self._create_invoice(self.customer, 100.0, "2025-03-01", currency=self.eur)
        profile = self._profile(self.customer)
        self.assertEqual(profile.revenue_total, 50.0)
        self.assertEqual(profile.receivable_open, 50.0)
        # A later rate does not touch the past.
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.eur.id,
                "name": "2025-06-01",
                "rate": 4.0,
                "company_id": self.company.id,
            }
        )
        refresh = self.env["crm.customer.refresh"].sudo()
        counts = refresh._refresh_now(self.company, self.customer.ids)
        self.assertEqual(counts, {"created": 0, "updated": 0, "removed": 0})

    def test_window_moves_by_the_clock(self):
        day = fields.Date.today()
        self._create_history(self.customer, day - timedelta(days=364), 100.0)
        self._create_history(self.customer, day, 30.0)
        profile = self._profile(self.customer)
        self.assertEqual(profile.revenue_12m, 130.0)
        self.assertEqual(profile.next_expiry_date, day + timedelta(days=1))
        self._let_days_pass(1)
        self._work_off_queue()
        self.assertEqual(profile.revenue_12m, 30.0)
        self.assertEqual(profile.revenue_total, 130.0)
        self.assertEqual(profile.next_expiry_date, day + timedelta(days=365))

    def test_future_purchase_counts_from_its_day(self):
        day = fields.Date.today()
        self._create_history(self.customer, day + timedelta(days=3), 30.0)
        profile = self._profile(self.customer)
        self.assertEqual((profile.purchase_count, profile.revenue_total), (0, 0.0))
        self.assertEqual(profile.next_expiry_date, day + timedelta(days=3))
        self._let_days_pass(3)
        self._work_off_queue()
        self.assertEqual((profile.purchase_count, profile.revenue_total), (1, 30.0))

    def test_views_agree_with_profiles(self):
        self._create_history(self.customer, "2025-01-10", 100.0)
        self._create_invoice(self.customer, 40.0, "2025-02-01", currency=self.eur)
        self._create_invoice(self.customer, 5.0, "2025-02-02", move_type="out_refund")
        order = self._create_order(
            self.customer, 500.0, partner_invoice_id=self.other_customer.id
        )
        order._create_invoices().action_post()
        profile = self._profile(self.customer)
        self.assertEqual(profile.revenue_total, 100.0 + 20.0 - 5.0 + 500.0)
        domain = [("customer_id", "=", self.customer.id)]
        lines = self.env["crm.customer.transaction.line"].with_company(self.company)
        documents = self.env["crm.customer.transaction"].with_company(self.company)
        for model in (lines, documents):
            [(total,)] = model._read_group(domain, [], ["amount:sum"])
            self.assertAlmostEqual(total, profile.revenue_total)
        found = documents.search(domain)
        self.assertEqual(len(found), 4)
        self.assertEqual(min(found.mapped("date")), date(2025, 1, 10))
        self.assertEqual(found[-1].action_open_document()["res_id"], found[-1].res_id)
