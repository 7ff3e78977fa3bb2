from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignReach(CampaignCase):
    """What is launched is what was decided about: these customers, for this money, as
    long as the offer holds."""

    def launch(self):
        self.decide("launch", "channel")

    def test_members_came(self):
        self.bring_to("approved")
        self.segment._add_partners(self.make_customers(2).ids)
        with self.assertRaisesRegex(UserError, "Decide again"):
            self.launch()
        self.assertFalse(self.enrolments())
        self.decide("redesign", "channel")
        self.assertEqual(self.campaign.state, "design")
        self.assertFalse(self.campaign.approved_plan_id)
        self.bring_to("live")
        self.assertEqual(len(self.enrolments()), 5)

    def test_members_are_others(self):
        """As many as before, but not the same."""
        self.bring_to("approved")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_segment_member SET date_in = date_in - interval '1 h' "
            "WHERE segment_id = %s",
            [self.segment.id],
        )
        self.env.cr.execute(
            "UPDATE crm_contact_plan SET date = date - interval '1 minute'"
        )
        self.env.invalidate_all()
        self.segment._remove_partners(self.customers[0].ids)
        self.segment._add_partners(self.make_customers(1).ids)
        self.assertEqual(self.segment.member_count, 3)
        with self.assertRaisesRegex(UserError, "3 of today 2 entered or left"):
            self.launch()

    def test_a_few_more(self):
        self.segment._add_partners(self.make_customers(7).ids)
        self.bring_to("approved")
        self.segment._add_partners(self.make_customers(2).ids)
        self.bring_to("live")
        self.assertEqual(len(self.enrolments()), 12)

    def test_money_of_today(self):
        self.segment._add_partners(self.make_customers(7).ids)
        self.channels["email"].touch_cost = 10.0
        self.bring_to("approved")
        self.assertEqual(self.campaign.approved_plan_id.cost, 100.0)
        more = self.make_customers(1)
        self.segment._add_partners(more.ids)
        with self.assertRaisesRegex(UserError, "more than the budget"):
            self.launch()
        self.segment._remove_partners(more.ids)
        self.channels["email"].touch_cost = 10.01
        with self.assertRaisesRegex(UserError, "more than the budget"):
            self.launch()
        self.channels["email"].touch_cost = 10.0
        self.launch()

    def test_who_decides_sees_the_money(self):
        """Simulated again after the budget was asked for, it reaches more."""
        self.channels["email"].touch_cost = 10.0
        self.segment._add_partners(self.make_customers(7).ids)
        mine = self.as_role(self.campaign, "campaign")
        for state, name, role in (
            ("budget", "approve_budget", "vp"),
            ("contact", "approve_contact", "segmentation"),
        ):
            self.bring_to(state)
            more = self.make_customers(1)
            self.segment._add_partners(more.ids)
            mine.action_simulate()
            with self.assertRaisesRegex(UserError, "above the budget"):
                self.decide(name, role)
            self.segment._remove_partners(more.ids)
            mine.action_simulate()
            self.decide(name, role)

    def test_other_content_is_decided_anew(self):
        self.bring_to("approved")
        self.assertTrue(self.campaign.approved_plan_id)
        with self.assertRaises(UserError):
            self.campaign.sudo().approved_plan_id = False
        self.as_role(self.campaign, "campaign").priority = 7
        self.assertEqual(self.campaign.state, "design")
        self.assertFalse(self.campaign.approved_plan_id)

    def test_large_changes_are_confirmed_by_the_owner(self):
        self.segment.sudo().is_change_large = True
        other = self.users["segmentation"]
        with self.assertRaisesRegex(AccessError, "Only the owner"):
            self.segment.with_user(other).action_confirm_change()
        self.assertTrue(self.segment.is_change_large)
        self.segment.action_confirm_change()
        self.assertFalse(self.segment.is_change_large)

    # ---- the offer is over ----------------------------------------------------------

    def end_offer(self, days=1):
        """Let the last day of the offer have passed."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_offer SET date_from = %(day)s, date_to = %(day)s "
            "WHERE id = %(id)s",
            {
                "day": fields.Date.today() - timedelta(days=days),
                "id": self.offer.id,
            },
        )
        self.env.invalidate_all()

    def test_over_before_it_leaves(self):
        self.bring_to("live")
        self.end_offer()
        self.send("promotion")
        self.assertFalse(self.recipients())
        self.assertEqual(set(self.enrolments().mapped("reason")), {"over"})
        self.assertEqual(set(self.enrolments().mapped("state")), {"skipped"})

    def test_last_day(self):
        self.bring_to("live")
        self.end_offer(days=0)
        self.send("promotion")
        self.assertEqual(len(self.recipients()), 3)

    def test_the_day_is_the_companys(self):
        self.end_offer(days=0)
        now = self.env.cr.now().replace(hour=23, minute=0)
        for zone, over in (("Pacific/Kiritimati", True), ("Pacific/Pago_Pago", False)):
            self.company.crm_tz = zone
            with self.subTest(zone), freeze_time(now.replace(tzinfo=None)):
                self.assertEqual(self.offer._is_over(), over)

    def test_over_while_paused(self):
        self.bring_to("live")
        self.decide("pause", "channel")
        self.end_offer()
        with self.assertRaisesRegex(UserError, "is over"):
            self.decide("resume", "channel")
        self.decide("stop", "channel")
