from datetime import date, timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestProfileMetrics(RelationshipCommon):
    def test_history_counts(self):
        self._create_history(self.customer, "2025-01-10", 100.0)
        self._create_history(self.customer, "2025-01-10", 50.0)
        self._create_history(self.customer, "2025-02-01", 25.0)
        profile = self._profile(self.customer)
        self.assertRecordValues(
            profile,
            [
                {
                    "first_purchase_date": date(2025, 1, 10),
                    "last_purchase_date": date(2025, 2, 1),
                    "purchase_count": 3,
                    "purchase_day_count": 2,
                    "revenue_total": 175.0,
                }
            ],
        )

    def test_cancelled_history_goes_back(self):
        history = self._create_history(self.customer, "2025-01-10", 100.0)
        self.assertEqual(self._profile(self.customer).revenue_total, 100.0)
        history.state = "cancelled"
        self.env["crm.customer.change"]._enqueue([(self.company.id, self.customer.id)])
        self.assertFalse(self._profile(self.customer), "no fact, no customer")

    def test_source_counts_until(self):
        self.source.counts_until = "2025-01-31"
        self._create_history(self.customer, "2025-01-31", 100.0)
        self._create_history(self.customer, "2025-02-01", 50.0)
        self.assertEqual(self._profile(self.customer).revenue_total, 100.0)
        self.source.counts_until = False
        self.assertEqual(self._profile(self.customer).revenue_total, 150.0)

    def test_invoice_and_credit_note(self):
        self._create_invoice(self.customer, 300.0, "2025-03-01")
        self._create_invoice(self.customer, 100.0, "2025-03-05", move_type="out_refund")
        profile = self._profile(self.customer)
        self.assertRecordValues(
            profile,
            [
                {
                    "purchase_count": 1,
                    "last_purchase_date": date(2025, 3, 1),
                    "revenue_total": 200.0,
                    "receivable_open": 200.0,
                }
            ],
        )

    def test_invoice_back_to_draft(self):
        invoice = self._create_invoice(self.customer, 300.0, "2025-03-01")
        self.assertEqual(self._profile(self.customer).revenue_total, 300.0)
        invoice.button_draft()
        self.assertFalse(self._profile(self.customer))

    def test_invoice_changes_partner(self):
        invoice = self._create_invoice(self.customer, 300.0, "2025-03-01")
        self._profile(self.customer)
        invoice.button_draft()
        invoice.partner_id = self.other_customer
        invoice.action_post()
        self.assertFalse(self._profile(self.customer))
        self.assertEqual(self._profile(self.other_customer).revenue_total, 300.0)

    def _term_line(self, invoice):
        return invoice.line_ids.filtered(lambda x: x.display_type == "payment_term")

    def test_payment_and_unreconcile(self):
        invoice = self._create_invoice(self.customer, 300.0, "2025-03-01")
        self._term_line(invoice).date_maturity = "2025-04-01"
        profile = self._profile(self.customer)
        self.assertEqual(profile.receivable_overdue, 300.0)
        payment = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        payment.create({"amount": 120.0})._create_payments()
        profile = self._profile(self.customer)
        self.assertEqual(profile.receivable_open, 180.0)
        invoice.line_ids.remove_move_reconcile()
        # The payment is still in the books: what is owed is net of it.
        profile = self._profile(self.customer)
        self.assertEqual(profile.receivable_open, 180.0)

    def test_due_date_moves_overdue(self):
        invoice = self._create_invoice(self.customer, 300.0, "2025-03-01")
        self._term_line(invoice).date_maturity = "2025-04-01"
        self.assertEqual(self._profile(self.customer).receivable_overdue, 300.0)
        due = fields.Date.today() + timedelta(days=2)
        self._term_line(invoice).date_maturity = due
        profile = self._profile(self.customer)
        self.assertEqual(profile.receivable_overdue, 0.0)
        self.assertEqual(profile.next_expiry_date, due + timedelta(days=1))

    def test_order_life(self):
        order = self._create_order(self.customer, 400.0, confirm=False)
        profile = self._profile(self.customer)
        self.assertRecordValues(
            profile,
            [{"quotation_count": 1, "quotation_amount": 400.0, "order_count": 0}],
        )
        order.action_confirm()
        profile = self._profile(self.customer)
        expected = {"quotation_count": 0, "order_count": 1, "order_open_amount": 400.0}
        self.assertRecordValues(profile, [expected | {"revenue_total": 0.0}])
        order.order_line.write({"product_uom_qty": 2, "price_unit": 400.0})
        self.assertEqual(self._profile(self.customer).order_open_amount, 800.0)
        order.order_line = [
            Command.create({"product_id": self.product_b.id, "price_unit": 10.0})
        ]
        self.assertEqual(self._profile(self.customer).order_amount, 810.0)
        order._action_cancel()
        self.assertFalse(self._profile(self.customer))

    def test_revenue_source_ordered(self):
        self.company.crm_revenue_source = "ordered"
        self._create_invoice(self.customer, 300.0, "2025-03-01")
        order = self._create_order(self.customer, 400.0)
        profile = self._profile(self.customer)
        self.assertEqual(profile.revenue_total, 400.0)
        self.assertEqual(profile.purchase_count, 1)
        order._action_cancel()
        self.assertEqual(self._profile(self.customer).revenue_total, 0.0)

    def test_order_day_is_the_companys_day(self):
        self.company.write({"crm_revenue_source": "ordered", "crm_tz": "Asia/Shanghai"})
        order = self._create_order(self.customer, 400.0)
        order.date_order = "2025-03-01 16:30:00"  # half past midnight in Shanghai
        profile = self._profile(self.customer)
        self.assertEqual(profile.last_purchase_date, date(2025, 3, 2))
        self.assertEqual(profile.order_last_date, date(2025, 3, 2))

    def test_leads(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Opportunity",
                "type": "opportunity",
                "partner_id": self.customer.id,
                "expected_revenue": 70.0,
                "company_id": self.company.id,
            }
        )
        profile = self._profile(self.customer)
        self.assertRecordValues(profile, [{"lead_count": 1, "lead_amount": 70.0}])
        lead.action_set_lost()
        self.assertFalse(self._profile(self.customer))
        lead.action_unarchive()
        self.assertEqual(self._profile(self.customer).lead_count, 1)
        lead.partner_id = self.other_customer
        self.assertFalse(self._profile(self.customer))
        self.assertEqual(self._profile(self.other_customer).lead_count, 1)

    def test_stage_becomes_a_won_stage(self):
        stage = self.env["crm.stage"].create({"name": "Signed"})
        self.env["crm.lead"].create(
            {
                "name": "Opportunity",
                "type": "opportunity",
                "partner_id": self.customer.id,
                "stage_id": stage.id,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(self._profile(self.customer).lead_count, 1)
        stage.is_won = True
        self.assertFalse(self._profile(self.customer))

    def test_salesperson_and_archive_are_copied(self):
        self._create_history(self.customer, "2025-01-10", 100.0)
        self.customer.user_id = self.env.user
        self.assertEqual(self._profile(self.customer).user_id, self.env.user)
        self.customer.active = False
        self.assertFalse(self._profile(self.customer).active)

    def test_bucket_is_permanent_and_spread(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{i}"} for i in range(400)]
        )
        for partner in partners:
            self._create_history(partner, "2025-01-10", 1.0)
        self._work_off_queue()
        domain = [("partner_id", "in", partners.ids)]
        profiles = self.env["crm.customer.profile"].sudo().search(domain)
        buckets = {p.partner_id: p.holdout_bucket for p in profiles}
        self.assertGreaterEqual(min(buckets.values()), 1)
        self.assertLessEqual(max(buckets.values()), 100)
        self.assertGreater(len(set(buckets.values())), 80)
        profiles.unlink()
        self.env["crm.customer.refresh"].sudo()._refresh_now(self.company, partners.ids)
        profiles = self.env["crm.customer.profile"].sudo().search(domain)
        self.assertEqual(buckets, {p.partner_id: p.holdout_bucket for p in profiles})
