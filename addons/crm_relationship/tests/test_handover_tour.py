from odoo.tests import HttpCase, tagged

from .test_decision import DecisionCommon


@tagged("post_install", "-at_install")
class TestHandoverTour(DecisionCommon, HttpCase):
    """A customer is offered and declined in the browser."""

    def test_offered_and_declined(self):
        self._create_order(self.customer, 100.0)
        self._work_off_queue()
        self.start_tour(
            "/odoo/crm-customers", "crm_handover_offer_tour", login=self.anna.login
        )
        handover = self.env["crm.handover"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual((handover.state, handover.to_user_id), ("offered", self.bert))
        self.start_tour(
            "/odoo/crm-handovers", "crm_handover_decline_tour", login=self.bert.login
        )
        handover.invalidate_recordset()
        self.assertEqual(handover.state, "declined")
        self.assertEqual(handover.decision_trail[0]["reason"], "I am on leave")
        self.assertEqual(self.customer.user_id, self.anna)
