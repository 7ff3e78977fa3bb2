from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..models import crm_timeline
from .timeline_common import TimelineCommon


@tagged("post_install", "-at_install")
class TestTimelineRights(TimelineCommon):
    """Nobody sees on the timeline what they would not see elsewhere."""

    def test_salesperson_sees_own_documents(self):
        orders = {}
        for user in (self.salesperson, self.colleague):
            orders[user] = self._create_order(
                self.customer, 10.0, confirm=False, user_id=user.id
            )
        nobody = self._create_order(
            self.customer, 10.0, confirm=False, user_id=False, team_id=False
        )
        self.assertFalse(nobody.user_id)
        for user, order in orders.items():
            keys = set(self._keys(user=user, kinds=["quotation"]))
            self.assertEqual(keys, {("quotation", order.id), ("quotation", nobody.id)})
        self.assertEqual(len(self._keys(kinds=["quotation"])), 3)

    def test_kinds_without_right_are_named_and_not_read(self):
        self._create_everything()
        expected = {
            self.salesperson: {"payment"},
            self.accountant: {"purchase", "opportunity", "contact"},
            self.analyst: {"order", "quotation", "opportunity", "invoice", "payment"},
        }
        for user, hidden in expected.items():
            with self.subTest(user=user.login):
                page = self.timeline.with_user(user)._timeline_page(
                    self.customer.with_user(user), limit=200
                )
                # Upper modules have kinds of their own.
                ours = set(page["hidden"]) & set().union(*expected.values())
                self.assertEqual(ours, hidden)
                self.assertFalse(hidden & {row["kind"] for row in page["rows"]})
        self.assertIn("payment", {k for k, _id in self._keys(user=self.accountant)})

    def test_pages_refill_behind_hidden_messages(self):
        """Messages on documents that are not for this user do not empty a page."""
        leads = self.env["crm.lead"].create(
            [
                {"name": "Theirs", "user_id": self.colleague.id, "type": "opportunity"},
                {"name": "Mine", "user_id": self.salesperson.id, "type": "opportunity"},
            ]
        )
        for number in range(40):
            self._create_message(
                leads[0], "Secret", self.contact, f"2026-03-02 10:{number:02}:00"
            )
        visible = [
            self._create_message(
                leads[1], "Open", self.contact, f"2026-03-01 10:{number:02}:00"
            ).id
            for number in range(7)
        ][::-1]
        options = {"user": self.salesperson, "kinds": ["message"], "limit": 3}
        rows, pages = self._pages(**options)
        self.assertEqual([row["id"] for row in rows], visible)
        self.assertEqual(pages, 3)
        self.assertNotIn("Secret", str(rows))
        # Given up looking after a while: short pages, but the same facts.
        with patch.object(crm_timeline, "BUDGET", 5):
            rows, pages = self._pages(**options)
        self.assertEqual([row["id"] for row in rows], visible)
        self.assertGreater(pages, 8)
        self.assertEqual(len(self._keys(kinds=["message"])), 47)

    def test_activities_of_hidden_documents(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Theirs",
                "user_id": self.colleague.id,
                "partner_id": self.customer.id,
                "type": "opportunity",
            }
        )
        activity = lead.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline="2026-03-01",
            user_id=self.colleague.id,
        )
        key = ("activity", activity.id)
        options = {"kinds": ["activity"]}
        self.assertEqual(self._keys(user=self.salesperson, **options), [])
        self.assertEqual(self._keys(user=self.colleague, **options), [key])
        activity.action_feedback()
        self.assertEqual(self._keys(user=self.colleague, **options), [])

    def test_private_meetings_of_others(self):
        meetings = {
            privacy: self._create_meeting(
                self.customer,
                "2026-03-01 08:00:00",
                user=self.colleague,
                privacy=privacy,
            )
            for privacy in ("private", "public", "confidential")
        }
        options = {"kinds": ["meeting"]}
        seen = set(self._keys(user=self.salesperson, **options))
        expected = {("meeting", meetings[p].id) for p in ("public", "confidential")}
        self.assertEqual(seen, expected)
        self.assertEqual(len(self._keys(user=self.colleague, **options)), 3)
        meetings["private"].partner_ids += self.salesperson.partner_id
        self.assertEqual(len(self._keys(user=self.salesperson, **options)), 3)

    def test_private_by_default(self):
        """What the organiser's settings make private is private, too."""
        settings = self.env["res.users.settings"]._find_or_create_for_user(
            self.colleague
        )
        settings.calendar_default_privacy = "private"
        self._create_meeting(
            self.customer, "2026-03-01 08:00:00", user=self.colleague, privacy=False
        )
        self.assertEqual(self._keys(user=self.salesperson, kinds=["meeting"]), [])

    def test_portal_user_gets_no_internal_note(self):
        portal = new_test_user(
            self.env,
            login="timeline_portal",
            groups="base.group_portal",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        portal.partner_id.parent_id = self.customer
        self._create_message(portal.partner_id, "Internal remark", note=True)
        self._create_message(portal.partner_id, "Dear customer")
        rows, _pages = self._pages(portal.partner_id, user=portal)
        self.assertNotIn("Internal remark", str(rows))
        with self.assertRaises(AccessError):
            self.env["crm.api"].with_user(portal).customer_timeline(
                partner=portal.partner_id.id
            )

    def test_hidden_partner_is_refused(self):
        other = self.setup_other_company()["company"]
        self.customer.company_id = other
        user = self.salesperson
        with self.assertRaises(AccessError):
            self.timeline.with_user(user)._timeline_page(self.customer.with_user(user))
