from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.crm_relationship.tests.common import RelationshipCommon


class OfferCommon(RelationshipCommon):
    """A product and an offer of it, with a text that takes its terms from it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaigner = new_test_user(
            cls.env,
            "offer_campaigner",
            groups="crm_relationship.group_campaign",
            company_id=cls.company.id,
            company_ids=[cls.company.id],
        )
        cls.offered = cls.env["product.product"].create(
            {"name": "Floor polish", "list_price": 40.0, "type": "consu"}
        )
        cls.until = fields.Date.today() + timedelta(days=30)
        cls.offer = cls._create_offer()

    @classmethod
    def _create_offer(cls, **values):
        text = (
            "<p>Dear {{ name }}, {{ products }}: {{ price }}, until "
            "{{ valid_until }}.</p>"
        )
        return (
            cls.env["crm.offer"]
            .with_user(cls.campaigner)
            .with_company(cls.company)
            .create(
                {
                    "name": "Spring",
                    "currency_id": cls.company.currency_id.id,
                    "date_to": cls.until,
                    "line_ids": [
                        Command.create({"product_id": cls.offered.id, "discount": 15})
                    ],
                    "rendering_ids": [
                        Command.create({"subject": "{{ products }}", "body": text})
                    ],
                    **values,
                }
            )
        )


@tagged("post_install", "-at_install")
class TestOffer(OfferCommon):
    """One source of what is said, and a trial of whether it can be sold."""

    def test_complete(self):
        self.assertEqual((self.offer.state, self.offer.problems), ("ready", ""))
        subject, body = self.offer.rendering_ids._words(self.customer)
        self.assertEqual(subject, "Floor polish")
        self.assertIn(f"Dear {self.customer.name}, Floor polish: 15% off", body)

    def test_a_text_lacks_a_fact(self):
        self.offer.fact_ids = [Command.create({"name": "Only while stocks last"})]
        self.assertEqual(self.offer.state, "draft")
        self.assertIn("Only while stocks last", self.offer.problems)
        self.offer.rendering_ids.body += "<p>only while stocks  last</p>"
        self.assertEqual(self.offer.state, "ready")

    def test_a_text_says_something_else(self):
        text = self.offer.rendering_ids
        text.body += "<p>Yes, 20 % off!</p>"
        self.assertIn("20%", self.offer.problems)
        text.body = text.body.replace("20 %", "15 %")
        self.assertFalse(self.offer.problems)
        symbol = self.company.currency_id.symbol
        text.body += f"<p>Was {symbol} 40.00</p>"
        self.assertIn("40.00", self.offer.problems)

    def test_a_price_is_said(self):
        self.offer.line_ids.write({"kind": "price", "price": 32.5})
        self.assertEqual(self.offer.state, "ready")
        body = self.offer.rendering_ids._words(self.customer)[1]
        self.assertIn("32.5", body)
        self.offer.rendering_ids.body = "<p>Floor polish until {{ valid_until }}</p>"
        self.assertIn("price", self.offer.problems)

    def test_unknown_placeholder(self):
        with self.assertRaisesRegex(ValidationError, "prize"):
            self.offer.rendering_ids.body = "<p>{{ prize }}</p>"

    def test_names_are_escaped(self):
        self.customer.name = "<b>Bobby</b>"
        body = self.offer.rendering_ids._words(self.customer)[1]
        self.assertNotIn("<b>", body)

    def test_over(self):
        self.offer.write(
            {"date_from": "2020-01-01", "date_to": fields.Date.today() - timedelta(1)}
        )
        self.assertEqual(self.offer.state, "over")

    def test_trial(self):
        self._create_order(self.customer, 10.0)
        self.env["crm.customer.refresh"]._refresh_now(self.company, self.customer.ids)
        orders = self.env["sale.order"].search_count([])
        number = self.env["ir.sequence"].search([("code", "=", "sale.order")], limit=1)
        before = number.number_next_actual
        self.offer.action_try()
        self.assertTrue(self.offer.trial_ok, self.offer.trial_text)
        self.assertIn(self.customer.name, self.offer.trial_text)
        self.assertEqual(self.env["sale.order"].search_count([]), orders)
        self.assertEqual(number.number_next_actual, before)

    def test_trial_finds_what_cannot_be_sold(self):
        trial = self.env["crm.offer.trial"].with_user(self.campaigner)
        for name, spoil in {
            "is not for sale": lambda: self.offered.write({"sale_ok": False}),
            "has no price": lambda: self.offered.write({"list_price": 0}),
            "is archived": lambda: self.customer.write({"active": False}),
        }.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                spoil()
                good = trial._try(self.offer, self.customer.with_user(self.campaigner))
                self.assertFalse(good)
                self.assertIn(name, self.offer.trial_text)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_rights(self):
        reader = new_test_user(
            self.env,
            "offer_reader",
            groups="crm_relationship.group_reader",
            company_id=self.company.id,
            company_ids=[self.company.id],
        )
        offer = self.offer.with_user(reader)
        self.assertEqual(offer.name, "Spring")
        for forbidden in (
            lambda: offer.write({"name": "Mine"}),
            lambda: offer.line_ids.write({"discount": 50}),
            offer.action_try,
        ):
            with self.assertRaises(AccessError):
                forbidden()
