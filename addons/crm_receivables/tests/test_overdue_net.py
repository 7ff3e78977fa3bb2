from odoo import fields
from odoo.tests import tagged

from .position_common import PositionCommon


@tagged("post_install", "-at_install")
class TestOverdueNet(PositionCommon):
    """Who has open credits is not told that it owes what these pay."""

    def _overdue(self):
        """What is overdue, as each place says it."""
        self._work_off_queue()
        customer = self.customer
        order = self._create_order(customer, 10.0, confirm=False)
        [found] = self.env["crm.api"].receivable_get(customer.id)["companies"]
        items = self.env["crm.receivable.item"].search(
            [("customer_id", "=", customer.id)]
        )
        profile = self._profile(customer)
        page = profile.with_user(self.env.user)
        self.assertTrue(page.page_money_live)
        exposure = self.exposure._exposure(self.company, customer.ids)[customer.id]
        said = {
            float(exposure["overdue"]),
            found["overdue"],
            sum(row["overdue"] for row in found["currencies"]),
            sum(items.mapped("amount_overdue")),
            profile.receivable_overdue,
            page.page_overdue_amount,
        }
        [overdue] = said
        self.assertEqual(bool(order.crm_position_note), overdue > 0)
        return overdue

    def _late(self, amount):
        return self._invoice(self.customer, amount, self._day(-60), self._day(-30))

    def test_payment_of_today_not_matched(self):
        self._late(100)
        self.assertEqual(self._overdue(), 100)
        self._entry(self.customer, 100, fields.Date.today())
        self.assertEqual(self._overdue(), 0)

    def test_credit_note_due_later(self):
        self._late(100)
        self._invoice(self.customer, -60, self._day(-1), self._day(29))
        self.assertEqual(self._overdue(), 40)
        # What is not due is paid by credits last.
        self._invoice(self.customer, 500, self._day(-1), self._day(29))
        self.assertEqual(self._overdue(), 40)
        self._entry(self.customer, 80, fields.Date.today())
        self.assertEqual(self._overdue(), 0)

    def test_old_credits_are_not_below_zero(self):
        self._entry(self.customer, 80, self._day(-40))
        self._invoice(self.customer, 30, self._day(-1), self._day(29))
        self.assertEqual(self._overdue(), 0)

    def test_as_the_net_ageing(self):
        self._late(300)
        self._invoice(self.customer, -120, self._day(-10), self._day(20))
        self._invoice(self.customer, 70, self._day(-3), self._day(27))
        net = self._age(self.customer, net=True)
        late = sum(amount for start, amount in net.items() if start > 0)
        self.assertEqual(self._overdue(), late)

    def test_days_as_overdue(self):
        """Days delinquent are of what is overdue, whatever the date of credits."""
        self._late(1000)
        self._invoice(self.customer, 500, self._day(-1), self._day(29))
        self.assertEqual(self._days(), (365.0, 121.7, 243.3))
        self._entry(self.customer, 1000, fields.Date.today())
        self.assertEqual(self._overdue(), 0)
        self.assertEqual(self._days(), (121.7, 121.7, 0.0))

    def _days(self):
        """Return days sales outstanding, at best and delinquent, as both places say."""
        profile = self._profile(self.customer)
        shown = (profile.dso, profile.dso_best, profile.days_delinquent)
        [found] = self.env["crm.api"].receivable_get(self.customer.id)["companies"]
        names = ("sales_outstanding", "best_possible", "delinquent")
        self.assertEqual(shown, tuple(found["days"][name] for name in names))
        return shown

    def test_by_currency(self):
        self._invoice(
            self.customer, 100, self._day(-60), self._day(-30), currency_id=self.eur.id
        )
        self._entry(self.customer, 30, fields.Date.today(), currency=self.eur)
        self._entry(self.customer, 500, fields.Date.today(), currency=self.jpy)
        self.env.flush_all()
        rows = self.position._by_currency(self.company, customers=self.customer.ids)
        self.assertEqual(
            {row[2]: (float(row[3]), float(row[4])) for row in rows},
            {self.eur.id: (70.0, 70.0), self.jpy.id: (-500.0, 0.0)},
        )
