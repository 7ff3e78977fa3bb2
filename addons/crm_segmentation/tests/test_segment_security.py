from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SegmentationCommon

OWN_MODELS = (
    "crm.rfm.scheme",
    "crm.rfm.run",
    "crm.rfm.score",
    "crm.rfm.migration",
    "crm.segment",
    "crm.segment.member",
    "crm.segment.movement",
)


@tagged("post_install", "-at_install")
class TestSegmentSecurity(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls._add_profile("Rich", 10, 9, 5000.0)
        cls._run()

    def test_reader_reads(self):
        segment = self._create_segment(domain="[]")
        as_reader = segment.with_user(self.reader)
        self.assertEqual(as_reader.member_count, 1)
        self.assertTrue(as_reader.member_ids.partner_id.name)
        for attempt in (
            lambda: as_reader.write({"name": "x"}),
            lambda: as_reader.unlink(),
            lambda: as_reader.action_refresh(),
            lambda: as_reader.action_take_over(),
            lambda: as_reader.action_confirm_change(),
            lambda: self._create_segment(self.reader, domain="[]"),
            lambda: as_reader.member_ids.action_remove(),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_analyst_changes_own_segments_only(self):
        own = self._create_segment(self.analyst, domain="[]")
        own.name = "Mine"
        other = self._create_segment(domain="[]").with_user(self.analyst)
        self.assertTrue(other.name)
        for attempt in (
            lambda: other.write({"name": "x"}),
            lambda: other.unlink(),
            lambda: other.action_take_over(),
            lambda: other.action_refresh(),
        ):
            with self.assertRaises(AccessError):
                attempt()
        own.with_user(self.manager).name = "Managed"
        own.unlink()

    def test_salesperson_portal_and_public_see_nothing(self):
        portal = new_test_user(self.env, "seg_portal", "base.group_portal")
        public = self.env.ref("base.public_user")
        for user in (self.salesman, portal, public):
            for model in OWN_MODELS:
                with self.subTest(user=user.login, model=model):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).search([])

    def test_salesperson_sees_the_scores_of_own_customers(self):
        """… on the customer's page: columns of the profile and the cell's name."""
        self.env["crm.customer.refresh"].sudo()._refresh_now(self.company, [])
        cell = self.scheme.cell_ids[0]
        self.profile.sudo().write({"rfm_recency": 5, "rfm_cell_id": cell.id})
        profile = self.profile.with_user(self.salesman)
        self.assertEqual(profile.rfm_recency, 5)
        self.assertEqual(profile.rfm_cell_id.display_name, cell.name)
        with self.assertRaises(AccessError):
            profile.read(["segment_ids"])
        with self.assertRaises(AccessError):
            profile.search([("segment_ids", "!=", False)])

    def test_new_company_by_somebody_without_our_rights(self):
        boss = new_test_user(
            self.env, "seg_boss", "base.group_erp_manager,base.group_partner_manager"
        )
        company = self.env["res.company"].with_user(boss).create({"name": "New Ltd"})
        scheme = self.env["crm.rfm.scheme"].search([("company_id", "=", company.id)])
        self.assertEqual((len(scheme.cell_ids), scheme.is_default), (11, True))

    def test_nobody_writes_results(self):
        segment = self._create_segment(domain="[]")
        for user in (self.manager, self.analyst, self.reader):
            env = self.env(user=user)
            with self.assertRaises(AccessError):
                env["crm.segment.member"].create(
                    {"segment_id": segment.id, "partner_id": self.profile.partner_id.id}
                )
            with self.assertRaises(AccessError):
                env["crm.rfm.score"].search([], limit=1).write({"r": 5})
            with self.assertRaises(AccessError):
                env["crm.rfm.run"].search([], limit=1).unlink()

    def test_other_company_sees_nothing(self):
        segment = self._create_segment(domain="[]")
        foreign = self._new_user(
            "seg_foreign", "group_segmentation", self.other_company
        )
        env = self.env(user=foreign, context={})
        for model in OWN_MODELS:
            with self.subTest(model=model):
                found = env[model].search([])
                self.assertFalse(
                    found.filtered(lambda r: r.sudo().company_id == self.company)
                )
        with self.assertRaises(AccessError):
            segment.with_env(env).read(["name"])

    def test_branch_user_sees_the_company_segments(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        user = self._new_user("seg_branch", "group_segmentation", branch)
        segment = self.env(user=user, context={})["crm.segment"]
        segment = segment.create({"name": "Of the branch", "domain": "[]"})
        self.assertEqual(segment.company_id, self.company)
        self.assertEqual(segment.member_count, 1)
