from datetime import timedelta

from odoo.addons.mail.tests.common import MailCommon
from odoo.addons.sms.tests.common import MockSMS

from .policy_common import PolicyCase


class PromotionCase(MailCommon, MockSMS, PolicyCase):
    """Three persons, and mailings, text messages and mails by hand to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sender = cls.env.user
        cls.sender.write(
            {"company_ids": [(4, cls.company.id)], "company_id": cls.company.id}
        )
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.people = cls.env["res.partner"].union(
            *(cls.person(country_id=cls.env.ref("base.us").id) for _n in range(3))
        )

    def mailing(self, people=None, kind="mail", **values):
        people = self.people if people is None else people
        return self.env["mailing.mailing"].create(
            {
                "name": "Spring",
                "subject": "Spring",
                "mailing_type": kind,
                "mailing_model_id": self.env["ir.model"]._get("res.partner").id,
                "mailing_domain": repr([("id", "in", people.ids)]),
                "body_html": "<p>Buy <a href='https://a.example'>this</a></p>",
                "body_plaintext": "Buy this",
                "user_id": self.sender.id,
                **values,
            }
        )

    def send(self, mailing):
        with self.mock_mail_gateway(), self.mockSMSGateway():
            if mailing.mailing_type == "sms":
                mailing.sms_force_send = True
                mailing.action_send_sms()
            else:
                mailing._action_send_mail()
                self.env["mail.mail"].search([("mailing_id", "=", mailing.id)]).send()
        return {
            trace.res_id: (trace.trace_status, trace.failure_type)
            for trace in mailing.mailing_trace_ids
        }

    def touches(self, people=None):
        people = self.people if people is None else people
        return self.env["crm.touch"].search([("partner_id", "in", people.ids)])

    def compose(self, **values):
        composer = self.env["mail.compose.message"].create(
            {
                "model": "res.partner",
                "res_ids": repr(self.people[0].ids),
                "partner_ids": self.people[:2].ids,
                "subject": "Offer",
                "body": "<p>Buy</p>",
                "composition_mode": "comment",
                **values,
            }
        )
        with self.mock_mail_gateway():
            return composer._action_send_mail()

    def wait(self, hours=1):
        """Let the messages in Odoo's queues be some hours old: what was asked about in
        this transaction is not asked about again."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_contact_reservation SET date = date - %s, asked_in = NULL",
            [timedelta(hours=hours)],
        )
        self.env.invalidate_all()

    def refuse(self, address, kind="email"):
        """A customer wants no promotion any more."""
        self.env["crm.consent.recorder"]._record(
            [
                {
                    "company_id": self.company.id,
                    "kind": kind,
                    "address": address,
                    "purpose": "promotion",
                    "change": "withdrawn",
                    "how": "manual",
                }
            ]
        )

    def queued(self, mailing):
        """Return the mails or text messages of a mailing made and not sent."""
        if mailing.mailing_type == "sms":
            mailing.action_send_sms()
            return self.env["sms.sms"].search([("mailing_id", "=", mailing.id)])
        with self.mock_mail_gateway():
            # As core does it with more than a hundred.
            mailing.with_context(default_force_send=False)._action_send_mail()
        return self.env["mail.mail"].search([("mailing_id", "=", mailing.id)])

    def run_queue(self):
        """Send what waits; return the addresses mails went to."""
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        return self.mailed()

    def mailed(self):
        sent = (to for mail in self._mails for to in mail["email_to"])
        # There may be other mails in the queue.
        return sorted(to for to in sent if "c.example" in to)

    def statuses(self, mailing):
        return {
            trace.res_id: (trace.trace_status, trace.failure_type)
            for trace in mailing.mailing_trace_ids
        }
