from odoo.tests import HttpCase, tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestRfmTour(SegmentationCommon, HttpCase):
    def test_from_scores_to_segment(self):
        self._add_profile("Tour Champion", 1, 9, 900.0)
        for number in range(4):
            self._add_profile(f"Tour Other {number}", 100 + number, 1, 20.0)
        self.start_tour("/odoo/crm-rfm", "crm_rfm_tour", login="seg_manager")
        segment = self.env["crm.segment"].search([("name", "=", "Tour segment")])
        self.assertEqual(self._member_names(segment), {"Tour Champion"})
        self.assertEqual((segment.kind, segment.rfm_squares), ("rfm", "55"))
