from odoo.tests import HttpCase, tagged

from .campaign_common import CampaignCase

LIST = "/odoo/crm-campaigns"


@tagged("post_install", "-at_install")
class TestCampaignTour(CampaignCase, HttpCase):
    """A campaign in the browser, from the brief to the first messages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.unlink()
        # Campaign manager and vice president in one.
        cls.users["both"] = cls.new_user("campaign", "vp")

    def tour(self, name, role, path=LIST):
        self.start_tour(path, f"crm_campaign_{name}_tour", login=self.users[role].login)
        self.env.invalidate_all()
        return self.env["crm.campaign"].search([("name", "=", "Tour campaign")])

    def design(self, campaign):
        """Try, test and simulate again."""
        self.try_offer(self.offer)
        self.bring_to("contact", campaign)

    def test_from_brief_to_launch(self):
        campaign = self.tour("brief", "both")
        self.assertEqual(campaign.state, "intent")
        campaign = self.tour("accept", "segmentation")
        self.assertEqual(campaign.state, "design")
        campaign.holdout_percent = 0
        campaign = self.tour("design", "both")
        self.assertEqual(campaign.state, "budget")
        self.assertEqual(self.tour("own", "both").state, "budget")
        self.assertEqual(self.tour("budget", "vp").state, "contact")
        campaign = self.tour("offer", "campaign", "/odoo/crm-offers")
        self.assertEqual(campaign.state, "design")
        self.assertEqual(self.tour("fallen", "campaign").state, "design")
        self.design(campaign)
        self.assertEqual(self.tour("contact", "segmentation").state, "approved")
        campaign = self.tour("launch", "channel")
        self.assertEqual(campaign.state, "live")
        # Planned by the clock, which went on while this transaction stood still.
        self.due_now(self.messages(campaign))
        self.send("promotion")
        self.assertEqual(self.recipients(), sorted(self.customers.mapped("email")))
