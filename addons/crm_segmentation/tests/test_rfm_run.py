from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..rfm import METHODS, Customer, score_customers
from .common import SegmentationCommon

PURCHASES = st.lists(
    st.tuples(
        st.integers(-3, 900),
        st.integers(1, 12),
        st.floats(-500, 5000, allow_nan=False).map(lambda amount: round(amount, 2)),
    ),
    max_size=40,
)


@tagged("post_install", "-at_install")
class TestRfmRun(SegmentationCommon):
    def _known_customers(self):
        """Return the customers of all profiles, for the pure engine."""
        profiles = self.env["crm.customer.profile"].search(
            [("company_id", "=", self.company.id)]
        )
        return [
            Customer(
                p.partner_id.id,
                p.last_purchase_date,
                p.purchase_day_count,
                p.revenue_total,
            )
            for p in profiles
        ]

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(PURCHASES, st.sampled_from(METHODS))
    def test_sql_gives_what_the_engine_gives(self, purchases, method):
        self.env["crm.customer.profile"].sudo().search(
            [("company_id", "=", self.company.id)]
        ).unlink()
        for number, (days, frequency, revenue) in enumerate(purchases):
            self._add_profile(f"P{number}", days, frequency, revenue)
        self.scheme.method = method
        run = self._run()
        expected, edges = score_customers(
            self._known_customers(), method, run.reference_date
        )
        stored = {partner.id: scores for partner, scores in self._scores().items()}
        self.assertEqual(stored, {key: tuple(s) for key, s in expected.items()})
        # Bit for bit: frozen edges have to decide the same way later.
        self.assertEqual(run.edges, {k: list(v) for k, v in edges._asdict().items()})

    def test_half_bought_once(self):
        for number, frequency in enumerate([1] * 12 + [2] * 4 + [4] * 4 + [7] * 4):
            self._add_profile(f"C{number}", 5, frequency)
        run = self._run()
        self.assertEqual(run.edges["frequency"], [1.0, 1.0, 2.0, 4.0])
        frequencies = Counter(f for _r, f, _m in self._scores().values())
        self.assertEqual(frequencies, {1: 12, 3: 4, 4: 4, 5: 4})

    def test_run_is_recorded(self):
        self._add_profile("One", 3, 2, 50.0)
        self._add_profile("Two", 400, 1, 20.0)
        run = self.env["crm.rfm.run"].with_user(self.analyst)
        run = run._run(self.scheme.with_user(self.analyst), trigger="button")
        self.assertRecordValues(
            run.sudo(),
            [
                {
                    "scheme_id": self.scheme.id,
                    "user_id": self.analyst.id,
                    "trigger": "button",
                    "reference_date": self.today,
                    "customer_count": 2,
                    "new_count": 2,
                    "gone_count": 0,
                    "moved_count": 0,
                }
            ],
        )
        self.assertEqual(self.scheme.last_run_id.id, run.id)
        self.assertEqual(len(run.sudo().cells), 25)
        self.assertFalse(self.scheme.is_outdated)

    def test_second_run_writes_differences_only(self):
        customers = [
            self._add_profile(f"C{n}", n * 10, n, n * 9.0) for n in range(1, 9)
        ]
        first = self._run()
        before = {s.partner_id: s.run_id for s in self._all_scores()}
        self.assertEqual(set(before.values()), {first})
        second = self._run()
        self.assertEqual((second.new_count, second.changed_count), (0, 0))
        self.assertEqual({s.run_id for s in self._all_scores()}, {first})
        customers[7].sudo().write({"last_purchase_date": self.today})
        third = self._run()
        self.assertLess(third.changed_count, 8)
        changed = self._all_scores().filtered(lambda s: s.run_id == third)
        self.assertIn(customers[7].partner_id, changed.partner_id)
        moved = changed.filtered(lambda s: s.partner_id == customers[7].partner_id)
        self.assertEqual((moved.previous_r, moved.r), (1, 5))

    def _all_scores(self):
        return self.env["crm.rfm.score"].search([("scheme_id", "=", self.scheme.id)])

    def test_scores_change_in_a_run_only(self):
        profile = self._add_profile("One", 3, 2, 50.0)
        self._add_profile("Two", 30, 1, 20.0)
        self._run()
        before = self._scores()
        profile.sudo().write({"last_purchase_date": self.today - timedelta(days=900)})
        self.assertEqual(self._scores(), before)
        self._run()
        self.assertNotEqual(self._scores(), before)

    def test_vanished_and_archived_lose_their_score(self):
        kept = self._add_profile("Kept")
        gone = self._add_profile("Gone")
        archived = self._add_profile("Archived")
        self._run()
        gone.sudo().unlink()
        archived.sudo().active = False
        run = self._run()
        self.assertEqual(run.gone_count, 2)
        self.assertEqual(set(self._scores()), {kept.partner_id})
        self.assertEqual(self._migration(run, "gone"), 2)

    def _migration(self, run, kind):
        rows = self.env["crm.rfm.migration"].search(
            [("run_id", "=", run.id), ("kind", "=", kind)]
        )
        return sum(rows.mapped("customer_count"))

    def test_migration_counts_everybody(self):
        customers = [self._add_profile(f"C{n}", n * 10, n % 5 + 1) for n in range(20)]
        first = self._run()
        self.assertEqual(self._migration(first, "new"), 20)
        for profile in customers[:6]:
            profile.sudo().last_purchase_date = self.today - timedelta(days=2000)
        second = self._run()
        total = sum(self._migration(second, kind) for kind in ("stayed", "moved"))
        self.assertEqual(total, 20)
        self.assertEqual(self._migration(second, "moved"), second.moved_count)
        self.assertGreater(second.moved_count, 0)

    def test_nobody_bought(self):
        run = self._run()
        self.assertEqual((run.customer_count, self._scores()), (0, {}))
        self.assertEqual(run.edges, {"recency": [], "frequency": [], "monetary": []})

    def test_monetary_basis(self):
        many = self._add_profile("Many small", 1, 10, 100.0)
        few = self._add_profile("One large", 1, 1, 90.0)
        self._add_profile("Nothing", 1, 1, 0.0)
        self._run()
        scores = self._scores()
        self.assertGreater(scores[many.partner_id][2], scores[few.partner_id][2])
        self.scheme.monetary_basis = "average"
        self._run()
        scores = self._scores()
        self.assertLess(scores[many.partner_id][2], scores[few.partner_id][2])

    def test_two_companies_do_not_mix(self):
        self._add_profile("Mine", 3, 2, 50.0)
        other = self._add_profile("Theirs", company_id=self.other_company.id)
        self._run()
        self.assertNotIn(other.partner_id, self._scores())

    def test_reader_does_not_compute(self):
        with self.assertRaises(AccessError):
            self.scheme.with_user(self.reader).action_compute_now()
        self.scheme.with_user(self.analyst).action_compute_now()

    def test_changed_scheme_is_outdated(self):
        self._add_profile("One")
        self._run()
        self.scheme.method = "equal_count"
        self.assertTrue(self.scheme.is_outdated)
        self._run()
        self.assertFalse(self.scheme.is_outdated)
        self.scheme.cell_ids[0].r_from = 4
        self.assertTrue(self.scheme.is_outdated)

    def test_cells_are_frozen_per_run(self):
        profile = self._add_profile("One")
        self._run()
        score = self._all_scores()
        cell = score.cell_id
        self.assertTrue(cell)
        cell.write({"r_from": 1, "r_to": 1, "f_from": 5, "f_to": 5})
        score.invalidate_recordset()
        self.assertEqual(score.cell_id, cell, "until the next run")
        run = self._run()
        score.invalidate_recordset()
        self.assertNotEqual(score.cell_id, cell)
        self.assertEqual(run.moved_count, 1)
        self.assertTrue(profile.exists())

    def test_cron_runs_what_is_due(self):
        self._add_profile("One")
        self.scheme.next_run_date = self.today
        manual = self.scheme.copy({"schedule": "manual"})
        with self.enter_registry_test_mode():
            self.env.ref("crm_segmentation.ir_cron_rfm_compute").method_direct_trigger()
        self.scheme.invalidate_recordset()
        self.assertEqual(self.scheme.last_run_id.trigger, "cron")
        self.assertEqual(self.scheme.next_run_date, self.today + timedelta(days=7))
        self.assertFalse(manual.last_run_id)

    def test_scheme_stays_in_its_company(self):
        self._run()
        with self.assertRaises(UserError):
            self.scheme.company_id = self.other_company
