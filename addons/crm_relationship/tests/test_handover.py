from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_decision import DecisionCommon


@tagged("post_install", "-at_install")
class TestHandover(DecisionCommon):
    """With acceptance everything open goes along, and nothing before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        contact = cls._create_customer(
            "Contact", is_company=False, parent_id=cls.customer.id
        )
        contact.user_id = cls.anna
        lead = {"type": "opportunity", "partner_id": contact.id}
        cls.lead, cls.won, cls.foreign = (
            cls.env["crm.lead"]
            .sudo()
            .create(
                [
                    {**lead, "name": "Open", "user_id": cls.anna.id},
                    {**lead, "name": "Won", "user_id": cls.anna.id},
                    {**lead, "name": "Mona's", "user_id": cls.mona.id},
                ]
            )
        )
        cls.won.action_set_won()
        cls.contact = contact

    def _quotation(self, confirm=False):
        order = self._create_order(self.customer, 100.0, confirm=confirm)
        order.user_id = self.anna
        return order

    def test_what_goes_along(self):
        open_order, sold = self._quotation(), self._quotation(confirm=True)
        activities = [
            self.lead.activity_schedule(
                "mail.mail_activity_data_call", user_id=user.id, summary="Call"
            )
            for user in (self.anna, self.mona)
        ]
        handover = self._offered()
        self.assertEqual(self.customer.user_id, self.anna)
        handover.with_user(self.bert).action_decide("accept")
        self.assertEqual((self.customer | self.contact).user_id, self.bert)
        self.assertEqual(self.lead.user_id, self.bert)
        self.assertEqual(open_order.user_id, self.bert)
        self.assertEqual([a.user_id for a in activities], [self.bert, self.mona])
        # What is done stays with whoever did it; what is another's stays theirs.
        self.assertEqual(self.won.user_id, self.anna)
        self.assertEqual(sold.user_id, self.anna)
        self.assertEqual(self.foreign.user_id, self.mona)
        counts = [
            handover[f"moved_{x}_count"] for x in ("lead", "quotation", "activity")
        ]
        self.assertEqual(counts, [1, 1, 1])
        self.assertEqual(self._profile(self.customer).user_id, self.bert)

    def test_what_is_left_behind_on_wish(self):
        order = self._quotation()
        handover = self._offered(with_quotations=False, with_leads=False)
        handover.with_user(self.bert).action_decide("accept")
        self.assertEqual((order.user_id, self.lead.user_id), (self.anna, self.anna))

    def test_only_the_owner_or_a_manager_offers(self):
        handover = self._write_handover(author=self.bert)
        with self.assertRaises(AccessError):
            handover.action_decide("offer")
        handover.with_user(self.mona).action_decide("offer")

    def test_a_customer_is_offered_once(self):
        self._offered()
        second = self._write_handover(to_user_id=self.mona.id)
        with self.assertRaisesRegex(UserError, "offered to somebody already"):
            second.action_decide("offer")

    def test_the_customer_went_elsewhere(self):
        handover = self._offered()
        self.customer.sudo().user_id = self.mona
        with self.assertRaisesRegex(UserError, "another salesperson by now"):
            handover.with_user(self.bert).action_decide("accept")

    def test_withdrawn(self):
        handover = self._offered()
        handover.action_decide("withdraw")
        self.assertFalse(self._requests(handover))
        with self.assertRaisesRegex(UserError, "not possible while"):
            handover.with_user(self.bert).action_decide("accept")

    def test_others_do_not_see_it(self):
        handover = self._offered()
        carl = self.anna.copy({"login": "decision_carl", "name": "Carl"})
        found = self.env["crm.handover"].with_user(carl).search([])
        self.assertNotIn(handover, found)
        with self.assertRaises(AccessError):
            handover.with_user(carl).action_decide("accept")

    def test_merged_customers_keep_it(self):
        handover = self._offered()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.other_customer).ids, self.other_customer)
        self.assertEqual(handover.partner_id, self.other_customer)
        self.assertTrue(fields.Datetime.now() < handover.decision_due)
