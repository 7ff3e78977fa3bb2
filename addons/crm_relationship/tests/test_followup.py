from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .touch_common import TouchCommon


@tagged("post_install", "-at_install")
class TestFollowup(TouchCommon):
    """Days between contacts, the follow-up rate, and telling the leader."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.call = cls.quick_ref("mail.mail_activity_data_call")

    def _days_ago(self, days):
        return fields.Datetime.now() - timedelta(days=days)

    def _plan(self, record, days, user=None, kind="call"):
        return self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "activity_type_id": self.quick_ref(
                    f"mail.mail_activity_data_{kind}"
                ).id,
                "user_id": (user or self.seller).id,
                "date_deadline": self.today + timedelta(days=days),
                "summary": "Ask",
            }
        )

    # ---- cadence ------------------------------------------------------------------

    def test_company_cadence(self):
        """The company's days run from the last contact; without days nobody is due."""
        self._log(date=self._days_ago(10))
        self.assertFalse(self._profile(self.customer).next_contact_date)
        self.company.crm_cadence_days = 30
        self.env["crm.customer.change"]._enqueue_partners(self.customer.ids)
        profile = self._profile(self.customer)
        self.assertEqual(profile.next_contact_date, self.today + timedelta(days=20))
        self._log(date=self._days_ago(1), outcome_id=self.no_answer.id)
        profile = self._profile(self.customer)
        self.assertEqual(profile.next_contact_date, self.today + timedelta(days=20))
        self._log(date=self._days_ago(1), direction="in")
        profile = self._profile(self.customer)
        self.assertEqual(profile.next_contact_date, self.today + timedelta(days=29))

    def test_own_cadence(self):
        """A customer's own days go before the company's; 0 means never."""
        self.company.crm_cadence_days = 30
        self._log(date=self._days_ago(10))
        cadence = self.env["crm.followup.cadence"].with_user(self.seller)
        # Named by a contact, it is the firm's.
        cadence = cadence.create({"partner_id": self.contact.id, "days": 5})
        self.assertEqual(cadence.partner_id, self.customer)
        profile = self._profile(self.customer)
        self.assertEqual(profile.next_contact_date, self.today - timedelta(days=5))
        cadence.days = 0
        self.assertFalse(self._profile(self.customer).next_contact_date)
        cadence.unlink()
        profile = self._profile(self.customer)
        self.assertEqual(profile.next_contact_date, self.today + timedelta(days=20))

    def test_never_contacted(self):
        """Who was given days of its own is due that long after, and a customer."""
        cadence = self.env["crm.followup.cadence"]
        cadence.create({"partner_id": self.customer.id, "days": 5})
        profile = self._profile(self.customer)
        self.assertEqual(profile.next_contact_date, self.today + timedelta(days=5))

    def test_cadence_rights_and_limits(self):
        Cadence = self.env["crm.followup.cadence"]
        with self.assertRaises(AccessError):
            Cadence.with_user(self.seller).create(
                {"partner_id": self.other_customer.id, "days": 5}
            )
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            Cadence.create({"partner_id": self.customer.id, "days": -1})

    def test_button_of_the_profile(self):
        """The profile's button opens the customer's days, or new ones."""
        self._log()
        profile = self._profile(self.customer).with_user(self.seller)
        action = profile.action_set_cadence()
        form = Form(
            self.env["crm.followup.cadence"]
            .with_user(self.seller)
            .with_context(**action["context"])
        )
        form.days = 14
        cadence = form.save()
        self.assertEqual(cadence.company_id, profile.company_id)
        self.assertEqual(profile.action_set_cadence()["res_id"], cadence.id)

    def test_merge(self):
        """Of merged customers the shorter wish stays; never due is no wish."""
        twin = self._create_customer("Twin")
        Cadence = self.env["crm.followup.cadence"]
        Cadence.create({"partner_id": self.customer.id, "days": 0})
        Cadence.create({"partner_id": twin.id, "days": 9})
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((twin + self.customer).ids, self.customer)
        kept = Cadence.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(kept.days, 9)

    # ---- rate ---------------------------------------------------------------------

    def test_rate(self):
        """Made of those due; in time by the due date; what is not due counts not."""
        on_time = self._plan(self.customer, 0)
        late = self._plan(self.customer, -3)
        missing = self._plan(self.customer, -1)
        self._plan(self.customer, 5)
        early = self._plan(self.customer, 5)
        self._plan(self.customer, -1, kind="todo")
        self._plan(self.customer, -1, self.colleague)
        cancelled = self._plan(self.customer, -1)
        (on_time + late + early)._action_done()
        cancelled.unlink()
        self.env.flush_all()
        Report = self.env["crm.followup.report"].with_user(self.seller)
        rows = Report.search([])
        self.assertEqual(
            {row.id: row.state for row in rows},
            {
                on_time.id: "on_time",
                late.id: "late",
                missing.id: "missing",
                early.id: "on_time",
            },
        )
        [(due, done, rate, punctual)] = Report._read_group(
            [],
            [],
            ["due_count:sum", "done_count:sum", "done_rate:avg", "on_time_rate:avg"],
        )
        self.assertEqual((due, done, rate, punctual), (4, 3, 75.0, 50.0))
        everybody = Report.with_user(self.manager).search([])
        self.assertEqual(everybody.user_id, self.seller + self.colleague)

    # ---- escalation ---------------------------------------------------------------

    def test_escalation(self):
        """After the company's days the leader is told, once per case."""
        self.env["crm.team"].create(
            {
                "name": "T",
                "user_id": self.manager.id,
                "company_id": self.company.id,
                "member_ids": [self.seller.id],
            }
        )
        self.company.crm_escalation_days = 3
        late = self._plan(self.customer, -4)
        self._plan(self.customer, -3)
        self._plan(self.customer, -9, kind="todo")
        self._plan(self.customer, -9, self.colleague)
        Escalation = self.env["crm.followup.escalation"].sudo()
        mine = [row for row in Escalation._overdue(100) if row[1] == self.company.id]
        self.assertEqual([row[0] for row in mine], late.ids)
        Escalation._tell(mine)
        told = self.customer.activity_ids.filtered(lambda a: a.user_id == self.manager)
        self.assertEqual(len(told), 1)
        self.assertIn(self.seller.name, told.summary)
        self.assertEqual(
            Escalation.search([("activity_key", "=", late.id)]).leader_id, self.manager
        )
        self.assertNotIn(late.id, [row[0] for row in Escalation._overdue(100)])
