from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.crm_relationship.models.crm_send_lane import LANES
from odoo.addons.crm_relationship.tests.outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestOutboxPolicy(OutboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_tz = "UTC"
        # The rules of contact are tried here, not consent.
        cls.company.crm_consent_default = "allowed"
        cls.policy = cls.env["crm.contact.policy"].create(
            {"name": "Policy", "company_id": cls.company.id}
        )
        cls.customers.write({"tz": False, "country_id": False})
        cls.now = cls.env.cr.now().replace(tzinfo=None, microsecond=0)

    def rule(self, kind="cap", **values):
        return self.policy.rule_ids.create(
            {"policy_id": self.policy.id, "kind": kind, **values}
        )

    def planned(self, purpose="promotion", customers=None, **values):
        """Return messages that are due, of one mail to all customers."""
        mail = self.compose(customers)
        mail.action_confirm()
        rows = self.rows(mail)
        lane = self.env["crm.send.lane"].search([("code", "=", LANES[purpose])])
        rows.write({"purpose": purpose, "lane_id": lane.id, **values})
        self.env.flush_all()
        return rows

    def test_cap_is_checked_when_it_leaves(self):
        rule = self.rule(max_count=1, length=1, unit="day")
        first, second = self.planned(), self.planned()
        self.send("promotion")
        self.assertEqual(set(first.mapped("state")), {"sent"})
        self.assertEqual(set(second.mapped("state")), {"skipped"})
        self.assertEqual(set(second.mapped("reason")), {rule._code()})
        self.assertIn(rule.summary, second[0].text)
        self.assertEqual(len(self.smtp.taken), 3)
        third = self.planned("service")
        self.send("service")
        self.assertEqual(set(third.mapped("state")), {"sent"})

    def test_heavier_one_keeps_its_room(self):
        self.rule(max_count=1, length=2, unit="day")
        later = self.now + timedelta(days=1)
        heavy = self.planned(priority=9, due=later)
        light = self.planned(priority=1)
        self.send("promotion")
        self.assertEqual(set(light.mapped("state")), {"skipped"})
        self.assertEqual(set(heavy.mapped("state")), {"planned"})
        heavier = self.planned(priority=10)
        self.send("promotion")
        self.assertEqual(set(heavier.mapped("state")), {"sent"})

    def test_sleeps_through_quiet_hours(self):
        rule = self.rule(
            "quiet",
            quiet_from=self.now.hour,
            quiet_to=(self.now.hour + 2) % 24 or 24,
        )
        rows = self.planned()
        self.send("promotion")
        end = self.now.replace(minute=0, second=0) + timedelta(hours=2)
        self.assertEqual(set(rows.mapped("state")), {"planned"})
        self.assertEqual(set(rows.mapped("due")), {end})
        self.assertEqual(set(rows.mapped("reason")), {rule._code()})
        self.assertFalse(self.smtp.taken)
        self.assertEqual(rows[0].attempt, 0)
        # At the end of the window it is asked again: meanwhile one has withdrawn.
        self.env["mail.blacklist"]._add(rows[0].partner_id.email)
        rule.active = False
        self.due_now(rows)
        self.send("promotion")
        self.assertEqual(rows.mapped("state"), ["skipped", "sent", "sent"])
        self.assertEqual(rows.mapped("reason"), ["blacklisted", False, False])

    def test_patience_is_measured_from_the_first_time(self):
        self.rule("gap", length=24, unit="hour")
        self.policy.patience_hours = 48
        rows = self.planned(customers=self.customers[0])
        self.log(rows.partner_id, 1)
        self.send("promotion")
        self.assertEqual(rows.due, self.now + timedelta(hours=23))
        self.assertEqual(rows.held_since.replace(microsecond=0), self.now)
        rows.held_since = self.now - timedelta(hours=30)
        self.due_now(rows)
        self.send("promotion")
        self.assertEqual(rows.state, "skipped")

    def log(self, partner, hours_ago):
        self.env["crm.touch"]._log(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": partner.id,
                    "channel_id": self.channels["phone"].id,
                    "date": self.now - timedelta(hours=hours_ago),
                }
            ]
        )

    def test_what_is_being_sent_counts(self):
        self.rule(max_count=1, length=1, unit="day")
        sending = self.planned(state="unknown", send_date=self.now)
        rows = self.planned()
        self.send("promotion")
        self.assertEqual(set(sending.mapped("state")), {"unknown"})
        self.assertEqual(set(rows.mapped("state")), {"skipped"})

    def test_budget_is_changed_by_whatever_leaves(self):
        for purpose, version in (("service", 1), ("promotion", 2)):
            self.planned(purpose)
            self.send(purpose)
            budgets = self.env["crm.contact.budget"].search(
                [("partner_id", "in", self.customers.ids)]
            )
            self.assertEqual(budgets.mapped("version"), [version] * 3)

    def test_owner_of_a_shared_address_is_locked_too(self):
        one, other = self.customers[0], self.customers[1]
        other.email = one.email
        self.planned(customers=one)
        self.send("promotion")
        budgets = self.env["crm.contact.budget"].search(
            [("partner_id", "in", self.customers.ids)]
        )
        self.assertEqual(budgets.partner_id, one | other)
