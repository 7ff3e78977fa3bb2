from datetime import timedelta
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import SegmentationCommon

RICH = "[('revenue_total', '>=', 1000)]"


@tagged("post_install", "-at_install")
class TestSegmentRefresh(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rich = cls._add_profile("Rich", 10, 9, 5000.0)
        cls.poor = cls._add_profile("Poor", 200, 1, 50.0)

    def test_cron_refreshes_what_is_due(self):
        due = self._create_segment(domain=RICH)
        later = self._create_segment(domain=RICH, name="Later")
        due.sudo().next_refresh = self._yesterday()
        self.poor.sudo().revenue_total = 2000.0
        self._run_segment_cron()
        self.assertIn("Poor", self._member_names(due))
        self.assertNotIn("Poor", self._member_names(later))
        self.assertGreater(due.next_refresh, fields.Datetime.now())

    def test_one_failing_does_not_stop_the_others(self):
        broken = self._create_segment(domain=RICH, name="Broken")
        fine = self._create_segment(domain=RICH, name="Fine")
        (broken | fine).sudo().next_refresh = self._yesterday()
        broken.sudo().next_refresh -= timedelta(hours=1)
        self.env.flush_all()
        Refresh = type(self.env["crm.segment.refresh"])
        original = Refresh._refresh

        def fail(model, segment):
            if segment == broken:
                raise RuntimeError("disk on fire")
            return original(model, segment)

        with (
            patch.object(Refresh, "_refresh", fail),
            patch.object(self.env.cr, "rollback", lambda: None),
            mute_logger("odoo.addons.crm_segmentation.models.crm_segment_refresh"),
        ):
            raised = None
            # Not assertRaises, which would roll back what was done besides.
            try:
                self._run_cron_method()
            except RuntimeError as error:
                raised = error
        self.assertEqual(str(raised), "disk on fire", "the cron is marked as failed")
        self.env.invalidate_all()
        self.assertGreater(fine.next_refresh, fields.Datetime.now())
        self.assertGreater(broken.next_refresh, fields.Datetime.now(), "postponed")

    def _run_cron_method(self):
        Cron = type(self.env["ir.cron"])
        with patch.object(Cron, "_commit_progress", lambda *args, **kwargs: 10.0):
            self.env["crm.segment.refresh"]._cron_refresh()

    def test_too_slow_rule_stops(self):
        segment = self._create_segment(domain=RICH)
        self.env["ir.config_parameter"].sudo().set_param(
            "crm_segmentation.statement_timeout_seconds", "1"
        )
        Refresh = type(self.env["crm.segment.refresh"])
        slow = "SELECT 1 AS partner_id FROM pg_sleep(3)"
        with (
            patch.object(Refresh, "_members_sql", lambda model, segment: SQL(slow)),
            self.assertRaises(UserError),
        ):
            segment.action_refresh()

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), max_size=6))
    def test_history_of_any_comings_and_goings(self, nights):
        """Members are whom the rule finds; stays never overlap; events add up."""
        customers = [self._add_profile(f"N{n}", revenue=0.0) for n in range(5)]
        ids = [customer.partner_id.id for customer in customers]
        segment = self._create_segment(
            domain=f"[('revenue_total', '>=', 1000), ('partner_id', 'in', {ids})]"
        )
        for night in nights:
            for customer, is_rich in zip(customers, night, strict=True):
                customer.sudo().revenue_total = 5000.0 if is_rich else 0.0
            segment.action_refresh()
            expected = {
                customer.partner_id.name
                for customer, is_rich in zip(customers, night, strict=True)
                if is_rich
            }
            self.assertEqual(self._member_names(segment), expected)
            self.assertEqual(segment.member_count, len(expected))
        changes = self.env["crm.segment.movement"].search(
            [("segment_id", "=", segment.id)]
        )
        self.assertEqual(sum(changes.mapped("change")), segment.member_count)
        stays = segment.sudo().member_ids
        entries = sum(
            is_rich and not before
            for number in range(5)
            for before, is_rich in self._steps([night[number] for night in nights])
        )
        self.assertEqual(len(stays), entries, "a stay for each time somebody entered")

    @staticmethod
    def _steps(states):
        return zip([False, *states], states, strict=False)

    def test_next_refresh_is_the_company_midnight(self):
        self.company.crm_tz = "Asia/Tehran"
        segment = self._create_segment(domain=RICH)
        # 00:00 in Tehran is 20:30 of the day before in UTC, summer or winter.
        self.assertEqual(segment.next_refresh.strftime("%H:%M"), "20:30")
        self.assertLess(segment.next_refresh - fields.Datetime.now(), timedelta(days=1))
