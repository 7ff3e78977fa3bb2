import os
from collections import defaultdict
from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .profile_oracle import ProfileOracle
from .profile_steps import STEPS, ProfileSteps

# Many in `make test-full`.
EXAMPLES = int(os.environ.get("CRM_EXAMPLES", "20"))

# Every kind of contact with a few people: chance alone rarely brings them together.
CONTACTS = [
    ("contact", 4, 20, "usd", 0),
    ("contact", 4, 0, "usd", 1),
    ("contact", 0, 366, "branch", 2),
    ("contact", 1, -3, "usd", 0),
    ("contact", 1, 1, "usd", 6),
    ("contact", 2, 364, "other", 4),
    ("contact", 3, 20, "usd", 3),
    ("bounce", 4),
    ("cadence", 0, 20),
    ("cadence", 2, 90),
    ("refresh",),
    ("days", 2),
]


@tagged("post_install", "-at_install")
class TestProfileOracle(ProfileSteps):
    """Random histories: profiles say what counting each document by hand says."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @example(CONTACTS, True)
    @given(st.lists(STEPS, min_size=4, max_size=12), st.booleans())
    def test_profiles_equal_the_oracle(self, steps, at_once):
        """With ``at_once`` profiles follow each step, so each must tell its own."""
        savepoint = self.env.cr.savepoint()
        self.orders = self.env["sale.order"]
        self.invoices = self.env["account.move"]
        self.histories = self.env["crm.purchase.history"].sudo()
        self.touches = self.env["crm.touch"].sudo()
        try:
            for name, *arguments in steps:
                getattr(self, f"_step_{name}")(*arguments)
                if at_once:
                    self._step_refresh()
            for company in (self.company, self.other_company):
                self._check_company(company)
        finally:
            self.env.cr._now = None
            savepoint.rollback()
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    # ---- checks ----------------------------------------------------------------------

    def _check_company(self, company):
        self._work_off_queue(company)
        today = self.env["crm.customer.metrics"].sudo()._today(company)
        oracle = ProfileOracle(company)
        expected = oracle.figures(today)
        profiles = self.env["crm.customer.profile"].sudo()
        profiles = profiles.with_context(active_test=False)
        profiles = profiles.search([("company_id", "=", company.id)])
        more = set(profiles.partner_id.ids) - set(expected)
        # Upper modules may know more customers: of these nothing is counted here.
        self.assertTrue(not more or self._upper_creators(), more)
        expected |= {customer: {} for customer in more}
        self.assertEqual(set(profiles.partner_id.ids), set(expected))
        for profile in profiles:
            self._check_profile(profile, expected[profile.partner_id.id])
        self._check_expiry(profiles, oracle, expected, today)
        self._check_full_run(company)

    def _upper_creators(self):
        own = {p.name for p in self.env["crm.metric.provider"]._providers()}
        providers = self.env["crm.customer.profile"]._metric_providers()
        return [p.name for p in providers if p.creates and p.name not in own]

    def _check_profile(self, profile, expected):
        # What upper modules add is theirs to prove; a full run checks that it follows.
        providers = self.env["crm.metric.provider"]._providers()
        for column in (column for p in providers for column in p.columns):
            want, got = expected.get(column), profile[column]
            if column.endswith("_date"):
                self.assertEqual(got or None, want, column)
            else:
                self.assertAlmostEqual(got, want or 0, 2, f"{column} {profile.id}")

    def _check_expiry(self, profiles, oracle, expected, today):
        """No figure changes by time alone before the day a row expires."""
        ends = defaultdict(list)
        for profile in profiles:
            end = profile.next_expiry_date or today + timedelta(days=1200)
            self.assertGreater(end, today)
            ends[end].append(profile.partner_id.id)
        for end, customers in ends.items():
            later = oracle.figures(end - timedelta(days=1))
            for customer in customers:
                self.assertEqual(
                    _rounded(later.get(customer, {})), _rounded(expected[customer])
                )

    def _check_full_run(self, company):
        """A full run finds nothing to change."""
        refresh = self.env["crm.customer.refresh"].sudo()
        run = self.env["crm.profile.run"].sudo()
        run._request_full(company)
        draft = refresh._begin_draft(company)
        self.env["crm.profile.draft"].sudo()._compute(draft)
        while draft:
            draft = refresh._write_range(draft)
        run = run.search([("company_id", "=", company.id)], limit=1)
        counts = (run.created_count, run.updated_count, run.removed_count)
        self.assertEqual((run.state, counts), ("done", (0, 0, 0)))


def _rounded(figures: dict) -> dict:
    return {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in figures.items()
        if value
    }
