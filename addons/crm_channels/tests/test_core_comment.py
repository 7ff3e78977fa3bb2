from odoo.exceptions import UserError
from odoo.tests import tagged

from .promotion_common import PromotionCase


@tagged("post_install", "-at_install")
class TestCoreComment(PromotionCase):
    """Mails by hand that are marked as promotion reach only whom the rules allow."""

    def composer(self, **values):
        return self.env["mail.compose.message"].create(
            {
                "model": "res.partner",
                "res_ids": repr(self.people[0].ids),
                "partner_ids": self.people[:1].ids,
                "subject": "Offer",
                "body": "<p>Buy</p>",
                "composition_mode": "comment",
                "crm_promotion": True,
                **values,
            }
        )

    def test_not_scheduled(self):
        later = "2099-01-01 12:00:00"
        composer = self.composer(scheduled_date=later)
        before = self.env["mail.scheduled.message"].search_count([])
        with self.assertRaisesRegex(UserError, "scheduled"):
            composer.action_schedule_message()
        # The date alone would let it notify in the night.
        with self.assertRaisesRegex(UserError, "scheduled"):
            composer.action_send_mail()
        self.assertEqual(self.env["mail.scheduled.message"].search_count([]), before)
        self.composer(
            scheduled_date=later, crm_promotion=False
        ).action_schedule_message()

    def test_followers_get_no_promotion(self):
        self.people[0].message_subscribe(self.people[1:].ids)
        self.compose(crm_promotion=True, partner_ids=self.people[:1].ids)
        self.assertEqual(len(self.mailed()), 1)
        self.assertIn(self.people[0].email, self.mailed().pop())
        self.assertEqual(self.touches().partner_id, self.people[0])
        # What is no promotion reaches them as ever.
        self.compose(partner_ids=self.people[:1].ids)
        self.assertEqual(len(self.mailed()), 3)

    def batch(self):
        template = self.env["mail.template"].create(
            {
                "name": "Offer",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "subject": "Offer",
                "body_html": "<p>Buy</p>",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
            }
        )
        return self.composer(
            res_ids=repr(self.people.ids), partner_ids=False, template_id=template.id
        )

    def test_many_pages_with_a_template(self):
        self.rule(max_count=1, length=1, unit="day")
        self.log(self.people[1], 2)
        with (
            self.mock_mail_gateway(),
            self.assertRaisesRegex(UserError, self.people[1].name),
        ):
            self.batch()._action_send_mail()
        self.policy.rule_ids.active = False
        with self.mock_mail_gateway():
            _mails, messages = self.batch()._action_send_mail()
        self.assertEqual(len(messages), 3)
        # They are in the queue, and take their places there.
        self.assertEqual(len(self.touches()), 1)
        waiting = self.env["crm.contact.reservation"].search([])
        self.assertEqual(waiting.partner_id, self.people)
        self.wait()
        self.refuse(self.people[0].email)
        self.assertEqual(len(self.run_queue()), 2)
        made = self.touches().filtered("message_id")
        self.assertEqual(made.partner_id, self.people[1:])
        self.assertEqual(made.message_id, messages[1:])
        told = messages.notification_ids.filtered(
            lambda n: n.res_partner_id == self.people[0]
        )
        self.assertEqual(told.notification_status, "canceled")

    def test_one_of_several_recipients_refuses(self):
        composer = self.composer(partner_ids=self.people.ids)
        composer.force_send = False
        with self.mock_mail_gateway():
            composer._action_send_mail()
        self.wait()
        self.refuse(self.people[0].email)
        self.assertEqual(len(self.run_queue()), 2)
        self.assertEqual(self.touches().partner_id, self.people[1:])
