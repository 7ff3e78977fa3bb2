from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignSimulation(CampaignCase):
    """A simulation says what the launch will do, and is kept."""

    def simulate(self):
        self.as_role(self.campaign, "campaign").action_simulate()
        return self.campaign.plan_id

    def test_counts(self):
        self.env["mail.blacklist"]._add(self.customers[2].email)
        self.channels["email"].touch_cost = 0.5
        plan = self.simulate()
        self.assertEqual(plan.customer_count, 3)
        self.assertEqual((plan.send_count, plan.hold_count, plan.drop_count), (2, 0, 1))
        self.assertEqual(plan.cost, 1.0)
        self.assertAlmostEqual(plan.expected_orders, 0.2)
        self.assertEqual(plan.expected_margin, 4.0)
        self.assertEqual(plan.expected_net, 3.0)
        dropped = plan.line_ids.filtered(lambda x: x.verdict == "drop")
        self.assertEqual((dropped.rule, dropped.number), ("blacklisted", 1))
        self.assertIn("blacklist", dropped.text)
        load = plan.line_ids.filtered(lambda x: x.kind == "load")
        self.assertEqual(sum(load.mapped("number")), 2)

    def test_rules_of_consent_keep_their_words(self):
        """Refused and resting are other things than a stopped or paused campaign."""
        record = self.env["crm.consent.recorder"]._record
        for partner, change in zip(
            self.customers, ("withdrawn", "paused"), strict=False
        ):
            said = {
                "company_id": self.company.id,
                "kind": "email",
                "address": partner.email,
                "purpose": "promotion",
                "change": change,
                "how": "manual",
                "partner_id": partner.id,
            }
            until = {"until": "2999-01-01 00:00:00"} if change == "paused" else {}
            record([said | until])
        lines = self.simulate().line_ids.filtered(lambda x: x.verdict == "drop")
        said = {line.rule: line.text for line in lines}
        self.assertIn("The customer refused", said["withdrawn"])
        self.assertIn("asked for a rest", said["paused"])
        self.bring_to("live")
        said = {row.reason: row.text for row in self.enrolments()}
        self.assertIn("The customer refused", said["withdrawn"])
        self.assertIn("asked for a rest", said["paused"])

    def test_equals_the_launch(self):
        self.segment._add_partners(self.make_customers(40).ids)
        self.campaign.holdout_percent = 30
        self.bring_to("live")
        plan = self.campaign.plan_ids[0]
        rows = self.enrolments()
        waiting = rows.filtered(lambda r: r.state in ("planned", "held"))
        self.assertEqual(plan.send_count + plan.hold_count, len(waiting))
        kept_out = rows.filtered(lambda r: r.reason == "holdout")
        self.assertEqual(plan.holdout_count, len(kept_out))
        self.assertEqual(plan.recipient_count, len(rows))
        out = plan.line_ids.filtered(lambda x: x.verdict == "out")
        self.assertEqual((out.rule, out.number), ("holdout", len(kept_out)))

    def test_reserves_nothing(self):
        before = self.env["crm.outbox"].search_count([])
        self.simulate()
        self.assertEqual(self.env["crm.outbox"].search_count([]), before)
        self.assertFalse(self.enrolments())

    def test_several_are_kept(self):
        first = self.simulate()
        self.campaign.holdout_percent = 50
        self.assertFalse(self.campaign.plan_id)
        self.assertFalse(first.is_current)
        second = self.simulate()
        self.assertEqual(self.campaign.plan_ids, second | first)

    def test_later(self):
        later = fields.Datetime.now().replace(microsecond=0) + timedelta(days=3)
        self.campaign.date_start = later
        plan = self.simulate()
        self.assertEqual((plan.first_send, plan.last_send), (later, later))
        self.bring_to("live")
        self.assertEqual(set(self.messages().mapped("due")), {later})

    def test_contact_is_decided_with_a_simulation(self):
        self.bring_to("contact")
        self.campaign.plan_ids.sudo().unlink()
        with self.assertRaisesRegex(UserError, "[Ss]imulate"):
            self.decide("approve_contact", "segmentation")
        self.as_role(self.campaign, "segmentation").action_simulate()
        self.decide("approve_contact", "segmentation")

    def test_rights(self):
        reader = self.new_user("reader")
        with self.assertRaises(AccessError):
            self.campaign.with_user(reader).action_simulate()
        with self.assertRaises(AccessError):
            self.simulate().with_user(self.users["campaign"]).write({"cost": 0})

    def test_queries_do_not_grow(self):
        def queries(number):
            self.segment._add_partners(self.make_customers(number).ids)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.simulate()
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertLessEqual(queries(50), queries(2) + 3)
