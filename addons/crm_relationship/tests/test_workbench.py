from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .touch_common import TouchCommon


@tagged("post_install", "-at_install")
class TestWorkbench(TouchCommon):
    """Each list counts what its button opens, as the user; every role has a page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()

    def _lists(self, user):
        found = self.env["crm.workbench"].with_user(user).get_worklists()
        return {
            row["code"]: row
            for section in found["sections"]
            for row in section["lists"]
        }

    def _opened(self, user, code):
        action = self.env["crm.workbench"].with_user(user).open_worklist(code)
        Model = self.env[action["res_model"]].with_user(user)
        return Model.search(action["domain"])

    def _count(self, user, code):
        """Return the count of a list, which is what it opens."""
        self.env.flush_all()
        count = self._lists(user)[code]["count"]
        self.assertEqual(len(self._opened(user, code)), count)
        return count

    def _plan(self, days, user):
        return self.customer.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=self.today + timedelta(days=days),
            user_id=user.id,
        )

    def test_planned(self):
        """Overdue and of today, the own only; ages and late ones are told."""
        late = self._plan(-5, self.seller)
        self._plan(0, self.seller)
        self._plan(3, self.seller)
        self._plan(-5, self.colleague)
        self.assertEqual(self._opened(self.seller, "overdue").ids, late.ids)
        self.assertEqual(self._count(self.seller, "today"), 1)
        row = self._lists(self.seller)["overdue"]
        self.assertEqual((row["count"], row["overdue"]), (1, 1))
        self.assertEqual(row["oldest"], (self.today - timedelta(days=5)).isoformat())

    def test_cadence(self):
        """Own customers only, and only beyond their days."""
        self.company.crm_cadence_days = 5
        old = fields.Datetime.now() - timedelta(days=9)
        self._log(date=old)
        self._log(date=old, partner_id=self.other_customer.id)
        self._work_off_queue()
        self.assertEqual(self._opened(self.seller, "cadence").partner_id, self.customer)
        self._log(date=fields.Datetime.now(), direction="in")
        self._work_off_queue()
        self.assertEqual(self._count(self.seller, "cadence"), 0)

    def test_unanswered(self):
        """A sent quotation waits until the customer says something."""
        self.company.crm_quote_days = 7
        order = self._create_order(self.contact, 10.0, confirm=False)
        order.write(
            {
                "state": "sent",
                "user_id": self.seller.id,
                "date_order": fields.Datetime.now() - timedelta(days=8),
            }
        )
        self.assertEqual(self._count(self.seller, "unanswered"), 1)
        self.assertEqual(self._count(self.colleague, "unanswered"), 0)
        self._log(date=fields.Datetime.now())
        self.assertEqual(self._count(self.seller, "unanswered"), 1)
        self._log(date=fields.Datetime.now(), direction="in")
        self.assertEqual(self._count(self.seller, "unanswered"), 0)

    def test_new_leads(self):
        """An assigned lead waits for its first contact."""
        lead = self.env["crm.lead"].create({"name": "L", "user_id": self.seller.id})
        self.assertIn(lead.id, self._opened(self.seller, "new_leads").ids)
        self._log(
            partner_id=False,
            lead_id=lead.id,
            user_id=self.seller.id,
            date=fields.Datetime.now(),
        )
        self.assertNotIn(lead.id, self._opened(self.seller, "new_leads").ids)

    def test_every_role(self):
        """Each role has a section and something to read when nothing waits."""
        for role in ("vp", "analyst", "campaign", "segmentation", "channel"):
            with self.subTest(role):
                user = new_test_user(
                    self.env,
                    f"bench_{role}",
                    groups=f"crm_relationship.group_{role}",
                    company_id=self.company.id,
                    company_ids=self.company.ids,
                )
                found = self.env["crm.workbench"].with_user(user).get_worklists()
                [section] = found["sections"]
                self.assertIn(role, section["role"])
                self.assertTrue(section["empty"] and section["lists"])
                for row in section["lists"]:
                    self._count(user, row["code"])

    def test_refusals(self):
        """No foreign lists, no nonsense, nobody from outside."""
        bench = self.env["crm.workbench"]
        for code in ("refused", "nonsense", None, [], {}):
            with self.assertRaises(UserError):
                bench.with_user(self.seller).open_worklist(code)
        portal = new_test_user(self.env, "bench_portal", groups="base.group_portal")
        with self.assertRaises(AccessError):
            bench.with_user(portal).get_worklists()
