from datetime import date, datetime, timedelta

from odoo import fields
from odoo.tests import tagged

from .touch_common import TouchCommon


@tagged("post_install", "-at_install")
class TestTouchProfile(TouchCommon):
    """What the ledger says about a customer: on the profile, the timeline, outside."""

    def test_profile(self):
        """Contacts of all persons count for the customer; tries only make a profile."""
        now = fields.Datetime.now()
        self.assertFalse(self._profile(self.customer))
        self._log(outcome_id=self.no_answer.id, date=now)
        profile = self._profile(self.customer)
        self.assertEqual(profile.contact_count_12m, 0)
        self.assertFalse(profile.last_contact_out_date)
        old, new = now - timedelta(days=400), now - timedelta(days=20)
        self._log(direction="in", date=old)
        self._log(direction="in", date=new, partner_id=self.contact.id)
        self._log(date=now - timedelta(days=300))
        profile = self._profile(self.customer)
        self.assertEqual(profile.contact_count_12m, 2)
        self.assertEqual(profile.last_contact_in_date, new.date())
        self.assertEqual(
            profile.last_contact_out_date, (now - timedelta(days=300)).date()
        )
        self.assertEqual(
            profile.next_expiry_date, (now - timedelta(days=300 - 365)).date()
        )

    def test_day_of_the_company(self):
        """A day is one in the company's zone; a bounce takes a contact back."""
        self.company.crm_tz = "Pacific/Auckland"
        touch = self._log(date=datetime(2026, 3, 9, 23, 0), channel_id=self.mail.id)
        profile = self._profile(self.customer)
        self.assertEqual(profile.last_contact_out_date, date(2026, 3, 10))
        touch._respond("bounced")
        self.assertFalse(self._profile(self.customer).last_contact_out_date)

    def test_lead_converted(self):
        """Contacts with a lead make its partner a customer."""
        lead = self.env["crm.lead"].create({"name": "L", "company_id": self.company.id})
        self._log(partner_id=False, lead_id=lead.id, date=fields.Datetime.now())
        partner = self._create_customer("New")
        lead.partner_id = partner
        self.assertEqual(self._profile(partner).contact_count_12m, 1)

    def test_timeline(self):
        """A contact is told with how it ended; one that is a message is not twice."""
        self._log(
            subject="Offer",
            note="Wants blue.\nMore",
            outcome_id=self.reached.id,
            user_id=self.seller.id,
            partner_id=self.contact.id,
        )
        self._log(source_model="mail.message", source_key="1")
        timeline = self.env["crm.timeline"].with_user(self.seller)
        rows = timeline._timeline_page(self.customer, kinds=["contact"])["rows"]
        self.assertEqual(len(rows), 1)
        row = rows[0]
        self.assertEqual(row["title"], "Offer")
        self.assertEqual(row["state_label"], self.reached.name)
        self.assertEqual(row["text"], "Wants blue. More")
        self.assertIn(self.seller.name, row["detail"])
        self.assertEqual(row["contact"], self.contact.display_name)
        page = self.env["crm.timeline"].with_user(self.colleague)
        self.assertFalse(page._timeline_page(self.customer, kinds=["contact"])["rows"])

    def test_customer_get(self):
        """Other systems learn of the last contact and of channels used."""
        now = fields.Datetime.now().replace(microsecond=0)
        self._log(date=now)
        self._log(date=now - timedelta(days=1), direction="in")
        self._log(date=now - timedelta(days=500))
        self._log(date=now, outcome_id=self.no_answer.id)
        answer = self.env["crm.api"].with_user(self.seller)
        answer = answer.customer_get(self.customer.id, ["contact"])["contact"]
        self.assertEqual(answer["last_out"], now.isoformat() + "Z")
        counts = {
            (c["channel"], c["direction"]): c["count"] for c in answer["channels_12m"]
        }
        self.assertEqual(counts, {("phone", "out"): 1, ("phone", "in"): 1})
