from unittest.mock import patch

from odoo.tests import tagged

from .campaign_common import LAUNCHER, CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignCalls(CampaignCase):
    """Calls nobody has made yet follow stop and refusal; what was said comes back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number, partner in enumerate(cls.customers):
            partner.phone = f"+1 202 555 017{number}"
        cls.channels["phone"].touch_cost = 2.0
        cls.campaign.channel_id = cls.channels["phone"]

    def call(self):
        """Launch the campaign and hand out its calls."""
        self.bring_to("live")
        self.send("promotion")
        rows = self.messages().sorted("origin_key")
        self.assertEqual(set(rows.mapped("state")), {"sent"})
        return rows

    def activities(self):
        return self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "in", self.customers.ids)]
        )

    def called(self):
        """Return who is still to be called."""
        return self.customers.browse(sorted(self.activities().mapped("res_id")))

    def make(self, row):
        """Make a call and return the contact it is."""
        activity = self.env["mail.activity"].browse(row.activity_key)
        activity.activity_type_id.crm_channel_id = self.channels["phone"]
        activity.action_feedback("They will think about it")
        return self.env["crm.touch"].search(
            [
                ("source_model", "=", "mail.activity"),
                ("source_key", "=", str(activity.id)),
            ]
        )

    def withdraw(self, partner, change="withdrawn", **values):
        return self.env["crm.consent.recorder"]._record(
            [
                {
                    "company_id": self.company.id,
                    "kind": "phone",
                    "address": partner.phone,
                    "purpose": "promotion",
                    "change": change,
                    "how": "manual",
                    **values,
                }
            ]
        )

    def test_stop_takes_back_open_calls(self):
        rows = self.call()
        self.assertEqual(len(self.activities()), 3)
        self.assertTrue(self.make(rows[0]))
        self.decide("stop", "vp")
        self.assertFalse(self.activities())
        self.assertEqual(rows.mapped("state"), ["sent", "skipped", "skipped"])
        found = self.enrolments()
        self.assertEqual(found.mapped("state"), ["sent", "skipped", "skipped"])
        stopped = "campaign_stopped"
        self.assertEqual(found.mapped("reason"), [False, stopped, stopped])
        self.assertFalse(found[1].sent_date)
        # Nothing was said to them: they take no place with the customer.
        self.assertFalse(any(rows[1:].mapped("activity_key")))

    def test_stop_in_parts(self):
        self.call()
        with patch(f"{LAUNCHER}.CALLS_AT_ONCE", 2):
            self.decide("stop", "vp")
            self.assertEqual(len(self.activities()), 1)
            launcher = self.env["crm.campaign.launcher"].sudo()
            self.assertFalse(launcher._settle_some(self.campaign.sudo()))
        self.assertFalse(self.activities())

    def test_refusal_takes_back_the_call(self):
        rows = self.call()
        self.withdraw(self.customers[1])
        self.assertEqual(rows.mapped("state"), ["sent", "skipped", "sent"])
        self.assertEqual(self.called(), self.customers[::2])
        self.assertEqual(self.enrolments()[1].reason, "withdrawn")
        self.assertIn("refused", self.enrolments()[1].text)

    def test_rest_takes_back_the_call(self):
        rows = self.call()
        self.withdraw(self.customers[1], "paused", until="2999-01-01 00:00:00")
        self.assertEqual(rows[1].reason, "paused")
        self.assertEqual(len(self.activities()), 2)

    def test_blacklisted_number(self):
        self.call()
        self.env["phone.blacklist"].add(self.customers[1].phone)
        self.assertEqual(self.called(), self.customers[::2])

    def test_other_refusals(self):
        """Nothing happens to calls something else, or nothing any more, was said of."""
        self.call()
        other = self.env["res.company"].create({"name": "Another"})
        one = self.customers[0]
        self.withdraw(one, purpose="service")
        self.withdraw(one, kind="sms")
        self.withdraw(one, company_id=other.id)
        self.withdraw(self.customers[1], "granted")
        self.withdraw(
            self.customers[1],
            event_date=self.env.cr.now().replace(tzinfo=None, year=2020),
        )
        self.assertEqual(len(self.activities()), 3)

    def test_new_number(self):
        """They refuse at the number they have now."""
        self.call()
        self.customers[0].phone = "+1 202 555 0199"
        self.withdraw(self.customers[0], partner_id=self.customers[0].id)
        self.assertEqual(len(self.activities()), 2)

    def test_queries_do_not_grow(self):
        def queries(number):
            customers = self.make_customers(number)
            for place, partner in enumerate(customers):
                partner.phone = f"+1 202 555 {1000 + partner.id % 9000 + place}"
            segment = self.segment.copy({"kind": "manual"})
            segment._add_partners(customers.ids)
            campaign = self.new_campaign(
                segment_id=segment.id, channel_id=self.channels["phone"].id
            )
            self.bring_to("live", campaign)
            self.send("promotion")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.decide("stop", "vp", campaign)
            self.env.flush_all()
            states = self.messages(campaign).mapped("state")
            self.assertEqual(states, ["skipped"] * number)
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertLessEqual(queries(30), queries(2) + 3)

    def test_open_calls_are_not_forgotten(self):
        rows = self.call()
        self.make(rows[0])
        rows.write({"done_date": "2020-01-01"})
        self.env.flush_all()
        self.env["crm.outbox"]._gc_outbox()
        self.assertEqual(rows.exists(), rows[1:])

    def test_answers_come_back(self):
        touch = self.make(self.call()[0])
        touch._respond("replied")
        self.as_role(self.campaign, "analyst").action_measure()
        result = self.campaign.result_id
        self.assertEqual((result.sent_count, result.replied_count), (3, 1))
        self.assertEqual(self.enrolments()[0].response, "replied")

    def test_cost_of_the_ledger(self):
        self.make(self.call()[0])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_touch SET cost = 7 WHERE source_model = 'mail.activity' "
            "AND partner_id = %s",
            [self.customers[0].id],
        )
        self.as_role(self.campaign, "analyst").action_measure()
        self.assertEqual(self.campaign.result_id.cost, 11.0)
