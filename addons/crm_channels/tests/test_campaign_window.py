from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from ..core import effect
from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignWindow(CampaignCase):
    """Nothing is told that is not known, and nothing counted that is not the
    campaign's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = (
            cls.env["crm.purchase.source"]
            .sudo()
            .create({"name": "Shop", "code": "wshop", "company_id": cls.company.id})
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Window product", "invoice_policy": "order"}
        )

    def measure(self):
        self.as_role(self.campaign, "analyst").action_measure()
        self.campaign.invalidate_recordset()
        return self.campaign.result_id

    # ---- margin nobody knows --------------------------------------------------------

    def buy(self, partners, cost):
        """Let customers buy today; without a cost, nobody knows the margin."""
        currency = self.company.currency_id.id
        line = {"amount_untaxed": 100.0, "quantity": 1.0}
        line |= {"has_cost": cost is not None, "cost": cost or 0.0}
        self.env["crm.purchase.history"].sudo().create(
            [
                {
                    "company_id": self.company.id,
                    "source_id": self.source.id,
                    "external_ref": f"w-{partner.id}",
                    "partner_id": partner.id,
                    "date": fields.Date.today(),
                    "currency_id": currency,
                    "amount_untaxed": 100.0,
                    "amount_company": 100.0,
                    "line_ids": [Command.create(line)],
                }
                for partner in partners
            ]
        )

    def launch_with_holdout(self):
        """Launch to forty customers and keep forty out."""
        self.segment._remove_partners(self.customers.ids)
        customers = self.make_customers(80)
        self.segment._add_partners(customers.ids)
        self.bring_to("live")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_campaign_enrolment SET arm = 'holdout' "
            "WHERE partner_id = ANY(%s)",
            [customers[40:].ids],
        )
        self.env.invalidate_all()
        return customers

    def test_unknown_costs_are_no_margin_of_nothing(self):
        customers = self.launch_with_holdout()
        self.buy(customers[:10] | customers[40:44], None)
        result = self.measure()
        self.assertTrue(result.has_effect)
        self.assertFalse(result.has_margin)
        self.assertEqual((result.line_count, result.unknown_cost_count), (14, 14))
        self.assertEqual((result.margin_verdict, result.net), ("few", 0.0))
        self.assertEqual((result.extra_margin_low, result.extra_margin_high), (0, 0))
        self.assertIn("of 14 lines bought, 14 have no known cost", result.text)
        self.assertNotIn("Margin caused", result.text)
        api = self.as_role(self.env["crm.api"], "analyst")
        answer = api.campaign_get(self.campaign.id)["result"]
        self.assertNotIn("margin", answer["treated"])
        self.assertEqual(set(answer["effect"]), {"buyers"})

    def test_few_unknown_costs(self):
        customers = self.launch_with_holdout()
        self.buy(customers[:10] | customers[40:49], 60.0)
        self.buy(customers[49], None)
        result = self.measure()
        self.assertTrue(result.has_margin)
        self.assertNotEqual(result.margin_verdict, "few")
        self.assertIn("Margin caused", result.text)

    def test_costs_known(self):
        for lines, unknown, known in (
            (0, 0, True),
            (1, 1, False),
            (10, 1, True),
            (19, 2, False),
            (20, 2, True),
        ):
            with self.subTest(lines=lines, unknown=unknown):
                self.assertEqual(effect.costs_known(lines, unknown), known)

    # ---- orders by a link -----------------------------------------------------------

    def order(self, partner, company=None, days=1, price=80.0):
        """Return an order by a link of the campaign some days from now."""
        company = company or self.company
        order = (
            self.env["sale.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "campaign_id": self.campaign.utm_campaign_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "price_unit": price,
                                "tax_ids": False,
                            }
                        )
                    ],
                }
            )
        )
        moment = fields.Datetime.now() + timedelta(days=days)
        order.write({"state": "sale", "date_order": moment})
        return order

    def sent_days_ago(self, partner, days):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_campaign_enrolment SET sent_date = sent_date - %s * "
            "interval '1 day' WHERE partner_id = %s",
            [days, partner.id],
        )
        self.env.invalidate_all()

    def test_window_is_each_customers_own(self):
        self.bring_to("live")
        self.send("promotion")
        one, two, _three = self.customers
        self.sent_days_ago(one, 40)
        self.order(one)
        self.order(two)
        # Before the message came, and by somebody it never went to.
        self.order(two, days=-1)
        self.order(self.make_customers(1))
        result = self.measure()
        self.assertEqual((result.linked_order_count, result.linked_revenue), (1, 80.0))
        found = self.enrolments().filtered("linked_order_count")
        self.assertEqual(found.partner_id, two)

    def test_orders_of_other_companies(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        other = self.env["res.company"].create({"name": "Stranger"})
        self.bring_to("live")
        self.send("promotion")
        self.order(self.customers[0], other)
        self.assertEqual(self.measure().linked_order_count, 0)
        self.order(self.customers[0], branch)
        self.assertEqual(self.measure().linked_revenue, 80.0)

    def credit(self, order, amount):
        """Return a draft credit note for an order."""
        accounts = self.env["account.account"].with_company(self.company)
        income, receivable = accounts.create(
            [
                {"name": "Income", "code": "WINC", "account_type": "income"},
                {
                    "name": "Receivable",
                    "code": "WREC",
                    "account_type": "asset_receivable",
                    "reconcile": True,
                },
            ]
        )
        values = {"name": "Sales", "code": "WSAL", "type": "sale"}
        values |= {"company_id": self.company.id, "default_account_id": income.id}
        journal = self.env["account.journal"].create(values)
        partner = order.partner_id.with_company(self.company)
        partner.property_account_receivable_id = receivable
        line = {
            "product_id": self.product.id,
            "price_unit": amount,
            "tax_ids": False,
            "account_id": income.id,
            "sale_line_ids": [Command.set(order.order_line.ids)],
        }
        moves = self.env["account.move"].with_company(self.company)
        return moves.create(
            {
                "move_type": "out_refund",
                "partner_id": partner.id,
                "journal_id": journal.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create(line)],
            }
        )

    def test_credited(self):
        self.bring_to("live")
        self.send("promotion")
        order = self.order(self.customers[0])
        self.order(self.customers[1])
        credit = self.credit(order, 30.0)
        self.assertEqual(self.measure().linked_revenue, 160.0)
        credit.action_post()
        result = self.measure()
        self.assertEqual((result.linked_order_count, result.linked_revenue), (2, 130.0))
