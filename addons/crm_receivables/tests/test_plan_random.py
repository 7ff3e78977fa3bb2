import random
from datetime import timedelta

from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import tagged

from .plan_common import PlanCommon

SEEDS = 6
STEPS = 9


@tagged("post_install", "-at_install")
class TestPlanRandom(PlanCommon):
    """Plan = ledger after any sequence of what happens to an order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.setup_other_currency("HRK", rates=[("2016-01-01", 3.0)])
        cls.yen = cls.setup_other_currency(
            "JPY", rounding=1.0, rates=[("2016-01-01", 150.0)]
        )
        cls.pricelists = cls.env["product.pricelist"].create(
            [
                {"name": currency.name, "currency_id": currency.id}
                for currency in (cls.company.currency_id, cls.foreign, cls.yen)
            ]
        )

    def test_any_sequence(self):
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                self._run(random.Random(seed))

    def _run(self, dice):
        first = dice.choice([10, 33.33, 50])
        term = self._create_term((first, 0), (100 - first, 45))
        pricelist = dice.choice(self.pricelists)
        amount = dice.randint(500, 9999)
        order = self._ordered(
            amount, payment_term_id=term.id, pricelist_id=pricelist.id
        )
        steps = []
        acts = [
            dice.choice(
                [self._bill, self._bill, self._take, self._take, self._back, self._off]
                + [self._loosen, self._amend, self._undo, self._line]
            )
            for _n in range(STEPS)
        ]
        # In the end something is open that no invoice ever asked for.
        for act in [*acts, self._bill, self._settle, self._raise]:
            steps.append(act.__name__)
            try:
                with self.env.cr.savepoint():
                    act(dice, order)
            except (UserError, RedirectWarning):
                # Core refuses some steps here and there: nothing happened.
                steps[-1] += "!"
            with self.subTest(steps=" ".join(steps)):
                self.assertLedger(order)

    def _open(self, order, kind="out_invoice"):
        return order.invoice_ids.filtered(
            lambda m: m.state == "posted" and m.amount_residual and m.move_type == kind
        )[:1]

    def _bill(self, dice, order):
        invoice = self._invoice(order, post=False)
        # Due on other days than the plan.
        invoice.invoice_date = self.today - timedelta(dice.randint(0, 60))
        invoice.action_post()
        self.env.cr.flush()

    def _line(self, dice, order):
        line = dice.choice(self._plan(order).line_ids)
        line.action_invoice()
        line.invoice_ids.filtered(lambda m: m.state == "draft").action_post()

    def _take(self, dice, order):
        invoice = self._open(order)
        if invoice:
            part = dice.choice([1, 1, 0.37])
            amount = order.currency_id.round(invoice.amount_residual * part)
            self._pay(invoice, amount)

    def _off(self, dice, order):
        invoice = self._open(order)
        if invoice:
            rest = order.currency_id.round(invoice.amount_residual * 0.9)
            self._write_off(invoice, rest)

    def _back(self, dice, order):
        refund = self._open(order, "out_refund")
        if refund:
            self._pay(refund)
            return
        invoice = order.invoice_ids.filtered(
            lambda m: m.state == "posted" and m.move_type == "out_invoice"
        )[-1:]
        if invoice:
            refund = self._credit(invoice, dice.randint(1, 400))
            if dice.random() < 0.5:
                self._match(invoice, refund)

    def _loosen(self, dice, order):
        posted = order.invoice_ids.filtered(lambda m: m.state == "posted")
        posted[:1].line_ids.remove_move_reconcile()

    def _undo(self, dice, order):
        order.invoice_ids.filtered(lambda m: m.state == "posted")[-1:].button_draft()

    def _amend(self, dice, order):
        goods = order.order_line.filtered("product_id")
        goods.filtered(lambda s: not s.is_downpayment)[:1].price_unit = dice.randint(
            300, 12000
        )

    def _settle(self, dice, order):
        for kind in ("out_invoice", "out_refund"):
            while moves := self._open(order, kind):
                self._pay(moves)

    def _raise(self, dice, order):
        goods = order.order_line.filtered("product_id")
        goods.filtered(lambda s: not s.is_downpayment)[:1].product_uom_qty += 1
