from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestPromiseGiven(CollectionCommon):
    """What is refused as a promise, and what one about a part of a debt holds."""

    def items_of(self, *invoices):
        lines = self.env["account.move.line"]
        for invoice in invoices:
            lines += self.items(invoice)
        return lines.ids

    def holds(self):
        """Return why nobody is asked for each open amount."""
        self.env.invalidate_all()
        items = self.ledger._opens(self.company, self.customer.ids)
        return [(item.amount, item.hold) for item in items[self.customer.id]]

    def case(self):
        self._work_off_queue()
        self.env.invalidate_all()
        cases = self.env["crm.collection.customer"].with_user(self.collector)
        return cases.search([("customer_id", "=", self.customer.id)])

    # ---- taken in the form ----------------------------------------------------------

    def test_form_of_a_new_one(self):
        """Filled in and saved as from the collector's case."""
        self.invoice(100)
        action = self.case().action_promise()
        Promise = self.env["crm.payment.promise"].with_user(self.collector)
        form = Form(Promise.with_context(**action["context"]))
        self.assertEqual((form.partner_id, form.amount), (self.customer, 100))
        form.date = self.day(4)
        promise = form.save()
        self.assertEqual((promise.date_made, promise.state), (self.today, "open"))

    def test_form_has_all_that_is_required(self):
        """The web client saves nothing with an empty required field, also where the
        field stands in a group that is not shown."""
        Promise = self.env["crm.payment.promise"].with_user(self.collector)
        shown = Promise.get_views([(False, "form")])["models"][Promise._name]["fields"]
        required = {name for name, field in shown.items() if field.get("required")}
        given = Promise.default_get([*required])
        self.assertLessEqual(required - {"partner_id", "date"}, given.keys())
        self.assertIn("date_made", required)
        self.assertEqual(given["date_made"], self.today)

    # ---- days -----------------------------------------------------------------------

    def test_day_that_is_over(self):
        self.invoice(100)
        with self.assertRaisesRegex(ValidationError, "is over"):
            self.promise(-1)
        Quick = self.env["crm.touch.quick"].with_user(self.collector)
        quick = Quick.with_context(
            active_model="res.partner", active_ids=self.customer.ids
        ).create({"promise_date": self.day(-1)})
        with self.assertRaisesRegex(ValidationError, "is over"):
            quick.action_log()
        self.assertEqual(self.promise(0).state, "open")

    def test_day_of_the_company(self):
        """Where it is tomorrow already, today is over."""
        self.invoice(100)
        with self.on_day(1):
            with self.assertRaisesRegex(ValidationError, "is over"):
                self.promise(0)
            self.assertEqual(self.promise(1).date_made, self.day(1))

    def test_hold_that_is_over(self):
        Block = self.env["crm.collection.block"].with_user(self.collector)
        Block = Block.with_company(self.company)
        values = {"partner_id": self.customer.id}
        with self.assertRaisesRegex(ValidationError, "nothing would be on hold"):
            Block.create({**values, "date_until": self.day(-1)})
        block = Block.create({**values, "date_until": self.today})
        with self.assertRaisesRegex(ValidationError, "nothing would be on hold"):
            block.date_until = self.day(-1)
        self.pass_day(1)
        self.assertEqual(block.state, "lifted")

    # ---- amounts --------------------------------------------------------------------

    def test_more_than_is_open(self):
        invoice = self.invoice(1800)
        with self.assertRaisesRegex(UserError, r"Only .*1,800\.00.* is open"):
            self.promise(amount=999999)
        self.pay(invoice, 800)
        with self.assertRaisesRegex(UserError, r"Only .*1,000\.00.* is open"):
            self.promise(amount=1000.01, line_ids=self.items_of(invoice))
        self.assertEqual(self.promise(amount=1000).state, "open")

    def test_nothing_owed(self):
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            self.promise(amount=10)
        paid = self.invoice(100)
        self.pay(paid)
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            self.promise(amount=10, line_ids=self.items_of(paid))

    def test_more_than_is_due(self):
        """Who pays more than is due pays what is due next."""
        due, soon = self.invoice(100), self.invoice(50, late=-20)
        later = self.invoice(30, late=-40)
        self.assertEqual(self.promise().line_ids.ids, self.items_of(due))
        promise = self.promise(amount=120)
        self.assertEqual(set(promise.line_ids.ids), set(self.items_of(due, soon)))
        promise = self.promise(amount=180)
        self.assertIn(*self.items_of(later), promise.line_ids.ids)

    def test_in_its_currency(self):
        euro = self.other_currency
        self.invoice(100, currency=euro)
        self.invoice(500)
        with self.assertRaisesRegex(UserError, "Only .*100.* is open"):
            self.promise(amount=101, currency_id=euro.id)

    # ---- a part ---------------------------------------------------------------------

    def test_a_part_holds_what_it_pays(self):
        """The oldest first and wholly; the list, the reminders and the status agree."""
        old, new = self.invoice(100, late=30), self.invoice(40)
        promise = self.promise(amount=120)
        self.assertEqual(self.holds(), [(100, "promised"), (40, None)])
        case = self.case()
        self.assertEqual((case.status, case.to_ask), ("overdue", 40))
        self.assertEqual(case.promise_date, promise.date)
        self.assertEqual(self.propose().reminder_ids.amount, 40)
        # What is paid on the newer one is paid; the rest does not pay the older one.
        self.pay(new)
        self.assertEqual((promise.state, promise.received), ("open", 40))
        self.assertEqual(self.holds(), [(100, None)])
        self.pay(old, 20)
        self.assertEqual(self.holds(), [(80, None)])

    def test_almost_nothing_silences_nothing(self):
        self.invoice(1500)
        self.promise(amount=1)
        case = self.case()
        self.assertEqual((case.status, case.to_ask), ("overdue", 1500))
        self.assertEqual(self.propose().reminder_ids.amount, 1500)

    def test_part_paid_in_part(self):
        old, new = self.invoice(100, late=30), self.invoice(40)
        self.promise(amount=100)
        self.pay(old, 60)
        self.assertEqual(self.holds(), [(40, "promised"), (40, None)])
        self.reconcile(new, self.credit_note(40))
        self.assertEqual(self.holds(), [(40, "promised")])
