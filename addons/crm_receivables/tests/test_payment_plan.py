from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .plan_common import PlanCommon


@tagged("post_install", "-at_install")
class TestPaymentPlan(PlanCommon):
    """After every event the plan says what the ledger says, before the commit."""

    def test_a_term_of_several_payments_becomes_the_plan(self):
        order = self._ordered()
        plan = self._plan(order)
        self.assertEqual((plan.state, plan.origin), ("agreed", "term"))
        self.assertEqual(plan.line_ids.mapped("percent"), [30.0, 70.0])
        self.assertEqual(plan.line_ids[1].date_due, self.today + timedelta(days=30))
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])

    def test_one_payment_needs_no_plan_unless_wanted(self):
        term = self._create_term((100, 30))
        self.assertFalse(self._plan(self._ordered(payment_term_id=term.id)))
        self.company.crm_plan_creation = "always"
        self.assertTrue(self._plan(self._ordered(payment_term_id=term.id)))
        self.company.crm_plan_creation = "never"
        self.assertFalse(self._plan(self._ordered()))

    def test_an_invoice_alone_is_no_payment(self):
        order = self._ordered()
        self._invoice(order, post=False)
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])
        self.assertEqual(self._plan(order).invoiced_amount, 0)
        order.invoice_ids.action_post()
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "due")])
        self.assertEqual(self._plan(order).invoiced_amount, 1000)

    def test_a_partial_payment(self):
        order = self._ordered()
        payment = self._pay(self._invoice(order), 450)
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 150, 0, "part")])
        line = self._plan(order).line_ids[0]
        self.assertEqual(line.paid_date, payment.date)
        self.assertEqual(line.way, payment.payment_method_line_id.name)
        self.assertEqual(line.handler_id, payment.create_uid)
        self.assertEqual(line.receipt_ids.journal_id, payment.journal_id)
        self.assertEqual(line.receipt_ids.move_line_id.move_id, payment.move_id)

    def test_the_bank_account_of_a_receipt(self):
        bank = self.company_data["default_journal_bank"]
        bank.bank_account_id = self.env["res.partner.bank"].create(
            {
                "acc_number": "DE89370400440532013000",
                "partner_id": self.company.partner_id.id,
            }
        )
        order = self._ordered()
        self._pay(self._invoice(order), 300, journal_id=bank.id)
        line = self._plan(order).line_ids[0]
        self.assertEqual(line.account_number, "DE89370400440532013000")

    def test_unreconciled_and_back(self):
        order = self._ordered()
        invoice = self._invoice(order)
        self._pay(invoice, 450)
        invoice.line_ids.remove_move_reconcile()
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "due")])
        self.assertFalse(self._plan(order).receipt_ids)
        self._match(invoice, self.env["account.payment"].search([], limit=1).move_id)
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 150, 0, "part")])

    def test_a_payment_in_draft_again_and_cancelled(self):
        order = self._ordered()
        payment = self._pay(self._invoice(order), 450)
        # Core keeps a payment in draft matched, and so does the amount due of the
        # invoice; the plan says the same.
        payment.action_draft()
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 150, 0, "part")])
        payment.action_cancel()
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "due")])

    def test_an_invoice_in_draft_again_and_cancelled(self):
        order = self._ordered()
        invoice = self._invoice(order)
        self._pay(invoice, 450)
        invoice.button_draft()
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])
        invoice.button_cancel()
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "waiting")])

    def test_a_write_off(self):
        order = self._ordered()
        self._write_off(self._invoice(order), 990)
        self.assertPlan(order, [(300, 297, 3, "paid"), (700, 693, 7, "paid")])
        self.assertEqual(self._plan(order).paid_amount, 990)

    def test_a_credit_note(self):
        order = self._ordered()
        invoice = self._invoice(order)
        refund = self._credit(invoice, 200)
        self._match(invoice, refund)
        self.assertPlan(order, [(300, 0, 200, "due"), (700, 0, 0, "due")])

    def test_a_credit_note_after_payment_and_its_refund(self):
        order = self._ordered()
        invoice = self._invoice(order)
        self._pay(invoice)
        refund = self._credit(invoice, 200)
        self.assertEqual(self._plan(order).surplus_amount, 200)
        self.assertLedger(order)
        self._pay(refund)
        plan = self._plan(order)
        self.assertEqual((plan.paid_amount, plan.credited_amount), (800, 200))
        self.assertEqual((plan.open_amount, plan.surplus_amount), (0, 0))
        self.assertLedger(order)

    def test_receipts_are_what_the_bank_has(self):
        order = self._ordered()
        invoice = self._invoice(order)
        for amount in (300, 700):
            self._pay(invoice, amount)
        refund = self._credit(invoice, 200)
        back = self._pay(refund)
        receipts = self._plan(order).receipt_ids
        money = receipts.filtered(lambda r: r.kind == "money")
        self.assertEqual(sorted(money.mapped("amount")), [-200, 300, 700])
        paid_back = money.filtered(lambda r: r.amount < 0)
        self.assertEqual(paid_back.move_line_id.move_id, back.move_id)
        line = paid_back.line_id
        self.assertEqual(sum(line.receipt_ids.mapped("amount")), line.amount)
        credit = receipts - money
        self.assertEqual((credit.amount, credit.invoice_id), (200, refund))
        self.assertEqual(credit.journal_id, refund.journal_id)
        self.assertEqual(credit.user_id, refund.create_uid)
        self.assertLedger(order)

    def test_what_was_credited_is_invoiced_again(self):
        order = self._ordered()
        invoice = self._invoice(order)
        refund = invoice._reverse_moves([{"invoice_date": self.today}], cancel=True)
        self.assertEqual(refund.state, "posted")
        self.assertEqual(self._plan(order).credited_amount, 1000)
        self._invoice(order)
        self.assertPlan(order, [(300, 0, 0, "due"), (700, 0, 0, "due")])

    def test_paid_too_much(self):
        order = self._ordered()
        invoice = self._invoice(order)
        self._pay(invoice, 1100)
        # What no invoice takes is nobody's in particular: it stays with the customer.
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 700, 0, "paid")])

    def test_an_amended_order(self):
        order = self._ordered()
        order.order_line.product_uom_qty = 2
        self.assertPlan(order, [(600, 0, 0, "due"), (1400, 0, 0, "waiting")])
        order.order_line.price_unit = 100
        self.assertPlan(order, [(60, 0, 0, "due"), (140, 0, 0, "waiting")])

    def test_a_form_reads_what_it_saved(self):
        order = self._ordered()
        saved = order.web_save(
            {"order_line": [(1, order.order_line.id, {"price_unit": 500})]},
            {"crm_plan_line_ids": {"fields": {"amount": {}}}},
        )
        amounts = [line["amount"] for line in saved[0]["crm_plan_line_ids"]]
        self.assertEqual(amounts, [150, 350])

    def test_a_cancelled_order(self):
        order = self._ordered()
        order.action_cancel()
        self.assertPlan(order, [(0, 0, 0, "void"), (0, 0, 0, "void")])

    def test_a_cancelled_order_owes_what_is_invoiced(self):
        order = self._ordered()
        self._pay(self._invoice(order), 100)
        order._action_cancel()
        self.assertPlan(order, [(300, 100, 0, "part"), (700, 0, 0, "due")])

    def test_overdue_by_the_ledger(self):
        order = self._ordered()
        invoice = self._invoice(order, post=False)
        invoice.invoice_date = self.today - timedelta(days=10)
        invoice.action_post()
        self.assertPlan(order, [(300, 0, 0, "overdue"), (700, 0, 0, "due")])
        last = invoice.line_ids.filtered("date_maturity").sorted("date_maturity")[-1]
        last.date_maturity = self.today - timedelta(days=1)
        self.assertPlan(order, [(300, 0, 0, "overdue"), (700, 0, 0, "overdue")])

    def test_an_invoice_of_two_orders(self):
        first, second = self._ordered(1000), self._ordered(500)
        invoice = (first | second)._create_invoices(final=True)
        self.assertEqual(len(invoice), 1)
        invoice.invoice_date = self.today
        invoice.action_post()
        self._pay(invoice, 1500 * 0.3)
        self.assertEqual(self._plan(first).paid_amount, 300)
        self.assertEqual(self._plan(second).paid_amount, 150)

    def test_foreign_currency_and_exchange_difference(self):
        currency = self.setup_other_currency("HRK", rates=[("2016-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "HRK", "currency_id": currency.id}
        )
        order = self._ordered(pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        invoice = self._invoice(order)
        self.env["res.currency.rate"].create(
            {
                "name": self.today + timedelta(days=1),
                "rate": 2.5,
                "currency_id": currency.id,
                "company_id": self.company.id,
            }
        )
        day = self.today + timedelta(days=1)
        self._pay(invoice, 1000, payment_date=day)
        self.assertEqual(invoice.payment_state, invoice._get_invoice_in_payment_state())
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 700, 0, "paid")])

    def test_paid_in_another_currency(self):
        currency = self.setup_other_currency("HRK", rates=[("2016-01-01", 2.0)])
        order = self._ordered()
        self._pay(self._invoice(order), 900, currency_id=currency.id)
        self.assertPlan(order, [(300, 300, 0, "paid"), (700, 150, 0, "part")])

    def test_smallest_units(self):
        term = self._create_term((33.33, 0), (33.33, 30), (33.34, 60))
        order = self._ordered(0.05, payment_term_id=term.id)
        self.assertEqual(sum(self._plan(order).line_ids.mapped("amount")), 0.05)

    def test_confirming_many_costs_few_queries(self):
        def confirm(count):
            orders = self.env["sale.order"].union(
                *(self._ordered(confirm=False) for _n in range(count))
            )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            orders.action_confirm()
            self.env.cr.flush()
            return self.env.cr.sql_log_count - before

        confirm(2)
        costs = {}
        for setting in ("never", "instalments"):
            self.company.crm_plan_creation = setting
            costs[setting] = [confirm(1), confirm(11)]
        more = [
            a - b for a, b in zip(costs["instalments"], costs["never"], strict=True)
        ]
        # Those of the first plan do not come again with ten more.
        self.assertLessEqual(more[0], 10, costs)
        self.assertLessEqual((more[1] - more[0]) / 10, 2.5, costs)

    def test_by_hand_with_a_milestone(self):
        order = self._ordered(payment_term_id=False)
        self.assertFalse(self._plan(order))
        plan = self.env["crm.payment.plan"].create(
            {
                "order_id": order.id,
                "line_ids": [
                    Command.create(
                        {"name": "Deposit", "percent": 40, "date_planned": self.today}
                    ),
                    Command.create(
                        {
                            "name": "Accepted",
                            "percent": 60,
                            "trigger": "milestone",
                            "days": 14,
                        }
                    ),
                ],
            }
        )
        self.assertEqual(plan.line_ids.mapped("amount_planned"), [400, 600])
        plan.action_decide("propose")
        plan.action_decide("approve")
        self.assertPlan(order, [(400, 0, 0, "due"), (600, 0, 0, "waiting")])
        line = plan.line_ids[1]
        line.action_reach()
        self.assertEqual(line.milestone_user_id, self.env.user)
        self.assertEqual(line.date_due, self.today + timedelta(days=14))
        self.assertPlan(order, [(400, 0, 0, "due"), (600, 0, 0, "due")])
