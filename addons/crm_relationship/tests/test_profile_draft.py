from odoo.tests import tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestProfileDraft(RelationshipCommon):
    """A full run computes ahead; whatever changes meanwhile is newer and stays."""

    def setUp(self):
        super().setUp()
        self._create_history(self.customer, "2025-01-10", 10.0)
        self._create_history(self.other_customer, "2025-01-10", 20.0)
        self._work_off_queue()
        self.refresh = self.env["crm.customer.refresh"].sudo()
        self.env["crm.profile.run"].sudo()._request_full(self.company)
        self.run = self.env["crm.profile.run"].sudo()._next_run(self.company)

    def _compute(self):
        draft = self.refresh._begin_draft(self.company)
        self.env["crm.profile.draft"].sudo()._compute(draft)
        return draft

    def _write(self, draft):
        while draft:
            draft = self.refresh._write_range(draft)
        self.env["crm.customer.profile"].invalidate_model()

    def _revenue(self, partner):
        profile = self.env["crm.customer.profile"].sudo()
        return profile.search(
            [("partner_id", "=", partner.id), ("company_id", "=", self.company.id)]
        ).mapped("revenue_total")

    def test_newer_figures_stay(self):
        draft = self._compute()
        self._create_history(self.customer, "2025-01-11", 5.0)
        self._work_off_queue()
        self._write(draft)
        self.assertEqual(self._revenue(self.customer), [15.0])
        self.assertEqual(self._revenue(self.other_customer), [20.0])

    def test_who_ceased_to_be_customer_does_not_come_back(self):
        draft = self._compute()
        self.env["crm.purchase.history"].sudo().search(
            [("partner_id", "=", self.customer.id)]
        ).unlink()
        self._work_off_queue()
        self._write(draft)
        self.assertEqual(self._revenue(self.customer), [])

    def test_who_became_customer_stays(self):
        newcomer = self._create_customer("Newcomer")
        draft = self._compute()
        self._create_history(newcomer, "2025-01-11", 7.0)
        self._work_off_queue()
        self._write(draft)
        self.assertEqual(self._revenue(newcomer), [7.0])

    def test_deleted_customer_stops_nothing(self):
        draft = self._compute()
        self.env["crm.purchase.history"].sudo().search(
            [("partner_id", "=", self.customer.id)]
        ).unlink()
        self.customer.unlink()
        self._write(draft)
        self.assertEqual(self.run.state, "done")

    def test_restart_voids_the_draft(self):
        draft = self._compute()
        self.company.crm_revenue_source = "ordered"
        self.assertFalse(self.refresh._write_range(draft))
        self.assertEqual((self.run.state, self.run.position), ("waiting", 0))

    def test_traces_go_with_the_run(self):
        draft = self._compute()
        self._create_history(self.customer, "2025-01-11", 5.0)
        self._work_off_queue()
        traces = self.env["crm.profile.run.refreshed"].sudo()
        mine = [("run_id", "=", self.run.id)]
        self.assertIn(self.customer.id, traces.search(mine).mapped("partner_key"))
        self._write(draft)
        self.assertFalse(traces.search(mine))

    def test_killed_while_computing_takes_less_next_time(self):
        self.refresh._begin_draft(self.company)
        size = self.run.draft_size
        draft = self.refresh._begin_draft(self.company)
        self.assertEqual(self.run.draft_size, size // 2)
        self.refresh._record_draft(draft, 1.0)
        self.assertEqual(self.run.draft_size, size)
