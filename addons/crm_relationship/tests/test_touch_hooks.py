from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .touch_common import TouchCommon

MAIL = """From: {sender}
To: sales@example.com
Subject: {subject}
Message-Id: <{message_id}@example.com>
Date: Tue, 10 Mar 2026 09:30:00 +0000
{headers}Content-Type: text/plain

Hello, when can you deliver?
"""


@tagged("post_install", "-at_install")
class TestTouchHooks(TouchCommon):
    """What people do in Odoo anyway ends up in the ledger, once."""

    def setUp(self):
        super().setUp()
        # Meetings of demo data that are over meanwhile.
        self._record_meetings()

    def _touches(self, domain=()):
        return self.env["crm.touch"].sudo().search([*domain], order="id")

    def _new_touches(self, call):
        before = self._touches()
        call()
        self.env.flush_all()
        return self._touches() - before

    def _activity(self, record, kind="call", **values):
        return self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "activity_type_id": self.quick_ref(
                    f"mail.mail_activity_data_{kind}"
                ).id,
                "user_id": self.seller.id,
                **values,
            }
        )

    # ---- activities ---------------------------------------------------------------

    def test_call_done(self):
        """A call marked as done is a contact by telephone, by who did it."""
        activity = self._activity(self.contact, summary="Ask for feedback")
        done = activity.with_user(self.seller)
        touch = self._new_touches(lambda: done._action_done(feedback="Went well"))
        self.assertRecordValues(
            touch,
            [
                {
                    "partner_id": self.contact.id,
                    "channel_id": self.phone.id,
                    "user_id": self.seller.id,
                    "direction": "out",
                    "subject": "Ask for feedback",
                    "note": "Went well",
                    "company_id": self.company.id,
                    "is_contact": True,
                }
            ],
        )
        self.assertEqual(touch.message_id.res_id, self.contact.id)

    def test_several_done_at_once(self):
        """Each contact knows the message of its own activity."""
        activities = self._activity(self.customer) + self._activity(self.other_customer)
        touches = self._new_touches(activities._action_done)
        self.assertEqual(touches.partner_id, self.customer + self.other_customer)
        for touch in touches:
            self.assertEqual(touch.message_id.res_id, touch.partner_id.id)

    def test_documents(self):
        """A lead, a quotation and an invoice tell who the customer is."""
        lead = self.env["crm.lead"].create({"name": "L", "email_from": "x@example.com"})
        order = self._create_order(self.contact, 10.0, confirm=False)
        invoice = self._create_invoice(self.customer, 10.0)
        for record, partner, found_lead in (
            (lead, self.env["res.partner"], lead),
            (order, self.contact, lead.browse()),
            (invoice, self.customer, lead.browse()),
        ):
            touch = self._new_touches(self._activity(record)._action_done)
            self.assertEqual((touch.partner_id, touch.lead_id), (partner, found_lead))

    def test_no_contact(self):
        """To-dos, colleagues, suppliers and vendor bills are none."""
        vendor = self._create_customer("Vendor", supplier_rank=1)
        bill = self._create_invoice(vendor, 10.0, move_type="in_invoice")
        for record, kind in (
            (self.customer, "todo"),
            (self.seller.partner_id, "call"),
            (self.company.partner_id, "call"),
            (vendor, "call"),
            (bill, "call"),
        ):
            activity = self._activity(record, kind)
            self.assertFalse(self._new_touches(activity._action_done), record)

    def test_type_without_channel(self):
        """Clearing the channel of a type ends its contacts."""
        self.quick_ref("mail.mail_activity_data_call").crm_channel_id = False
        activity = self._activity(self.customer)
        self.assertFalse(self._new_touches(activity._action_done))

    # ---- meetings -----------------------------------------------------------------

    def _meeting(self, partners, hours=-3, **values):
        start = fields.Datetime.now() + timedelta(hours=hours)
        return (
            self.env["calendar.event"]
            .sudo()
            .create(
                {
                    "name": "Review",
                    "start": start,
                    "stop": start + timedelta(hours=1),
                    "user_id": self.seller.id,
                    "partner_ids": [p.id for p in self.seller.partner_id + partners],
                    **values,
                }
            )
        )

    def _record_meetings(self):
        recorder = self.env["crm.touch.recorder"].sudo()
        return recorder._record_meetings(recorder._ended_meetings(1000))

    def test_meeting_over(self):
        """A meeting that ended is a contact with each customer, once."""
        self._create_order(self.customer, 10.0)
        self._create_order(self.other_customer, 10.0)
        self._work_off_queue()
        ann, bob = self.contact, self.contact.copy({"name": "Bob"})
        meeting = self._meeting(ann + bob + self.other_customer)
        touches = self._new_touches(self._record_meetings)
        self.assertEqual(touches.partner_id, ann + self.other_customer)
        self.assertRecordValues(
            touches[:1],
            [
                {
                    "channel_id": self.visit.id,
                    "date": meeting.start,
                    "duration": 60,
                    "user_id": self.seller.id,
                    "subject": "Review",
                }
            ],
        )
        self.assertFalse(self._record_meetings())

    def test_meeting_none(self):
        """Not over yet, declined, or with nobody who is a customer."""
        self._create_order(self.customer, 10.0)
        self._work_off_queue()
        self._meeting(self.customer, hours=2)
        self._meeting(self._create_customer("Applicant"))
        declined = self._meeting(self.customer)
        declined.attendee_ids.filtered(
            lambda a: a.partner_id == self.customer
        ).state = "declined"
        self.assertFalse(self._record_meetings())

    def test_meeting_and_its_activity(self):
        """Marked as done and over: one contact; a private title stays private."""
        self._create_order(self.customer, 10.0)
        self._work_off_queue()
        event = self._meeting(self.customer)
        activity = self._activity(self.customer, "meeting", calendar_event_id=event.id)
        self.assertEqual(len(self._new_touches(activity._action_done)), 1)
        self.assertFalse(self._record_meetings())
        self._meeting(self.customer, privacy="private", name="Secret")
        self.assertNotEqual(self._record_meetings().subject, "Secret")

    # ---- mail ---------------------------------------------------------------------

    def _receive(self, record, sender, subject="Question", headers="", number=1):
        text = MAIL.format(
            sender=sender, subject=subject, headers=headers, message_id=f"m{number}"
        )
        return self._new_touches(
            lambda: self.env["mail.thread"].message_process(
                record._name, text, thread_id=record.id
            )
        )

    def test_mail_received(self):
        """A customer's mail on the quotation is a contact received, once."""
        order = self._create_order(self.customer, 10.0, confirm=False)
        touch = self._receive(order, "Ann <ann@example.com>")
        self.assertRecordValues(
            touch,
            [
                {
                    "partner_id": self.contact.id,
                    "direction": "in",
                    "channel_id": self.mail.id,
                    "subject": "Question",
                    "user_id": self.seller.id,
                }
            ],
        )
        self.assertIn("deliver", touch.note)
        self.assertFalse(self._receive(order, "Ann <ann@example.com>"))

    def test_mail_of_a_stranger(self):
        """Somebody else writing about the quotation counts for its customer."""
        order = self._create_order(self.customer, 10.0, confirm=False)
        touch = self._receive(order, "boss@elsewhere.example")
        self.assertEqual(touch.partner_id, self.customer)
        self.assertIn("boss@elsewhere.example", touch.address)

    def test_mail_is_no_contact(self):
        """Holiday notes, lists and colleagues are none."""
        for number, (sender, headers) in enumerate(
            (
                ("ann@example.com", "Auto-Submitted: auto-replied\n"),
                ("ann@example.com", "Precedence: bulk\n"),
                ("ann@example.com", "X-Autoreply: yes\n"),
                (self.seller.email, ""),
            )
        ):
            found = self._receive(
                self.customer, sender, headers=headers, number=10 + number
            )
            self.assertFalse(found, headers or sender)

    # ---- leads --------------------------------------------------------------------

    def test_lead_becomes_customer(self):
        """What was said before anybody knew who it is follows the lead's partner."""
        lead = self.env["crm.lead"].create({"name": "L"})
        touch = self._log(partner_id=False, lead_id=lead.id)
        known = self._log(partner_id=self.other_customer.id, lead_id=lead.id)
        lead.partner_id = self.contact
        self.assertEqual(touch.partner_id, self.contact)
        self.assertEqual(touch.partner_key, self.contact.id)
        self.assertEqual(known.partner_id, self.other_customer)

    def test_leads_merged(self):
        """The remaining lead keeps the contacts of all, its customer gets them."""
        leads = self.env["crm.lead"].create(
            [
                {"name": "A", "type": "opportunity", "partner_id": self.customer.id},
                {"name": "B", "type": "opportunity"},
            ]
        )
        touch = self._log(partner_id=False, lead_id=leads[1].id)
        merged = leads.merge_opportunity()
        self.assertEqual(touch.lead_id, merged)
        self.assertEqual(touch.partner_id, merged.partner_id)
