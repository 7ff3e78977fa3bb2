from datetime import timedelta
from io import BytesIO

from openpyxl import load_workbook

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignResult(CampaignCase):
    """What happened, what was bought by whom, and what the campaign caused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = (
            cls.env["crm.purchase.source"]
            .sudo()
            .create({"name": "Shop", "code": "rshop", "company_id": cls.company.id})
        )

    def buy(self, partner, amount, cost=None, days=0):
        """Let a customer buy some days from now."""
        self.env["crm.purchase.history"].sudo().create(
            {
                "company_id": self.company.id,
                "source_id": self.source.id,
                "external_ref": f"{partner.id}-{amount}-{days}",
                "partner_id": partner.id,
                "date": fields.Date.today() + timedelta(days=days),
                "currency_id": self.company.currency_id.id,
                "amount_untaxed": amount,
                "amount_company": amount,
                "line_ids": [
                    Command.create(
                        {
                            "amount_untaxed": amount,
                            "quantity": 1.0,
                            "has_cost": cost is not None,
                            "cost": cost or 0.0,
                        }
                    )
                ],
            }
        )

    def measure(self):
        self.as_role(self.campaign, "analyst").action_measure()
        self.campaign.invalidate_recordset()
        return self.campaign.result_id

    def test_responses(self):
        self.channels["email"].touch_cost = 0.25
        self.bring_to("live")
        self.send("promotion")
        touches = self.env["crm.touch"].search(
            [("partner_id", "in", self.customers.ids)], order="id"
        )
        for touch, response in zip(
            touches, ("clicked", "replied", "unsubscribed"), strict=True
        ):
            touch._respond(response)
        result = self.measure()
        self.assertEqual(result.sent_count, 3)
        self.assertEqual((result.delivered_count, result.clicked_count), (3, 2))
        self.assertEqual((result.replied_count, result.opted_out_count), (1, 1))
        self.assertEqual(result.cost, 0.75)
        action = result.with_context(figure="clicked").action_open_recipients()
        found = self.env["crm.campaign.enrolment"].search(action["domain"])
        self.assertEqual(len(found), result.clicked_count)

    def test_purchases_in_the_window(self):
        self.bring_to("live")
        self.send("promotion")
        one, two, three = self.customers
        self.buy(one, 100.0, 60.0)
        self.buy(one, 50.0, 20.0, days=30)
        self.buy(two, 70.0, 30.0, days=31)
        self.buy(two, 70.0, 30.0, days=-1)
        self.buy(three, 10.0)
        result = self.measure()
        self.assertEqual((result.treated_orders, result.treated_buyers), (3, 2))
        self.assertEqual(result.treated_revenue, 160.0)
        self.assertEqual(result.treated_margin, 70.0)
        self.assertEqual(result.unknown_cost_count, 1)
        self.assertFalse(result.is_final)
        action = result.with_context(figure="treated").action_open_purchases()
        lines = self.env[action["res_model"]].with_company(self.company)
        lines = lines.search(action["domain"])
        self.assertEqual(sum(lines.mapped("amount")), result.treated_revenue)

    def test_not_enough_cases(self):
        self.bring_to("live")
        self.buy(self.customers[0], 100.0, 60.0)
        result = self.measure()
        self.assertFalse(result.has_effect)
        self.assertEqual((result.verdict, result.net), ("few", 0.0))
        self.assertIn("Not enough cases", result.text)

    def test_effect(self):
        """Equals Newcombe's published interval, times those written to."""
        self.segment._remove_partners(self.customers.ids)
        customers = self.make_customers(150)
        self.segment._add_partners(customers.ids)
        self.bring_to("live")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_campaign_enrolment SET arm = 'holdout' "
            "WHERE partner_id = ANY(%s)",
            [customers[70:].ids],
        )
        self.env.invalidate_all()
        for partner in customers[:56] | customers[70:118]:
            self.buy(partner, 100.0, 60.0)
        result = self.measure()
        self.assertEqual((result.treated_count, result.holdout_count), (70, 80))
        self.assertEqual((result.treated_buyers, result.holdout_buyers), (56, 48))
        self.assertAlmostEqual(result.extra_buyers, 14.0, 1)
        self.assertAlmostEqual(result.extra_buyers_low, 0.0524 * 70, 1)
        self.assertAlmostEqual(result.extra_buyers_high, 0.3339 * 70, 1)
        self.assertEqual(result.verdict, "more")
        self.assertAlmostEqual(result.extra_margin, 560.0, 1)
        self.assertLess(result.extra_margin_low, result.extra_margin)
        self.assertEqual(result.margin_verdict, "more")

    def test_dropped_are_not_compared(self):
        """Who could not be written to at the launch is in neither group."""
        self.env["mail.blacklist"]._add(self.customers[0].email)
        self.bring_to("live")
        self.buy(self.customers[0], 100.0)
        result = self.measure()
        self.assertEqual((result.treated_count, result.treated_orders), (2, 0))

    def test_linked_orders(self):
        self.bring_to("live")
        self.send("promotion")
        product = self.env["product.product"].create({"name": "P", "list_price": 5})
        utm = self.campaign.utm_campaign_id
        Order = self.env["sale.order"].with_company(self.company)
        for days in (1, 40):
            order = Order.create(
                {
                    "partner_id": self.customers[0].id,
                    "company_id": self.company.id,
                    "campaign_id": utm.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "price_unit": 80.0,
                                "tax_ids": False,
                            }
                        )
                    ],
                }
            )
            order.write(
                {
                    "state": "sale",
                    "date_order": fields.Datetime.now() + timedelta(days=days),
                }
            )
        result = self.measure()
        self.assertEqual((result.linked_order_count, result.linked_revenue), (1, 80.0))
        # The number opens what it counts.
        action = result.action_open_linked_orders()
        self.assertEqual(Order.search_count(action["domain"]), 1)

    def test_evaluate(self):
        self.bring_to("live")
        with self.assertRaisesRegex(UserError, "still to leave"):
            self.decide("evaluate", "campaign")
        self.send("promotion")
        with self.assertRaisesRegex(UserError, "learned"):
            self.decide("evaluate", "campaign")
        self.as_role(self.campaign, "analyst").learning = "Calls work better."
        self.decide("evaluate", "campaign")
        activity = self.campaign.activity_ids.filtered(
            lambda a: a.summary.startswith("Learn")
        )
        self.assertIn("Calls work better", activity.note)
        self.assertIn("before the result window was over", self.measure().text)
        # The result stays.
        self.buy(self.customers[0], 100.0)
        self.assertEqual(self.measure().treated_orders, 0)
        self.decide("close", "campaign")

    def test_export(self):
        self.customers[0].name = "=1+1"
        self.bring_to("live")
        self.measure()
        export = self.as_role(self.env["crm.campaign.export"], "campaign")
        with self.assertRaises(AccessError):
            export._write_result(self.as_role(self.campaign, "campaign"), BytesIO())
        self.users["campaign"].group_ids += self.env.ref("base.group_allow_export")
        target = BytesIO()
        count = export._write_result(self.as_role(self.campaign, "campaign"), target)
        self.assertEqual(count, 3)
        book = load_workbook(target)
        cells = [cell for row in book.worksheets[1].iter_rows() for cell in row]
        self.assertIn("=1+1", [cell.value for cell in cells])
        self.assertNotIn("f", {cell.data_type for cell in cells})

    def test_api(self):
        self.bring_to("live")
        self.send("promotion")
        self.measure()
        api = self.as_role(self.env["crm.api"], "analyst")
        answer = api.campaign_get(self.campaign.id)
        self.assertEqual((answer["state"], answer["counts"]["sent"]), ("live", 3))
        self.assertEqual(answer["result"]["treated"]["customers"], 3)
        self.assertNotIn("effect", answer["result"])
        with self.assertRaises(UserError):
            api.campaign_get(0)
        feed = self.env["crm.change.feed"].search(
            [("kind", "=", "campaign"), ("res_key", "=", self.campaign.id)]
        )
        self.assertGreaterEqual(len(feed), 6)

    def test_chart(self):
        """Both groups and the way of the messages are shown in figures."""
        self.bring_to("live")
        self.send("promotion")
        self.buy(self.customers[0], 100.0, 60.0)
        chart = " ".join(self.measure().chart.striptags().split())
        self.assertIn("33.3 % (1 of 3)", chart)
        self.assertIn("Sent 3", chart)

    def test_queries_do_not_grow(self):
        def queries(number):
            segment = self.segment.copy({"kind": "manual"})
            segment._add_partners(self.make_customers(number).ids)
            campaign = self.new_campaign(segment_id=segment.id)
            self.bring_to("live", campaign)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            campaign.with_user(self.users["analyst"]).action_measure()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertLessEqual(queries(40), queries(2) + 2)

    def test_erased(self):
        person = self.env["res.partner"].create(
            {"name": "Ann Erased", "email": "ann.erased@c.example"}
        )
        self.segment._add_partners(person.ids)
        self.bring_to("live")
        subjects = self.env["crm.data.subject"].sudo()
        subjects._erase(subjects._subject(person), self.company)
        row = self.enrolments().filtered(lambda r: r.partner_id == person)
        self.assertEqual((row.state, row.reason), ("skipped", "erased"))
        self.assertFalse(row.address)
        self.send("promotion")
        self.assertEqual(len(self.recipients()), 3)
