from odoo.tests import HttpCase, tagged

from odoo.addons.crm_relationship.tests.outbox_common import OutboxCase

from ..core.consent import PURPOSES


@tagged("post_install", "-at_install")
class TestConsentOutbox(OutboxCase, HttpCase):
    """A refusal works with the next message, and the link in a mail is one."""

    def setUp(self):
        super().setUp()
        self.ann = self.customers[0]

    def consents(self):
        self.env.invalidate_all()
        return self.env["crm.consent"].search(
            [
                ("company_id", "=", self.company.id),
                ("address", "=", self.ann.email_normalized),
            ]
        )

    def planned(self, purpose="service"):
        mail = self.compose(self.ann)
        mail.action_confirm()
        rows = self.rows(mail)
        rows.purpose = purpose
        return rows

    def refuse(self, *purposes):
        self.env["crm.consent.recorder"]._record(
            [
                {
                    "company_id": self.company.id,
                    "kind": "email",
                    "address": self.ann.email,
                    "purpose": purpose,
                    "change": "withdrawn",
                    "how": "manual",
                }
                for purpose in purposes
            ]
        )

    def test_works_with_the_next_message(self):
        for purpose in PURPOSES:
            rows = self.planned(purpose)
            self.refuse(purpose)
            self.send()
            self.assertEqual((rows.state, rows.reason), ("skipped", "withdrawn"))
            self.assertIn("Consents", rows.text)
        self.assertFalse(self.smtp.taken)

    def test_law_and_contract(self):
        rows = self.planned() + self.planned()
        rows[0].purpose, rows[1].purpose = "transactional", "dunning"
        self.refuse(*PURPOSES)
        self.send()
        self.assertEqual(rows.mapped("state"), ["sent", "sent"])

    def test_one_click(self):
        self.planned()
        self.send()
        [(_sender, _recipients, message)] = self.smtp.taken
        link = message["List-Unsubscribe"].strip().strip("<>")
        path = link[link.index("/crm/unsubscribe") :]
        self.env.flush_all()
        self.url_open(path)
        self.assertFalse(self.consents())
        for _time in range(2):
            self.url_open(path, data={"List-Unsubscribe": "One-Click"})
            consents = self.consents()
            self.assertEqual(set(consents.mapped("state")), {"withdrawn"})
            self.assertEqual(set(consents.mapped("purpose")), set(PURPOSES))
            self.assertEqual(set(consents.mapped("how")), {"unsubscribe"})
            events = consents.event_ids
            self.assertEqual(len(events), 3)
            self.assertEqual(events.partner_id, self.ann)
            self.assertFalse(events.user_id)
            self.assertTrue(all(events.mapped("source")))

    def test_link_in_a_text(self):
        mail = self.compose(self.ann, body="<p>{{ preferences }}</p>")
        mail.action_confirm()
        self.send()
        [(_sender, _recipients, message)] = self.smtp.taken
        text = message.get_body(("plain",)).get_content()
        path = text[text.index("/crm/preferences") :].split()[0]
        self.env.flush_all()
        self.assertEqual(self.url_open(path).status_code, 200)
