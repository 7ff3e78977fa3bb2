from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import new_test_user

from odoo.addons.crm_relationship.tests.outbox_common import OutboxCase

ROLES = ("vp", "analyst", "campaign", "segmentation", "channel")
LAUNCHER = "odoo.addons.crm_channels.models.crm_campaign_launcher"


class CampaignCase(OutboxCase):
    """Somebody for each role, customers in a segment, an offer, and a campaign."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"crm_tz": "UTC", "crm_consent_default": "allowed"})
        cls.users = {role: cls.new_user(role) for role in ROLES}
        cls.segment = cls.env["crm.segment"].create(
            {
                "name": "Lapsing valuable",
                "kind": "manual",
                "company_id": cls.company.id,
                "user_id": cls.env.uid,
            }
        )
        cls.segment._add_partners(cls.customers.ids)
        cls.offer = cls.new_offer()
        cls.campaign = cls.new_campaign()

    @classmethod
    def new_user(cls, role, *others):
        groups = ",".join(f"crm_relationship.group_{name}" for name in (role, *others))
        return new_test_user(
            cls.env,
            f"campaign_{'_'.join((role, *others))}",
            groups,
            email=f"{role}@outbox.example",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def as_role(cls, records, role):
        return records.with_user(cls.users[role]).with_company(cls.company)

    @classmethod
    def new_offer(cls, **values):
        product = cls.env["product.product"].create(
            {"name": "Floor polish", "list_price": 40.0, "type": "consu"}
        )
        body = (
            "<p>Dear {{ name }}, {{ products }}: {{ price }}, until {{ valid_until }}. "
            "<a href='https://shop.example/polish'>Order</a></p>"
        )
        texts = [
            Command.create({"kind": kind, "subject": "{{ products }}", "body": body})
            for kind in ("email", "phone", "letter")
        ]
        offer = cls.as_role(cls.env["crm.offer"], "campaign").create(
            {
                "name": "Spring",
                "currency_id": cls.company.currency_id.id,
                "date_to": fields.Date.today() + timedelta(days=60),
                "line_ids": [
                    Command.create({"product_id": product.id, "discount": 15})
                ],
                "rendering_ids": texts,
                **values,
            }
        )
        cls.try_offer(offer)
        return offer

    @classmethod
    def try_offer(cls, offer):
        """Note a successful trial without an accounting to try it in."""
        offer.sudo().write({"trial_ok": True, "trial_hash": offer._trial_terms()})

    @classmethod
    def new_campaign(cls, **values):
        return cls.as_role(cls.env["crm.campaign"], "campaign").create(
            {
                "name": "Win back",
                "brief": "They bought much and are silent.",
                "segment_id": cls.segment.id,
                "channel_id": cls.channels["email"].id,
                "offer_id": cls.offer.id,
                "holdout_percent": 0,
                "budget": 100.0,
                "expected_rate": 10.0,
                "expected_margin": 20.0,
                **values,
            }
        )

    def decide(self, name, role, campaign=None, reason=None):
        campaign = self.campaign if campaign is None else campaign
        self.as_role(campaign, role).action_decide(name, reason)

    def bring_to(self, state, campaign=None):
        """Take a campaign through its decisions up to a state."""
        campaign = self.campaign if campaign is None else campaign
        mine = self.as_role(campaign, "campaign")
        for at, transition, role in (
            ("brief", "submit", "campaign"),
            ("intent", "accept", "segmentation"),
            ("design", "submit_design", "campaign"),
            ("budget", "approve_budget", "vp"),
            ("contact", "approve_contact", "segmentation"),
            ("approved", "launch", "channel"),
        ):
            if campaign.state == state:
                return
            if campaign.state != at:
                continue
            if at == "design":
                mine.action_test()
                mine.action_simulate()
            self.decide(transition, role, campaign)
        self.assertEqual(campaign.state, state)

    def enrolments(self, campaign=None):
        campaign = self.campaign if campaign is None else campaign
        return self.env["crm.campaign.enrolment"].search(
            [("campaign_id", "=", campaign.id)]
        )

    def messages(self, campaign=None):
        return self.env["crm.outbox"].search(
            [
                ("origin_model", "=", "crm.campaign.enrolment"),
                ("origin_key", "in", self.enrolments(campaign).ids),
            ]
        )

    def in_ranges_of(self, number):
        return patch(f"{LAUNCHER}.RANGE", number)

    def recipients(self):
        """Return the addresses mails went to."""
        return sorted(to for _sender, [to], _message in self.smtp.taken)
