from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestPromise(CollectionCommon):
    """What becomes of a promise follows from the books, and from nothing else."""

    def test_kept(self):
        invoice = self.invoice(100)
        promise = self.promise()
        self.assertEqual((promise.amount, promise.state), (100, "open"))
        self.assertEqual(promise.line_ids, self.items(invoice))
        self.pay(invoice)
        self.assertEqual((promise.state, promise.received), ("kept", 100))
        self.assertEqual(promise.kept_date, self.today)
        self.assertEqual(self.told("promise_kept"), 1)

    def test_broken_by_the_day_passing(self):
        self.invoice(100)
        promise = self.promise(5)
        self.pass_day(5)
        self.assertEqual(promise.state, "open")
        self.pass_day(6)
        self.assertEqual(promise.state, "broken")
        self.assertEqual(promise.judged_date, self.day(6))
        self.assertEqual(self.told("promise_broken"), 1)
        self.pass_day(7)
        self.assertEqual(self.told("promise_broken"), 1)

    def test_kept_in_part(self):
        invoice = self.invoice(100)
        promise = self.promise(5)
        self.pay(invoice, 40)
        self.assertEqual((promise.state, promise.received), ("open", 40))
        self.pass_day(6)
        self.assertEqual(promise.state, "partly")

    def test_statement_read_late(self):
        """Money counts by its own day: what was broken is kept after all."""
        invoice = self.invoice(100)
        promise = self.promise(1)
        self.pass_day(9)
        self.assertEqual(promise.state, "broken")
        with self.on_day(9):
            self.pay(invoice, date=self.day(1))
        self.assertEqual(promise.state, "kept")

    def test_paid_late_stays_broken(self):
        invoice = self.invoice(100)
        promise = self.promise(1)
        self.pass_day(9)
        with self.on_day(9):
            self.pay(invoice, date=self.day(3))
        self.assertEqual(promise.state, "broken")

    def test_days_for_the_bank(self):
        self.company.crm_promise_days = 2
        invoice = self.invoice(100)
        promise = self.promise(1)
        self.pass_day(3)
        self.assertEqual(promise.state, "open")
        with self.on_day(4):
            self.pay(invoice, date=self.day(3))
        self.assertEqual(promise.state, "kept")

    def test_taken_back(self):
        invoice = self.invoice(100)
        promise = self.promise()
        self.pay(invoice)
        self.items(invoice).remove_move_reconcile()
        self.env.cr.flush()
        self.assertEqual((promise.state, promise.received), ("open", 0))
        self.assertEqual(self.told("promise_open"), 1)
        self.pass_day(6)
        self.assertEqual(promise.state, "broken")
        # Matched again: the last word of the feed is what holds.
        self.reconcile(invoice, self.env["account.payment"].search([]).move_id)
        self.assertEqual(promise.state, "kept")
        self.assertEqual(self.told("promise_kept"), 2)

    def test_cancelled_invoice(self):
        """What was cancelled nobody has to pay, whenever that is found out."""
        wrong, right = self.invoice(100), self.invoice(50)
        first = self.promise(5, line_ids=self.items(wrong).ids)
        self.pass_day(6)
        self.assertEqual(first.state, "broken")
        second = self.promise(9, line_ids=self.items(wrong + right).ids)
        wrong.button_draft()
        wrong.button_cancel()
        self.env.cr.flush()
        self.assertEqual((first.state, second.state), ("void", "open"))
        self.pay(right)
        self.assertEqual(second.state, "kept")

    def test_known_money_taken_off(self):
        """What was paid before and is taken off again does not break the promise."""
        invoice = self.invoice(100)
        self.pay(invoice, 60)
        promise = self.promise()
        self.items(invoice).remove_move_reconcile()
        self.pay(invoice, 40)
        self.assertEqual((promise.state, promise.received), ("kept", 40))

    def test_credit_note(self):
        """What is credited nobody has to pay."""
        invoice, other = self.invoice(100), self.invoice(50)
        promise = self.promise(line_ids=self.items(invoice).ids)
        self.reconcile(invoice, self.credit_note(30))
        self.assertEqual(promise.state, "open")
        self.pay(invoice)
        self.assertEqual((promise.state, promise.received), ("kept", 70))
        second = self.promise(line_ids=self.items(other).ids)
        self.reconcile(other, self.credit_note(50))
        self.assertEqual(second.state, "void")

    def test_money_of_before(self):
        invoice = self.invoice(100)
        self.pay(invoice, 60)
        promise = self.promise()
        self.assertEqual(promise.amount, 40)
        self.pass_day(6)
        self.assertEqual(promise.state, "broken")

    def test_two_currencies(self):
        """In the items' currency, or in the company's for all; nothing else."""
        other = self.other_currency
        invoice = self.invoice(100, currency=other)
        promise = self.promise(currency_id=other.id)
        self.assertEqual((promise.amount, promise.owed_before), (100, 100))
        home = self.invoice(50)
        second = self.promise(line_ids=self.items(invoice + home).ids)
        self.assertEqual(promise.state, "replaced")
        value = sum(self.items(invoice + home).mapped("amount_residual"))
        self.assertEqual(second.amount, value)
        self.pay(invoice, currency_id=other.id)
        self.assertEqual(second.state, "open")
        self.pay(home)
        self.assertEqual(second.state, "kept")
        third = self.invoice(10)
        with self.assertRaisesRegex(ValidationError, "no rate was agreed"):
            self.promise(currency_id=other.id, line_ids=self.items(third).ids, amount=1)

    def test_later_one_replaces(self):
        self.invoice(100)
        first, second = self.promise(3), self.promise(8)
        self.assertEqual((first.state, second.state), ("replaced", "open"))

    def test_later_one_about_a_part(self):
        """A promise about others as well goes on for those."""
        one, other = self.invoice(100), self.invoice(50)
        both = self.promise(20)
        sooner = self.promise(5, line_ids=self.items(one).ids)
        self.assertEqual((both.state, sooner.state), ("open", "open"))
        later = self.promise(30, line_ids=self.items(one).ids)
        self.assertEqual((sooner.state, later.state), ("replaced", "open"))
        self.assertEqual((both.state, both.amount), ("open", 50))
        self.assertEqual(both.line_ids, self.items(other))
        self.pay(other)
        self.assertEqual((both.state, later.state), ("kept", "open"))

    def test_no_way_out_by_a_later_one(self):
        self.invoice(100)
        first = self.promise(2)
        with self.on_day(4):
            self.promise(9)
        self.assertEqual(first.state, "broken")

    def test_not_for_ever(self):
        """A promise keeps reminders from leaving: not longer than the company wants."""
        self.invoice(100)
        with self.assertRaisesRegex(ValidationError, "90 days ahead"):
            self.promise(91)
        self.company.crm_promise_longest = 10
        with self.assertRaisesRegex(ValidationError, "10 days ahead"):
            self.promise(11)
        self.assertEqual(self.promise(10).state, "open")

    def test_nothing_to_promise(self):
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            self.promise()
        self.invoice(100, partner=self.other_customer)
        theirs = self.env["account.move.line"].search(
            [("partner_id", "=", self.other_customer.id)]
        )
        theirs = theirs.filtered(lambda li: li.account_type == "asset_receivable")
        with self.assertRaisesRegex(ValidationError, "not all of"):
            self.promise(line_ids=theirs.ids)

    def test_nobody_enters_what_became_of_it(self):
        self.invoice(100)
        promise = self.promise()
        for values in ({"state": "kept"}, {"received": 100}, {"last_date": "2030-1-1"}):
            with self.subTest(values), self.assertRaises(UserError):
                promise.write(values)
            with self.subTest(values), self.assertRaises(UserError):
                self.promise(**values)
        with self.assertRaises(UserError):
            promise.date = self.day(9)
        with self.assertRaises(AccessError):
            promise.unlink()
        promise.note = "Ms Li said so"
        promise.action_cancel()
        self.assertEqual(promise.state, "cancelled")

    def test_posted_entries_stay(self):
        invoice, other = self.invoice(100), self.invoice(40, 10, self.other_customer)
        lines = self.items(invoice + other)
        before = invoice.write_date, lines.mapped("write_date")
        promise = self.promise()
        self.env["crm.collection.block"].create({"partner_id": self.customer.id})
        self.propose().action_confirm()
        self.pass_day(9)
        self.env.flush_all()
        self.assertEqual(promise.state, "broken")
        self.assertEqual((invoice.write_date, lines.mapped("write_date")), before)

    def test_profile(self):
        invoice = self.invoice(100)
        self.promise(1)
        self.assertEqual(self._profile(self.customer).promise_date, self.day(1))
        self.pass_day(3)
        profile = self._profile(self.customer)
        self.assertEqual(profile.promise_broken_date, self.day(1))
        self.pay(invoice)
        self.assertFalse(self._profile(self.customer).promise_broken_date)

    def test_salesperson(self):
        """Sees those of own and nobody's customers, and enters none by hand."""
        seller = new_test_user(
            self.env,
            "promise_seller",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.invoice(100)
        self.customer.user_id = seller
        self.invoice(100, partner=self.other_customer)
        self.other_customer.user_id = self.collector
        mine, theirs = self.promise(), self.promise(partner=self.other_customer)
        seen = self.env["crm.payment.promise"].with_user(seller).search([])
        self.assertIn(mine, seen)
        self.assertNotIn(theirs, seen)
        with self.assertRaises(AccessError):
            self.promise(user=seller)
