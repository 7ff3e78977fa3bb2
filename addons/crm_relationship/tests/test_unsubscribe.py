from odoo.tests import HttpCase, tagged

from .outbox_common import OutboxCase


@tagged("post_install", "-at_install")
class TestUnsubscribe(OutboxCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.compose(self.customers[:1]).action_confirm()
        self.send()
        [(_sender, _recipients, message)] = self.smtp.taken
        link = message["List-Unsubscribe"].strip().strip("<>")
        self.path = link[link.index("/crm/unsubscribe") :]
        self.env.flush_all()

    def blacklisted(self):
        self.env.invalidate_all()
        address = self.customers[0].email_normalized
        return bool(self.env["mail.blacklist"].search_count([("email", "=", address)]))

    def test_looking_changes_nothing(self):
        for method in ("GET", "HEAD"):
            answer = self.url_open(self.path, method=method)
            self.assertEqual(answer.status_code, 200)
            self.assertFalse(self.blacklisted())
        self.assertIn("no-referrer", answer.headers["Referrer-Policy"])

    def test_one_click(self):
        body = {"List-Unsubscribe": "One-Click"}
        for _time in range(2):
            answer = self.url_open(self.path, data=body)
            self.assertEqual(answer.status_code, 200)
            self.assertTrue(self.blacklisted())
        touch = self.env["crm.touch"].search(
            [("partner_id", "=", self.customers[0].id)]
        )
        self.assertEqual(touch.response, "unsubscribed")
        mail = self.compose(self.customers[:1])
        self.assertEqual(mail.reach_count, 0)

    def test_forged(self):
        token = self.path.rsplit("/", 1)[1]
        number, partner, signature = token.split(".")
        other = self.customers[1].id
        for bad in (
            f"{number}.{other}.{signature}",
            f"{int(number) + 1}.{partner}.{signature}",
            f"{number}.{partner}.",
            f"{number}.{partner}.{'A' * len(signature)}",
            "x",
            "1.2.é",
        ):
            answer = self.url_open(f"/crm/unsubscribe/{bad}", data={"a": "b"})
            self.assertEqual(answer.status_code, 404, bad)
        self.assertFalse(self.blacklisted())

    def test_without_a_secret_nothing_is_good(self):
        self.env["ir.config_parameter"].set_param("crm_relationship.link_secret", False)
        self.env.flush_all()
        answer = self.url_open(self.path, data={"a": "b"})
        self.assertEqual(answer.status_code, 404)
        self.assertFalse(self.blacklisted())

    def test_address_of_the_mail(self):
        """The address that got the mail is meant, whatever the customer's is now."""
        old = self.customers[0].email_normalized
        self.customers[0].email = "new@c.example"
        self.env.flush_all()
        self.url_open(self.path, data={"a": "b"})
        self.assertFalse(self.blacklisted())
        self.assertTrue(self.env["mail.blacklist"].search([("email", "=", old)]))
