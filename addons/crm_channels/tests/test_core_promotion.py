from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .promotion_common import PromotionCase


@tagged("post_install", "-at_install")
class TestCorePromotion(PromotionCase):
    """Mailings, text messages in masses and mails by hand obey the same rules."""

    def test_mailing_is_in_the_ledger_once(self):
        found = self.send(self.mailing())
        self.assertEqual({status for status, _why in found.values()}, {"sent"})
        touches = self.touches()
        self.assertEqual(touches.partner_id, self.people)
        self.assertEqual(len(touches), 3)
        self.assertEqual(set(touches.mapped("purpose")), {"promotion"})
        self.assertEqual(set(touches.mapped("subject")), {"Spring"})
        self.assertEqual(touches[0].channel_id, self.channels["email"])
        self.assertFalse(self.env["crm.contact.reservation"].search([]))
        traces = self.env["mailing.trace"].search(
            [("id", "in", [int(touch.source_key) for touch in touches])]
        )
        traces[0].set_opened()
        traces[1].set_bounced()
        traces[2].set_clicked()
        self.assertEqual(
            sorted(touches.mapped("response")), ["bounced", "clicked", "opened"]
        )

    def test_mailing_obeys_the_cap(self):
        rule = self.rule(max_count=1, length=1, unit="day")
        capped = self.people[0]
        self.log(capped, 2, kind="phone", purpose="service")
        mailing = self.mailing()
        found = self.send(mailing)
        self.assertEqual(found.pop(capped.id), ("cancel", "crm_refused"))
        self.assertEqual(set(found.values()), {("sent", False)})
        trace = mailing.mailing_trace_ids.filtered(lambda t: t.res_id == capped.id)
        self.assertIn(rule.summary, trace.failure_reason)
        # The next one finds what the first one sent.
        again = self.send(self.mailing())
        self.assertEqual(set(again.values()), {("cancel", "crm_refused")})
        self.assertEqual(len(self.touches()), 3)

    def test_what_waits_in_the_queue_counts(self):
        self.rule(max_count=1, length=1, unit="day")
        mailing = self.mailing(kind="sms")
        mailing.action_send_sms()
        self.assertFalse(self.touches())
        self.assertEqual(self.verdicts(self.people), ["drop"] * 3)
        queued = self.env["sms.sms"].search([("mailing_id", "=", mailing.id)])
        queued.action_set_canceled()
        self.assertEqual(self.verdicts(self.people), ["send"] * 3)

    def test_mailing_of_what_people_must_know(self):
        self.rule(max_count=0)
        found = self.send(self.mailing(use_exclusion_list=False))
        self.assertEqual(set(found.values()), {("sent", False)})
        self.assertEqual(set(self.touches().mapped("purpose")), {"service"})

    def test_sleepers_are_written_to_when_the_night_is_over(self):
        hour = self.now.hour
        self.rule("quiet", quiet_from=hour, quiet_to=(hour + 2) % 24 or 24)
        # Where the contact is it is day; the other one is here, in UTC.
        self.people[0].country_id = False
        self.people[1:].tz = "Pacific/Honolulu"
        mailing = self.mailing(self.people[:2])
        found = self.send(mailing)
        self.assertEqual(found, {self.people[1].id: ("sent", False)})
        end = self.now.replace(minute=0, second=0) + timedelta(hours=2)
        self.assertEqual((mailing.state, mailing.schedule_date), ("in_queue", end))
        self.assertEqual(mailing._get_remaining_recipients(), self.people[0].ids)
        self.policy.rule_ids.active = False
        self.send(mailing)
        self.assertEqual(mailing.state, "done")
        self.assertEqual(len(self.touches()), 2)

    def test_text_messages(self):
        rule = self.rule(max_count=1, channel_kind="sms", length=1, unit="day")
        self.log(self.people[0], 2, kind="sms")
        mailing = self.mailing(kind="sms")
        found = self.send(mailing)
        self.assertEqual(found.pop(self.people[0].id), ("cancel", "crm_refused"))
        self.assertEqual({status for status, _why in found.values()}, {"pending"})
        trace = mailing.mailing_trace_ids.filtered("failure_reason")
        self.assertIn(rule.summary, trace.failure_reason)
        made = self.touches().filtered(lambda t: t.source_model == "mailing.trace")
        self.assertEqual(made.partner_id, self.people[1:])
        self.assertEqual(made.channel_id, self.channels["sms"])

    def test_contacts_of_a_mailing_list(self):
        self.rule(max_count=1, length=1, unit="day")
        listed = self.env["mailing.list"].create({"name": "List"})
        known = self.people[0]
        contacts = self.env["mailing.contact"].create(
            [
                {"email": known.email, "list_ids": listed.ids},
                {"email": "nobody@c.example", "list_ids": listed.ids},
            ]
        )
        self.log(known, 1)
        found = self.send(
            self.mailing(
                mailing_model_id=self.env["ir.model"]._get("mailing.list").id,
                contact_list_ids=listed.ids,
                mailing_domain=f"[('list_ids', 'in', {listed.ids})]",
            )
        )
        self.assertEqual(found[contacts[0].id], ("cancel", "crm_refused"))
        self.assertEqual(found[contacts[1].id], ("sent", False))

    def test_mail_by_hand(self):
        self.compose()
        self.assertFalse(self.touches())
        self.rule(max_count=1, length=1, unit="day")
        self.compose(crm_promotion=True)
        touches = self.touches()
        self.assertEqual(touches.partner_id, self.people[:2])
        self.assertEqual(set(touches.mapped("purpose")), {"promotion"})
        with self.assertRaisesRegex(UserError, self.people[0].name):
            self.compose(crm_promotion=True)
        # What the customer has to know is no promotion.
        self.compose()
        self.assertEqual(len(self.touches()), 2)

    def test_mails_by_hand_to_many(self):
        self.rule(max_count=1, length=1, unit="day")
        self.log(self.people[0], 1)
        mails, _messages = self.compose(
            composition_mode="mass_mail",
            res_ids=repr(self.people.ids),
            partner_ids=False,
            crm_promotion=True,
            auto_delete=False,
        )
        states = {mail.res_id: mail.state for mail in mails}
        self.assertEqual(states.pop(self.people[0].id), "cancel")
        with self.mock_mail_gateway():
            mails.filtered(lambda mail: mail.state == "outgoing").send()
        made = self.touches().filtered(lambda t: t.source_model == "mail.message")
        self.assertEqual(made.partner_id, self.people[1:])
