from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignAuthors(CampaignCase):
    """Whoever had a hand in offer or campaign does not decide about it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.both = cls.new_user("campaign", "vp")

    def their(self, records):
        return records.with_user(self.both).with_company(self.company)

    def refused(self, campaign):
        """Check that they do not approve the budget, and somebody else does."""
        self.bring_to("budget", campaign)
        with self.assertRaisesRegex(UserError, "two-person"):
            self.their(campaign).action_decide("approve_budget")
        self.decide("approve_budget", "vp", campaign)

    def test_offer_written_before_the_campaign(self):
        product = self.offer.line_ids.product_id
        body = "<p>{{ products }}: {{ price }}, until {{ valid_until }}.</p>"
        offer = self.their(self.env["crm.offer"]).create(
            {
                "name": "Theirs",
                "currency_id": self.company.currency_id.id,
                "date_to": self.offer.date_to,
                "line_ids": [
                    Command.create({"product_id": product.id, "discount": 80})
                ],
                "rendering_ids": [
                    Command.create({"kind": "email", "subject": "80 %", "body": body})
                ],
            }
        )
        self.try_offer(offer)
        self.assertEqual(offer.author_ids, self.both)
        self.refused(self.new_campaign(offer_id=offer.id))

    def test_part_of_an_offer(self):
        offer = self.offer
        self.their(offer.line_ids).discount = 80
        self.assertEqual(offer.author_ids, self.users["campaign"] | self.both)
        self.try_offer(offer)
        self.refused(self.new_campaign())

    def test_each_part_counts(self):
        changes = {
            "terms": lambda o: o.write({"terms": "While stocks last"}),
            "line": lambda o: o.line_ids.write({"quantity": 2}),
            "text": lambda o: o.rendering_ids[:1].write({"subject": "Now"}),
            "less text": lambda o: o.rendering_ids[:1].unlink(),
            "fact": lambda o: o.env["crm.offer.fact"].create(
                {"offer_id": o.id, "name": "No returns"}
            ),
        }
        for what, change in changes.items():
            with self.subTest(what):
                offer = self.new_offer(name=what)
                change(self.their(offer))
                self.assertIn(self.both, offer.author_ids)

    def test_moved_parts_bring_their_authors(self):
        other = self.new_offer(name="Other")
        text = self.their(other.rendering_ids[:1])
        text.subject = "Now"
        self.offer.rendering_ids.filtered(lambda t: t.kind == text.kind).unlink()
        self.as_role(text, "campaign").write({"offer_id": self.offer.id})
        self.assertIn(self.both, self.offer.author_ids)

    def test_names_and_trials_are_no_content(self):
        self.their(self.offer).name = "Other name"
        self.try_offer(self.offer)
        self.assertEqual(self.offer.author_ids, self.users["campaign"])

    def test_copies(self):
        self.their(self.offer).terms = "While stocks last"
        again = self.as_role(self.offer, "campaign").copy()
        self.assertIn(self.both, again.author_ids)
        self.their(self.campaign).goal = "More"
        copied = self.as_role(self.campaign, "campaign").copy(
            {"offer_id": self.new_offer().id}
        )
        self.assertIn(self.both, copied.decision_author_ids)
        self.refused(copied)

    def test_not_forged(self):
        mine = self.their(self.offer)
        with self.assertRaises(AccessError):
            mine.author_ids = self.users["analyst"]
        made = mine.copy({"name": "Copy"})
        with self.assertRaises(AccessError):
            mine.create(
                {
                    "name": "Forged",
                    "currency_id": self.company.currency_id.id,
                    "date_to": mine.date_to,
                    "author_ids": [Command.set(self.users["analyst"].ids)],
                }
            )
        forged = self.users["analyst"].ids
        new = made.with_context(default_author_ids=forged).create(
            {
                "name": "Forged",
                "currency_id": self.company.currency_id.id,
                "date_to": mine.date_to,
            }
        )
        self.assertEqual(new.author_ids, self.both)

    def test_in_whose_name_is_content(self):
        self.bring_to("approved")
        self.as_role(self.campaign, "campaign").user_id = self.both
        self.assertEqual(self.campaign.state, "design")
