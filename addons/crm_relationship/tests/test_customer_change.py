from odoo.tests import tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestCustomerChange(RelationshipCommon):
    def _queued(self):
        self.env.cr.flush()
        return self.env["crm.customer.change"].sudo().search([])

    def test_one_insert_per_transaction(self):
        self._queued().unlink()
        partners = self.env["res.partner"].create([{"name": str(i)} for i in range(20)])
        lead_values = [
            {"name": "L", "partner_id": p.id, "company_id": self.company.id}
            for p in partners
        ]
        leads = self.env["crm.lead"].create(lead_values)
        self.assertEqual(len(self._queued()), 20)
        self._queued().unlink()
        self.env.cr.flush()
        leads.write({"expected_revenue": 5.0})
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.env.cr.precommit.run()
        self.assertEqual(len(self._queued()), 20)

    def test_what_no_profile_shows_queues_nothing(self):
        order = self._create_order(self.customer, 10.0)
        self._queued().unlink()
        order.note = "Thank you"
        self.customer.comment = "Nice people"
        self.assertFalse(self._queued())

    def test_rolled_back_savepoint_queues_nothing(self):
        self._queued().unlink()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._create_order(self.customer, 10.0)
            self.env.cr.flush()
            raise ZeroDivisionError
        self.assertFalse(self._queued())

    def test_settling_without_a_new_entry_is_followed(self):
        """One firm's credit settles another's invoice, and no longer: the payments
        that usually come with it would tell the queue, too."""
        invoice = self._create_invoice(self.customer, 100.0)
        refund = self._create_invoice(
            self.other_customer, 100.0, move_type="out_refund"
        )
        self.assertEqual(self._profile(self.customer).receivable_open, 100.0)
        lines = (invoice | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.assertEqual(self._profile(self.customer).receivable_open, 0.0)
        self.assertEqual(self._profile(self.other_customer).receivable_open, 0.0)
        lines.remove_move_reconcile()
        self.assertEqual(self._profile(self.customer).receivable_open, 100.0)
        self.assertEqual(self._profile(self.other_customer).receivable_open, -100.0)

    def test_a_draft_of_an_invoice_closes_the_order(self):
        order = self._create_order(self.customer, 10.0)
        self.assertEqual(self._profile(self.customer).order_open_count, 1)
        draft = order._create_invoices()
        self.assertEqual(self._profile(self.customer).order_open_count, 0)
        draft.unlink()
        self.assertEqual(self._profile(self.customer).order_open_count, 1)

    def test_refresh_deletes_exactly_what_it_read(self):
        change = self.env["crm.customer.change"].sudo()
        self._queued().unlink()
        change._enqueue([(self.company.id, self.customer.id)] * 3)
        change._enqueue([(self.company.id, self.other_customer.id)])
        self.assertEqual(len(self._queued()), 2)
        done = (
            self.env["crm.customer.refresh"].sudo()._refresh_queued(self.company.id, 1)
        )
        self.assertEqual(done, 1)
        self.assertEqual(self._queued().mapped("partner_key"), self.other_customer.ids)

    def test_query_count_does_not_grow(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{i}"} for i in range(200)]
        )
        for partner in partners:
            self._create_history(partner, "2025-01-10", 1.0)
        self._work_off_queue()
        refresh = self.env["crm.customer.refresh"].sudo()
        counts = []
        for number in (1, 1, 200):  # the first time fills caches
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            refresh._refresh_now(self.company, partners[:number].ids)
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(counts[1], counts[2])

    def test_full_run_in_ranges(self):
        for number in range(5):
            partner = self._create_customer(f"Run {number}")
            self._create_history(partner, "2025-01-10", 1.0)
        self.env.cr.flush()
        self.env["crm.customer.change"].sudo().search([]).unlink()
        run = self.env["crm.profile.run"].sudo()
        run._request_full(self.company)
        run = run._next_run(self.company)
        refresh = self.env["crm.customer.refresh"].sudo()
        draft = refresh._begin_draft(self.company)
        self.env["crm.profile.draft"].sudo()._compute(draft)
        progress = []
        while draft:
            run.range_size = 20
            draft = refresh._write_range(draft)
            progress.append(run.progress)
        self.assertGreater(len(progress), 1)
        self.assertEqual(run.state, "done")
        self.assertEqual(progress, sorted(progress))
        self.assertEqual(progress[-1], 100.0)
        self.assertGreaterEqual(run.created_count, 5)
        profiles = (
            self.env["crm.customer.profile"]
            .sudo()
            .search([("partner_id.name", "like", "Run ")])
        )
        self.assertEqual(len(profiles), 5)

    def test_requested_run_restarts_the_one_underway(self):
        run_model = self.env["crm.profile.run"].sudo()
        run_model._request_full(self.company)
        run = run_model._next_run(self.company)
        run.write({"state": "running", "position": 7})
        self.company.crm_revenue_source = "ordered"
        self.assertEqual(run_model._next_run(self.company), run)
        self.assertEqual((run.state, run.position), ("waiting", 0))
