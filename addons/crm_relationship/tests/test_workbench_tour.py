from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestWorkbenchTour(HttpCase):
    """A salesperson works off what waits, and it is a contact then."""

    def test_salesperson(self):
        seller = new_test_user(
            self.env, "bench_tour", "base.group_user,sales_team.group_sale_salesman"
        )
        partner = self.env["res.partner"].create(
            {"name": "Bench Tour", "is_company": True, "user_id": seller.id}
        )
        partner.activity_schedule(
            "mail.mail_activity_data_call",
            fields.Date.today() - timedelta(days=5),
            summary="Bench call",
            user_id=seller.id,
        )
        self.start_tour("/odoo/crm-customers", "crm_workbench_tour", login="bench_tour")
        touch = self.env["crm.touch"].search([("partner_id", "=", partner.id)])
        self.assertEqual(touch.subject, "Bench call")
        self.assertEqual(touch.user_id, seller)
