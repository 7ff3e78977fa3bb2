from datetime import date, timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .position_common import PositionCommon


@tagged("post_install", "-at_install")
class TestPositionProfile(PositionCommon):
    """Exposure by part and speed of payment, on the profile and live."""

    def _sell(self, partner, quantity=10, price=100.0, company=None, **values):
        order = self._create_order(partner, price, company, confirm=False, **values)
        order.order_line.write({"product_uom_qty": quantity, "price_unit": price})
        order.action_confirm()
        return order

    def _parts(self, customer, company=None):
        self.env.flush_all()
        found = self.exposure._exposure(company or self.company, customer.ids)
        row = found.get(customer.id, {})
        return {name: float(amount) for name, amount in row.items() if amount}

    def _let_days_pass(self, days):
        self.addCleanup(setattr, self.env.cr, "_now", None)
        self.env.cr._now = fields.Datetime.now() + timedelta(days=days)

    # ---- exposure -------------------------------------------------------------------

    def test_parts_of_an_order_on_its_way_to_money(self):
        order = self._sell(self.customer)
        self.assertEqual(
            self._parts(self.customer),
            {"confirmed": 1000, "undelivered": 1000, "total": 1000},
        )
        order.order_line.qty_delivered = 4
        self.assertEqual(
            self._parts(self.customer),
            {"confirmed": 1000, "undelivered": 600, "total": 1000},
        )
        invoice = order._create_invoices(final=True)
        if invoice.amount_total != 400:
            invoice.invoice_line_ids.quantity = 4
        # A draft is owed by nobody: the amount stays with the order.
        self.assertEqual(self._parts(self.customer)["confirmed"], 1000)
        invoice.action_post()
        parts = self._parts(self.customer)
        self.assertEqual(parts["debts"], 400)
        self.assertEqual((parts["confirmed"], parts["undelivered"]), (600, 600))
        self.assertEqual(parts["total"], 1000)
        self._pay(invoice, 150, fields.Date.today())
        self.assertEqual(self._parts(self.customer)["total"], 850)
        profile = self._profile(self.customer)
        self.assertEqual(
            (profile.exposure_total, profile.exposure_order), (850.0, 600.0)
        )
        self.assertEqual(profile.exposure_undelivered, 600.0)
        order._action_cancel()
        profile = self._profile(self.customer)
        self.assertEqual((profile.exposure_total, profile.exposure_order), (250.0, 0.0))

    def test_down_payment_counts_once(self):
        order = self._sell(self.customer)
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": 300.0,
            }
        )
        wizard._create_invoices(order).action_post()
        parts = self._parts(self.customer)
        self.assertEqual((parts["debts"], parts["confirmed"]), (300, 700))
        self.assertEqual(parts["total"], 1000)

    def test_fully_invoiced_in_draft_is_still_ordered(self):
        order = self._sell(self.customer)
        order.order_line.qty_delivered = 10
        invoice = order._create_invoices(final=True)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(self._parts(self.customer), {"confirmed": 1000, "total": 1000})
        invoice.action_post()
        self.assertEqual(
            self._parts(self.customer), {"debts": 1000, "open": 1000, "total": 1000}
        )

    def test_who_pays_is_exposed(self):
        payer = self._create_customer("Payer")
        contact = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": payer.id, "type": "invoice"}
        )
        order = self._sell(self.customer, partner_invoice_id=contact.id)
        self.assertEqual(self._parts(self.customer), {})
        self.assertEqual(self._parts(payer)["confirmed"], 1000)
        # From the order on, not only once something is open.
        self.assertEqual(self._profile(payer).exposure_total, 1000.0)
        order.order_line.qty_delivered = 10
        order._create_invoices(final=True).action_post()
        self.assertEqual(self._parts(payer)["open"], 1000)
        self.assertEqual(self._profile(payer).exposure_total, 1000.0)

    def test_open_credits_lower_what_is_open(self):
        today = fields.Date.today()
        self._invoice(self.customer, 500, self._day(-60), self._day(-30))
        self._invoice(self.customer, -200, self._day(-10))
        self._entry(self.customer, 50, today)
        parts = self._parts(self.customer)
        self.assertEqual((parts["debts"], parts["credits"]), (500, 250))
        self.assertEqual((parts["open"], parts["total"]), (250, 250))
        profile = self._profile(self.customer)
        self.assertEqual(profile.receivable_credit, 250.0)
        self.assertEqual(profile.receivable_oldest_due, self._day(-30))
        self.assertEqual(self._age(self.customer, net=True), {1: 250})

    def test_foreign_order_at_its_rate(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": self.eur.id}
        )
        order = self._create_order(
            self.customer,
            100.0,
            pricelist_id=pricelist.id,
            date_order="2026-01-15 10:00:00",
            confirm=False,
        )
        order.order_line.price_unit = 100.0
        order.action_confirm()
        order.currency_rate = 2.0
        self.assertEqual(self._parts(self.customer)["confirmed"], 50)

    def test_two_companies(self):
        self._sell(self.customer)
        self._invoice(
            self.customer, 70, fields.Date.today(), company=self.other_company
        )
        self.assertEqual(self._parts(self.customer)["total"], 1000)
        self.assertEqual(self._parts(self.customer, self.other_company)["total"], 70)
        other = self._profile(self.customer, self.other_company)
        self.assertEqual(other.exposure_total, 70.0)
        self.assertEqual(self._profile(self.customer).exposure_total, 1000.0)

    # ---- speed ----------------------------------------------------------------------

    def test_days_sales_outstanding(self):
        self._pay(
            self._invoice(self.customer, 730, self._day(-100), self._day(-70)),
            730,
            self._day(-60),
        )
        self._invoice(self.customer, 365, self._day(-40), self._day(-10))
        self._invoice(self.customer, 365, self._day(-20), self._day(10))
        profile = self._profile(self.customer)
        self.assertEqual(profile.invoiced_12m, 1460.0)
        self.assertEqual(profile.dso, 182.5)
        self.assertEqual(profile.dso_best, 91.3)
        # The parts shown add up.
        self.assertEqual(profile.days_delinquent, 91.2)
        self.assertEqual(profile.payment_days_late, 10.0)
        self.assertEqual(profile.payment_count_12m, 1)
        # What is not due falls due by time alone.
        self.assertEqual(profile.next_expiry_date, self._day(11))
        self._let_days_pass(11)
        profile = self._profile(self.customer)
        self.assertEqual(profile.dso_best, 0.0)
        self.assertEqual(profile.receivable_overdue, 730.0)

    def test_average_days_late_is_weighted_by_money(self):
        invoice = self._invoice(self.customer, 1000, self._day(-90), self._day(-50))
        self._pay(invoice, 750, self._day(-40))
        self._pay(invoice, 200, self._day(-60))
        # Neither credit notes nor write-offs are payments.
        refund = self._invoice(self.customer, -30, self._day(-1))
        (self._owed(invoice) + self._owed(refund)).reconcile()
        self._pay(invoice, 20, self._day(-1), bank=False)
        profile = self._profile(self.customer)
        self.assertEqual(profile.payment_days_late, round((7500 - 2000) / 950, 1))
        self.assertEqual(profile.payment_count_12m, 2)
        self._let_days_pass(400)
        self.assertEqual(self._profile(self.customer).payment_count_12m, 0)

    def test_unreconcile_takes_it_back(self):
        invoice = self._invoice(self.customer, 100, self._day(-50), self._day(-40))
        self._pay(invoice, 100, self._day(-10))
        self.assertEqual(self._profile(self.customer).payment_days_late, 30.0)
        self._owed(invoice).remove_move_reconcile()
        profile = self._profile(self.customer)
        self.assertEqual(profile.payment_count_12m, 0)
        self.assertEqual((profile.receivable_open, profile.receivable_credit), (0, 100))

    def test_page_is_live_for_finance(self):
        self._invoice(self.customer, 500, self._day(-60), self._day(-30))
        profile = self._profile(self.customer)
        self._invoice(self.customer, 100, self._day(-1), date(2100, 1, 1))
        self.env.flush_all()
        page = profile.with_user(self.env.user)
        self.assertEqual((page.position_open, page.receivable_open), (600.0, 500.0))
        amounts = {row["label"]: row["amount"] for row in page.position_ageing}
        self.assertEqual(amounts["Not due"], 100.0)
        self.assertEqual(sum(amounts.values()), 600.0)
        self.assertGreater(page.position_dso_count_back, 0)
        action = page.action_open_receivable_items()
        items = self.env["crm.receivable.item"].search(action["domain"])
        self.assertEqual(sum(items.mapped("amount")), 600.0)
