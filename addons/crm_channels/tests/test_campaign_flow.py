from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignFlow(CampaignCase):
    """Each decides about their part, nobody about their own, and a refusal stays."""

    def test_from_brief_to_approved(self):
        self.bring_to("approved")
        trail = [row["label"] for row in self.campaign.decision_trail]
        self.assertEqual(len(trail), 5)

    def test_roles(self):
        """Each transition is refused to everybody it is not declared for."""
        may = {
            "submit": {"campaign", "analyst"},
            "accept": {"segmentation"},
            "submit_design": {"campaign"},
            "approve_budget": {"vp"},
            "approve_contact": {"segmentation"},
            "launch": {"campaign", "channel"},
        }
        states = ("brief", "intent", "design", "budget", "contact", "approved")
        for state, name in zip(states, may, strict=True):
            self.bring_to(state)
            for role in set(self.users) - may[name]:
                with self.subTest(name, role=role), self.assertRaises(AccessError):
                    self.decide(name, role)

    def test_nobody_decides_on_their_own(self):
        both = self.new_user("campaign", "vp", "segmentation")
        campaign = self.new_campaign(name="Own").with_user(both)
        campaign.brief = "Better words"
        self.bring_to("intent", campaign)
        with self.assertRaisesRegex(UserError, "two-person"):
            campaign.action_decide("accept")
        self.bring_to("budget", campaign)
        with self.assertRaisesRegex(UserError, "two-person"):
            campaign.action_decide("approve_budget")
        self.bring_to("contact", campaign)
        with self.assertRaisesRegex(UserError, "two-person"):
            campaign.action_decide("approve_contact")

    def test_who_edits_the_offer_does_not_decide(self):
        self.bring_to("design")
        both = self.new_user("campaign", "vp")
        self.offer.with_user(both).line_ids.discount = 12
        self.try_offer(self.offer)
        self.bring_to("budget")
        with self.assertRaisesRegex(UserError, "two-person"):
            self.campaign.with_user(both).action_decide("approve_budget")

    def test_a_refusal_is_final(self):
        self.bring_to("contact")
        with self.assertRaisesRegex(UserError, "reason"):
            self.decide("refuse_contact", "segmentation")
        self.decide("refuse_contact", "segmentation", reason="Too often this year")
        self.assertEqual(self.campaign.state, "refused")
        # Even where somebody puts the state back past everything.
        for state, name, role in (
            ("contact", "approve_contact", "segmentation"),
            ("approved", "launch", "channel"),
        ):
            self.campaign._decision_set(state=state)
            with self.assertRaisesRegex(UserError, "final decision"):
                self.decide(name, role)
        again = self.campaign.copy()
        self.assertEqual(again.state, "brief")
        self.assertNotEqual(again.utm_campaign_id, self.campaign.utm_campaign_id)
        self.bring_to("approved", again)

    def test_administrators_overrule_nothing(self):
        admin = new_test_user(
            self.env,
            "campaign_admin",
            "base.group_system,crm_relationship.group_campaign",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.bring_to("contact")
        campaign = self.campaign.with_user(admin)
        for name in ("approve_contact", "refuse_contact"):
            with self.assertRaises(AccessError):
                campaign.action_decide(name, "because")
        for records in (campaign, campaign.sudo()):
            with self.assertRaises(UserError):
                records.write({"state": "approved"})

    def test_what_a_budget_needs(self):
        self.bring_to("design")
        mine = self.as_role(self.campaign, "campaign")

        def ask(message):
            with self.assertRaisesRegex(UserError, message):
                mine.action_decide("submit_design")

        ask("test")
        mine.action_test()
        ask("[Ss]imulate")
        mine.action_simulate()
        self.offer.sudo().trial_ok = False
        ask("trial quotation")
        self.try_offer(self.offer)
        self.channels["email"].touch_cost = 90.0
        mine.action_simulate()
        ask("above the budget")
        self.channels["email"].touch_cost = 0.1
        mine.action_simulate()
        mine.offer_id = False
        ask("Name the offer")
        mine.offer_id = self.offer
        mine.action_decide("submit_design")
        self.assertEqual(self.campaign.state, "budget")

    def test_trial_is_of_the_terms_as_they_are(self):
        self.bring_to("design")
        self.offer.line_ids.discount = 50
        mine = self.as_role(self.campaign, "campaign")
        mine.action_test()
        mine.action_simulate()
        with self.assertRaisesRegex(UserError, "trial quotation"):
            mine.action_decide("submit_design")
        with self.assertRaises(AccessError):
            self.offer.write({"trial_ok": True})

    def test_content_falls_back(self):
        """Whatever is changed, wherever, the decisions about it fall and say so."""
        later = fields.Datetime.now() + timedelta(days=1)
        other = self.new_offer(name="Other")
        changes = {
            "channel": lambda c: c.write({"channel_id": self.channels["phone"].id}),
            "date": lambda c: c.write({"date_start": later}),
            "hold-out": lambda c: c.write({"holdout_percent": 20}),
            "recipients": lambda c: c.write({"recipient_rule": "best"}),
            "offer": lambda c: c.write({"offer_id": other.id}),
            "line": lambda c: self.offer.line_ids.write({"discount": 16}),
            "fact": lambda c: self.offer.write(
                {"fact_ids": [Command.create({"name": "No returns"})]}
            ),
            "text": lambda c: self.offer.rendering_ids[0].write({"subject": "Now!"}),
            "terms": lambda c: self.offer.write({"terms": "While stocks last"}),
            "segment": lambda c: self.segment.write({"kind": "rule"}),
        }
        for what, change in changes.items():
            for state in ("budget", "contact", "approved"):
                with self.subTest(what, state=state):
                    with self.env.cr.savepoint() as savepoint:
                        self.bring_to(state)
                        change(self.as_role(self.campaign, "campaign"))
                        self.assertEqual(self.campaign.state, "design")
                        self.assertEqual(
                            self.campaign.decision_trail[0]["kind"], "voided"
                        )
                        savepoint.rollback()
                    self.env.invalidate_all()

    def test_names_are_no_content(self):
        self.bring_to("approved")
        self.as_role(self.campaign, "campaign").name = "Other name"
        self.assertEqual(self.campaign.state, "approved")
        self.assertEqual(self.campaign.utm_campaign_id.title, "Other name")

    def test_segment_owner_is_no_author(self):
        """Who owns segments may still decide about campaigns to them."""
        self.bring_to("design")
        self.segment.with_user(self.users["segmentation"]).domain = "[('id','>',0)]"
        self.bring_to("contact")
        self.decide("approve_contact", "segmentation")

    def test_live_is_locked(self):
        self.bring_to("live")
        mine = self.as_role(self.campaign, "campaign")
        for change in (
            lambda: mine.write({"holdout_percent": 5}),
            lambda: mine.offer_id.line_ids.write({"discount": 30}),
            lambda: mine.offer_id.rendering_ids.unlink(),
        ):
            with self.assertRaisesRegex(UserError, "cannot change any more"):
                change()
        # Segments move on.
        self.segment.domain = "[('id', '>', 1)]"
        self.assertEqual(self.campaign.state, "live")

    def test_utm_campaign(self):
        """It has one of its own that nobody deletes, chooses or takes away."""
        other = self.env["utm.campaign"].create({"name": "Other"})
        campaign = self.new_campaign(utm_campaign_id=other.id)
        self.assertNotEqual(campaign.utm_campaign_id, other)
        with self.assertRaises(AccessError):
            campaign.write({"utm_campaign_id": other.id})
        made = campaign.sudo().utm_campaign_id
        campaign.unlink()
        self.assertFalse(made.exists())

    def test_checks(self):
        with self.assertRaises(ValidationError):
            self.campaign.recipient_rule = "function"
        sms = self.env["crm.channel"].create(
            {"name": "SMS", "code": "campaign_sms", "kind": "sms"}
        )
        with self.assertRaises(ValidationError):
            self.campaign.channel_id = sms
        foreign = self.env["crm.segment"].create(
            {
                "name": "Foreign",
                "kind": "manual",
                "company_id": self.env.ref("base.main_company").id,
            }
        )
        with self.assertRaises(ValidationError):
            self.campaign.sudo().segment_id = foreign

    def test_worklists(self):
        self.bring_to("intent")

        def codes(role):
            page = self.as_role(self.env["crm.workbench"], role).get_worklists()
            return {
                row["code"]
                for section in page["sections"]
                for row in section["lists"]
                if row["count"]
            }

        self.assertIn("decide.crm.campaign.accept", codes("segmentation"))
        self.bring_to("design")
        self.assertIn("campaign.design", codes("campaign"))
        self.bring_to("budget")
        self.assertIn("decide.crm.campaign.approve_budget", codes("vp"))
        self.bring_to("contact")
        self.assertIn("decide.crm.campaign.approve_contact", codes("segmentation"))
        self.bring_to("approved")
        self.assertIn("campaign.approved", codes("channel"))
