import os
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import tagged

from .common import RelationshipCommon

# Twenty histories are seconds; CRM_EXAMPLES=500 is for the long run.
EXAMPLES = int(os.environ.get("CRM_EXAMPLES", "20"))
PEOPLE = st.integers(0, 4)
AMOUNTS = st.integers(-50, 500).map(float)
AGES = st.sampled_from([-2, 0, 1, 30, 363, 364, 365, 366, 700])
STEPS = st.one_of(
    st.tuples(st.just("purchase"), PEOPLE, AMOUNTS, AGES),
    st.tuples(st.just("purchase"), PEOPLE, AMOUNTS, AGES),
    st.tuples(st.just("cancel"), PEOPLE),
    st.tuples(st.just("foreign"), PEOPLE, AMOUNTS, AGES),
    st.tuples(st.just("invoice"), PEOPLE, AMOUNTS, AGES),
    st.tuples(st.just("order"), PEOPLE, AMOUNTS, st.booleans()),
    st.tuples(st.just("uncertain"), PEOPLE, st.booleans()),
    st.tuples(st.just("move"), PEOPLE, PEOPLE),
    st.tuples(st.just("archive"), PEOPLE),
    st.tuples(st.just("merge"), PEOPLE, PEOPLE),
    st.tuples(st.just("source"), AGES),
    st.tuples(st.just("days"), st.integers(1, 40)),
    st.tuples(st.just("refresh")),
)


@tagged("post_install", "-at_install")
class TestProfileHistories(RelationshipCommon):
    """Following changes one by one gives what computing everything anew gives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company()["company"]
        cls.other_company.crm_tz = "UTC"
        cls.other_source = (
            cls.env["crm.purchase.source"]
            .sudo()
            .create(
                {"name": "Till", "code": "till", "company_id": cls.other_company.id}
            )
        )
        cls.people = [cls._create_customer(f"Person {n}") for n in range(5)]
        cls.today = fields.Date.today()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEPS, min_size=1, max_size=9))
    def test_incremental_equals_full(self, steps):
        savepoint = self.env.cr.savepoint()
        self.env.cr._now = None
        try:
            for name, *arguments in steps:
                getattr(self, f"_step_{name}")(*arguments)
            for company in (self.company, self.other_company):
                self._work_off_queue(company)
                followed = self._figures(company)
                self._compute_anew(company)
                self.assertEqual(followed, self._figures(company))
        finally:
            savepoint.rollback()
            savepoint.close(rollback=True)
            self.env.cr._now = None
            self.env.invalidate_all()

    def _figures(self, company):
        """Return all profiles of a company as plain values, by customer."""
        profiles = self.env["crm.customer.profile"].sudo()
        profiles = profiles.with_context(active_test=False)
        columns = profiles._metric_columns()
        rows = profiles.search([("company_id", "=", company.id)])
        return {
            row.partner_id.id: row.read(columns, load=None)[0] | {"id": 0}
            for row in rows
        }

    def _compute_anew(self, company):
        metrics = self.env["crm.customer.metrics"].sudo()
        profiles = self.env["crm.customer.profile"].sudo()
        profiles.with_context(active_test=False).search(
            [("company_id", "=", company.id)]
        ).unlink()
        self.env.flush_all()
        metrics._write_profiles(metrics._everybody_scope(company))
        self.env.invalidate_all()

    # ---- steps ----------------------------------------------------------------------

    def _person(self, number):
        """Return a person who is still there; merged ones are gone."""
        people = [person for person in self.people if person.exists()]
        return people[number % len(people)]

    def _day(self, age):
        return self.today - timedelta(days=age)

    def _step_purchase(self, number, amount, age):
        self._create_history(self._person(number), self._day(age), amount)

    def _step_foreign(self, number, amount, age):
        self._create_history(
            self._person(number), self._day(age), amount, source=self.other_source
        )

    def _step_cancel(self, number):
        person = self._person(number)
        history = self.env["crm.purchase.history"].sudo()
        history = history.search([("partner_id", "=", person.id)], limit=1)
        history.state = "cancelled"
        self.env["crm.customer.change"]._enqueue([(history.company_id.id, person.id)])

    def _step_invoice(self, number, amount, age):
        kind = "out_refund" if amount < 0 else "out_invoice"
        self._create_invoice(
            self._person(number), abs(amount), self._day(max(age, 0)), move_type=kind
        )

    def _step_order(self, number, amount, confirm):
        self._create_order(self._person(number), abs(amount), confirm=confirm)

    def _step_uncertain(self, number, lost):
        lead = self.env["crm.lead"].create(
            {
                "name": "Lead",
                "type": "opportunity",
                "partner_id": self._person(number).id,
                "company_id": self.company.id,
            }
        )
        if lost:
            lead.action_set_lost()

    def _step_move(self, number, other):
        person, firm = self._person(number), self._person(other)
        if person != firm and firm.parent_id != person and not person.child_ids:
            person.write({"parent_id": firm.id, "is_company": False})

    def _step_archive(self, number):
        self._person(number).active = False

    def _step_merge(self, number, other):
        one, two = self._person(number), self._person(other)
        related = one in two.parent_id | two.child_ids
        if one != two and not related and not (one.child_ids or two.child_ids):
            wizard = self.env["base.partner.merge.automatic.wizard"].create({})
            wizard._merge((one | two).ids, two)

    def _step_source(self, age):
        self.source.sudo().counts_until = self._day(age)

    def _step_days(self, days):
        self.env.cr._now = self.env.cr.now() + timedelta(days=days)

    def _step_refresh(self):
        self._work_off_queue()
