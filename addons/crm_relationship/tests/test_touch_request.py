from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestTouchRequest(OutboxCase):
    def request(self, user=None, **values):
        api = self.env["crm.api"].with_user(user or self.manager)
        return api.with_company(self.company).touch_request(
            **{
                "partners": self.customers.ids,
                "channel": "outbox_email",
                "subject": "Hello {{ name }}",
                "body": "The line <is> open.",
                "idempotency_key": "one",
                **values,
            }
        )

    def state(self, request):
        api = self.env["crm.api"].with_user(self.manager)
        return api.with_company(self.company).touch_request(id=request["id"])

    def test_requested_once_and_followed(self):
        answer = self.request()
        self.assertEqual(answer["state"], "planned")
        self.assertEqual(answer["counts"]["planned"], 3)
        self.assertEqual(self.request(), answer)
        self.send()
        self.assertEqual(len(self.smtp.taken), 3)
        state = self.state(answer)
        self.assertEqual(state["counts"]["sent"], 3)
        self.assertEqual(
            {row["partner_id"]: row["state"] for row in state["customers"]},
            dict.fromkeys(self.customers.ids, "sent"),
        )
        message = self.smtp.taken[0][2]
        self.assertEqual(message["Subject"], "Hello Outbox customer 0")
        self.assertIn("<is>", message.get_body(("plain",)).get_content())

    def test_reason_of_who_is_left_out(self):
        self.customers[0].email = False
        state = self.request()
        row = next(
            row
            for row in state["customers"]
            if row["partner_id"] == self.customers[0].id
        )
        self.assertEqual((row["state"], row["reason"]), ("skipped", "no_address"))

    def test_calls(self):
        self.customers[0].phone = "+32 470 00 00 01"
        self.request(partners=[self.customers[0].id], channel="outbox_phone")
        self.send()
        activities = self.env["mail.activity"].search(
            [("res_id", "=", self.customers[0].id), ("res_model", "=", "res.partner")]
        )
        self.assertEqual(activities.summary, "Hello Outbox customer 0")

    def test_bad_requests_change_nothing(self):
        before = self.env["crm.service.mail"].search_count([])
        stranger = self.env["res.partner"].create({"name": "No customer"})
        for values in (
            {"partners": []},
            {"partners": [2**30]},
            {"partners": [stranger.id]},
            {"channel": "nothing"},
            {"subject": ""},
            {"subject": "a\nb\x00"},
            {"body": None},
            {"body": "{{ env }}"},
            {"purpose": "promotion"},
            {"due": "tomorrow"},
            {"idempotency_key": ""},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                with self.env.cr.savepoint():
                    self.request(**values)
        self.assertEqual(self.env["crm.service.mail"].search_count([]), before)

    def test_due(self):
        self.request(due="2100-01-01T08:00:00Z")
        self.send()
        self.assertFalse(self.smtp.taken)

    def test_rights(self):
        nobody = new_test_user(
            self.env,
            "outbox_nobody",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.request(nobody)
        answer = self.request()
        with self.assertRaises(AccessError):
            self.env["crm.api"].with_user(nobody).touch_request(id=answer["id"])
        with self.assertRaisesRegex(UserError, "no request"):
            self.state({"id": 2**30})
