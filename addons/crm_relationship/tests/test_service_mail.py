from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .outbox_common import OutboxCase

PLANNER = "odoo.addons.crm_relationship.models.crm_service_mail_planner"


@tagged("post_install", "-at_install")
class TestServiceMail(OutboxCase):
    def test_counts_say_who_is_left_out(self):
        five = self.make_customers(5)
        five[0].active = False
        five[1].email = False
        self.env["mail.blacklist"]._add(five[2].email)
        five[3].email = f"Same <{five[4].email.upper()}>"
        mail = self.compose(five)
        self.assertEqual(mail.audience_count, 5)
        self.assertEqual(mail.reach_count, 1)
        self.assertEqual(
            mail.left_out,
            {"archived": 1, "no_address": 1, "blacklisted": 1, "same_address": 1},
        )
        self.assertEqual(len(mail.left_out_text.splitlines()), 4)
        mail.action_confirm()
        self.assertEqual((mail.planned_count, mail.skipped_count), (1, 4))

    def test_preview(self):
        mail = self.compose(subject="For {{ name }}")
        self.assertEqual(mail.preview_subject, "For Outbox customer 0")
        self.assertIn("Dear Outbox customer 0, all is well.", mail.preview)

    def test_values_are_text(self):
        """A customer's name is neither HTML nor a header."""
        self.customers[0].name = "<b>Bold</b> {{ city }}\r\nBcc: all@x.example"
        mail = self.compose(self.customers[:1], subject="Hello {{ name }}")
        content = mail._content_for(self.customers[0])
        self.assertIn("&lt;b&gt;Bold&lt;/b&gt; {{ city }}", content.body)
        self.assertEqual(
            content.subject, "Hello <b>Bold</b> {{ city }} Bcc: all@x.example"
        )
        mail.action_confirm()
        self.send()
        [(_sender, recipients, message)] = self.smtp.taken
        self.assertEqual(recipients, [self.customers[0].email_normalized])
        self.assertFalse(message["Bcc"])

    def test_unknown_placeholder(self):
        with self.assertRaisesRegex(ValidationError, "no placeholder {{ object.env }}"):
            self.compose(body="<p>{{ object.env }}</p>")

    def test_code_in_text_is_text(self):
        mail = self.compose(self.customers[:1], body="<p t-out='7*7'>${7*7} %s</p>")
        self.assertIn("${7*7} %s", mail._content_for(self.customers[0]).body)
        self.assertNotIn("49", mail._content_for(self.customers[0]).body)

    def test_nobody_or_nothing(self):
        with self.assertRaisesRegex(UserError, "Nobody would get"):
            self.compose(self.env["res.partner"]).action_confirm()
        with self.assertRaisesRegex(UserError, "no text yet"):
            self.compose(body="<p><br></p>").action_confirm()

    def test_confirmed_content_is_fixed(self):
        mail = self.compose()
        mail.action_confirm()
        for vals in ({"body": "<p>x</p>"}, {"subject": "x"}, {"audience": "[]"}):
            with self.assertRaisesRegex(UserError, "is confirmed"):
                mail.write(vals)
        with self.assertRaisesRegex(UserError, "Only drafts"):
            mail.unlink()
        self.assertEqual(mail.copy().state, "draft")

    def test_state_is_not_entered(self):
        mail = self.compose()
        for vals in ({"state": "planned"}, {"confirm_date": "2026-01-01"}):
            with self.assertRaisesRegex(UserError, "use the buttons"):
                mail.write(vals)
        with self.assertRaisesRegex(UserError, "use the buttons"):
            self.compose(state="planned")
        with self.assertRaisesRegex(UserError, "use the buttons"):
            self.compose(user_id=self.env.ref("base.user_admin").id)

    def test_only_customers_the_sender_sees(self):
        """Another company's customers are nobody's business, whatever the domain."""
        other = self.env["res.company"].create({"name": "Outbox elsewhere"})
        stranger = self.env["res.partner"].create(
            {"name": "Stranger", "email": "stranger@c.example", "is_company": True}
        )
        self.env["crm.customer.profile"].create(
            {"company_id": other.id, "partner_id": stranger.id, "active": True}
        )
        mail = self.compose(stranger | self.customers[0])
        self.assertEqual(mail.audience_count, 1)
        mail.action_confirm()
        self.assertEqual(self.rows(mail).partner_id, self.customers[0])

    def test_audience_is_data(self):
        for text in ("[('id', '=', 1)", "__import__('os')", "[('nothing', '=', 1)]"):
            with self.assertRaises(ValidationError, msg=text):
                self.compose(audience=text)

    def test_who_may(self):
        salesperson = new_test_user(
            self.env,
            "outbox_salesperson",
            "sales_team.group_sale_salesman,crm_relationship.group_reader",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        mail = self.compose()
        self.assertTrue(mail.with_user(salesperson).subject)
        with self.assertRaises(AccessError):
            mail.with_user(salesperson).action_confirm()
        with self.assertRaises(AccessError):
            self.env["crm.service.mail"].with_user(salesperson).action_compose()

    def test_composed_from_the_list(self):
        profiles = self.env["crm.customer.profile"].search(
            [("partner_id", "in", self.customers.ids)]
        )
        Mail = self.env["crm.service.mail"].with_user(self.manager)
        Mail = Mail.with_company(self.company).with_context(active_ids=profiles.ids)
        mail = Mail.browse(Mail.action_compose()["res_id"])
        self.assertEqual(mail.audience_count, 3)
        self.assertEqual(mail.user_id, self.manager)

    def test_ranges(self):
        """Planning in ranges of two plans everybody once."""
        many = self.make_customers(5)
        mail = self.compose(many).sudo()
        mail.write({"state": "planning", "position": 0})
        planner = self.env["crm.service.mail.planner"]
        rounds = 0
        with patch(f"{PLANNER}.RANGE", 2):
            while mail.state == "planning":
                planner._plan_range(mail)
                rounds += 1
        self.assertEqual(rounds, 3)
        self.assertEqual(self.rows(mail).partner_id, many)
        self.assertEqual(mail.planned_count, 5)

    def test_calls(self):
        """Each call becomes an activity of whoever looks after the customer."""
        self.customers[0].phone = "+32 470 12 34 56"
        self.customers[1].phone = "+32 470 12 34 57"
        self.customers[0].user_id = self.env.ref("base.user_admin")
        mail = self.compose(self.customers[:2], kind="phone")
        mail.action_confirm()
        self.send()
        self.assertEqual(set(self.rows(mail).mapped("state")), {"sent"})
        first, second = (
            self.env["mail.activity"].search(
                [("res_model", "=", "res.partner"), ("res_id", "=", customer.id)]
            )
            for customer in self.customers[:2]
        )
        self.assertEqual(first.user_id, self.env.ref("base.user_admin"))
        self.assertEqual(second.user_id, self.manager)
        self.assertEqual(first.summary, "About your order")
        self.assertIn("all is well", first.note)
