import re

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .plan_common import PlanCommon

NOTIFICATION = "display_notification"


@tagged("post_install", "-at_install")
class TestPlanOpenings(PlanCommon):
    """What is offered works for whom it is offered to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_a.write({"type": "consu", "is_storable": False})
        cls._hire(
            seller="sales_team.group_sale_salesman",
            boss="sales_team.group_sale_manager",
            clerk="account.group_account_invoice",
            auditor="account.group_account_readonly",
            packer="sales_team.group_sale_salesman,stock.group_stock_user",
        )

    def _sold(self, **values):
        return self._goods(user_id=False, **values)

    def test_who_cannot_open_the_invoice_is_told_its_name(self):
        for user in (self.seller, self.boss):
            line = self._plan(self._sold()).line_ids[0]
            action = line.with_user(user).action_invoice()
            self.assertEqual(action["tag"], NOTIFICATION)
            self.assertEqual(action["params"]["next"]["tag"], "soft_reload")
            self.assertIn(line.invoice_ids.display_name, action["params"]["message"])
            self.assertEqual(line.invoice_ids.amount_total, 300)
            named = re.escape(line.invoice_ids.display_name)
            with self.assertRaisesRegex(UserError, named):
                line.with_user(user).action_invoice()

    def test_finance_makes_invoices(self):
        order = self._sold()
        for line in self._plan(order).line_ids:
            action = line.with_user(self.clerk).action_invoice()
            self.assertEqual(action["res_id"], line.invoice_ids.id)
            self.assertEqual(line.invoice_ids.create_uid, self.clerk)
            self.assertEqual(line.invoice_ids.amount_total, line.amount)
            Form(line.invoice_ids.with_user(self.clerk))
            line.invoice_ids.with_user(self.clerk).action_post()
        with self.assertRaises(AccessError):
            line.with_user(self.auditor).action_invoice()

    def test_finance_sees_the_button(self):
        for model in ("crm.payment.plan", "crm.payment.plan.line"):
            for user, seen in (
                (self.seller, True),
                (self.clerk, True),
                (self.auditor, False),
            ):
                arch = self.env[model].with_user(user).get_view(view_type="form")
                self.assertEqual('"action_invoice"' in arch["arch"], seen, user.login)

    def _deal(self, order, user):
        order.invalidate_recordset()
        return order.with_user(user).crm_deal

    def _done(self):
        """Return an order with everything on its trail."""
        order = self._sold()
        self._deliver(order, 2)
        invoice = self._invoice(order)
        self._pay(invoice, 200)
        self._credit(invoice, 100)
        return order

    def test_links_open_their_form(self):
        order = self._done()
        counts = {}
        for user in (self.seller, self.boss, self.clerk, self.auditor, self.packer):
            rows = [row for row in self._deal(order, user)["rows"] if "model" in row]
            for row in rows:
                record = self.env[row["model"]].with_user(user).browse(row["id"])
                Form(record)
            counts[user] = {row["model"] for row in rows}
        lines = "crm.payment.plan.line"
        self.assertEqual(counts[self.seller], {lines})
        self.assertEqual(counts[self.clerk], {lines, "account.move"})
        self.assertEqual(counts[self.packer], {lines, "stock.picking"})

    def test_bars_open_lists_of_ours(self):
        order = self._done()
        actions = {
            bar["code"]: bar["action"] for bar in self._deal(order, self.seller)["bars"]
        }
        self.assertEqual(
            actions,
            {
                "delivered": "action_open_crm_deliveries",
                "billed": "action_open_crm_payments",
                "received": "action_open_crm_payments",
            },
        )
        for name in set(actions.values()):
            action = getattr(order.with_user(self.seller), name)()
            rows = self.env[action["res_model"]].with_user(self.seller)
            self.assertEqual(rows.search(action["domain"]).order_id, order, name)
            self.assertIn(order.name, action["display_name"])
        clerk = {
            bar["code"]: bar["action"] for bar in self._deal(order, self.clerk)["bars"]
        }
        self.assertEqual(clerk["billed"], "action_view_invoice")
        self.assertEqual(clerk["received"], "action_open_crm_items")
        packer = {
            bar["code"]: bar["action"] for bar in self._deal(order, self.packer)["bars"]
        }
        self.assertEqual(packer["delivered"], "action_view_delivery")

    def test_bars_with_nothing_behind(self):
        order = self._ordered(payment_term_id=False, user_id=False)
        for user in (self.seller, self.clerk):
            for bar in self._deal(order, user)["bars"]:
                if bar["code"] != "delivered":
                    self.assertFalse(bar["action"], (user.login, bar["code"]))

    def test_what_is_shown_adds_up(self):
        """Amount = paid + credited + open; the rest would not fit beside a chatter."""
        for model, field in (
            ("crm.payment.plan", "line_ids"),
            ("sale.order", "crm_plan_line_ids"),
        ):
            arch = self.env[model].get_view(view_type="form")["arch"]
            path = f".//field[@name='{field}']/list/field[@sum]"
            columns = {
                node.get("name")
                for node in etree.fromstring(arch).iterfind(path)
                if node.get("optional") != "hide"
            }
            shown = {"amount", "paid_amount", "credited_amount", "open_amount"}
            agreed = {"percent", "amount_planned"}
            self.assertEqual(columns - agreed, shown, model)
