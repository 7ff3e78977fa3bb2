from odoo import Command, fields
from odoo.tests import new_test_user

from odoo.addons.crm_relationship.tests.common import RelationshipCommon


class PlanCommon(RelationshipCommon):
    """Orders with plans, and everything that can happen to them in the books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_self_approval = True
        cls.product_a.write({"type": "service", "invoice_policy": "order"})
        cls.term = cls._create_term((30, 0), (70, 30))
        cls.today = fields.Date.today()

    @classmethod
    def _hire(cls, **people):
        """Create internal users of this company, by name the groups of each."""
        for name, groups in people.items():
            user = new_test_user(
                cls.env,
                f"plan_{name}",
                groups=f"base.group_user,{groups}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            setattr(cls, name, user)

    @classmethod
    def _create_term(cls, *parts):
        """Create a payment term of (percent, days) parts."""
        return cls.env["account.payment.term"].create(
            {
                "name": "In parts",
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": percent,
                            "nb_days": days,
                            "delay_type": "days_after",
                        }
                    )
                    for percent, days in parts
                ],
            }
        )

    def _ordered(self, amount=1000.0, **values):
        """Return a confirmed order in two payments of 30 and 70 %."""
        values.setdefault("payment_term_id", self.term.id)
        return self._create_order(self.customer, amount, **values)

    def _goods(self, quantity=4, price=250.0, **values):
        """Return a confirmed order of goods; the caller says how they are invoiced."""
        order = self._ordered(price, confirm=False, **values)
        order.order_line.product_uom_qty = quantity
        order.order_line.price_unit = price
        order.action_confirm()
        return order

    def _deliver(self, order, quantity, backorder=True):
        """Deliver a quantity of every line; without a backorder, the last one."""
        pickings = order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        moves = pickings.move_ids.filtered(lambda m: m.state != "cancel")
        moves.write({"quantity": quantity, "picked": True})
        pickings.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else pickings.ids,
        ).button_validate()
        self.env.cr.flush()

    def _plan(self, order):
        """Return the plan in force as it is just before the commit."""
        self.env.cr.flush()
        return self.env["crm.payment.plan"].search(
            [("order_id", "=", order.id), ("in_force", "=", True)]
        )

    def _invoice(self, order, post=True):
        invoice = order._create_invoices(final=True)
        invoice.invoice_date = self.today
        if post:
            invoice.action_post()
        self.env.cr.flush()
        return invoice

    def _pay(self, invoices, amount=None, **values):
        """Register a payment, or for credit notes pay back."""
        # Of several instalments, core would propose to pay the first one.
        values["amount"] = sum(invoices.mapped("amount_residual"))
        if amount is not None:
            values["amount"] = amount
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoices.ids
        )
        payments = register.create(values)._create_payments()
        # As the commit does, so that what comes next has to be noticed by itself.
        self.env.cr.flush()
        return payments

    def _write_off(self, invoice, amount):
        """Pay an amount and write the rest off."""
        return self._pay(
            invoice,
            amount,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )

    def _credit(self, invoice, amount):
        """Post a credit note over a part of an invoice and match both."""
        refund = invoice._reverse_moves([{"invoice_date": self.today}])
        refund.invoice_line_ids.filtered("product_id")[:1].price_unit = amount
        refund.action_post()
        self.env.cr.flush()
        return refund

    def _match(self, *moves):
        items = self.env["account.move"].union(*moves).line_ids
        items.filtered(
            lambda item: (
                item.account_id.account_type == "asset_receivable"
                and not item.reconciled
            )
        ).reconcile()

    def assertPlan(self, order, rows, surplus=0.0):
        """Compare lines as (amount, paid, credited, state)."""
        plan = self._plan(order)
        found = [
            (line.amount, line.paid_amount, line.credited_amount, line.state)
            for line in plan.line_ids
        ]
        self.assertEqual(found, rows)
        self.assertEqual(plan.surplus_amount, surplus)
        self.assertLedger(order)

    def assertLedger(self, order):
        """Plan = ledger, counted document by document from what core shows."""
        plan = self._plan(order)
        moves = order.invoice_ids.filtered(lambda m: m.state == "posted")
        signed = [(-1 if m.move_type == "out_refund" else 1, m) for m in moves]
        invoiced = sum(sign * m.amount_total for sign, m in signed)
        credited = sum(m.amount_total for sign, m in signed if sign < 0)
        residual = sum(sign * m.amount_residual for sign, m in signed)
        to_invoice = plan.amount_total - invoiced
        to_invoice -= min(credited, max(to_invoice, 0))
        same = order.currency_id.compare_amounts
        open_ = plan.open_amount - plan.surplus_amount
        self.assertEqual(same(open_, residual + to_invoice), 0)
        lines = plan.line_ids
        for name in ("paid_amount", "credited_amount", "open_amount"):
            self.assertEqual(same(sum(lines.mapped(name)), plan[name]), 0, name)
        self.assertEqual(same(sum(lines.mapped("amount")), plan.amount_total), 0)
        receipts = sum(plan.receipt_ids.mapped("amount"))
        settled = plan.paid_amount + plan.credited_amount + plan.surplus_amount
        self.assertEqual(same(receipts, settled), 0)
        self.assertDueDays(lines, moves, to_invoice)

    def assertDueDays(self, lines, moves, to_invoice):
        """What is open of invoices is due with them, what is not invoiced as planned:
        as far as invoices and orders leave one of both only."""
        dues = moves.line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        )
        maturities = set(dues.mapped("date_maturity"))
        for line in lines.filtered(
            lambda line: line.currency_id.compare_amounts(line.open_amount, 0) > 0
        ):
            planned = (
                line._milestone_due() or False
                if line.trigger == "milestone"
                else line.date_planned
            )
            if not any(moves.mapped("amount_residual")):
                allowed = {planned}
            elif line.currency_id.compare_amounts(to_invoice, 0) <= 0:
                allowed = maturities
            else:
                allowed = maturities | {planned}
            self.assertIn(line.date_due, allowed, line.name)
