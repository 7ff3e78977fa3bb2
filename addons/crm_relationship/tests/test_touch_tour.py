from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestTouchTour(HttpCase):
    """A call is logged in three clicks from wherever the salesperson is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env, "touch_tour", "base.group_user,sales_team.group_sale_salesman"
        )
        cls.partner = cls.env["res.partner"].create(
            {"name": "Touch Tour", "is_company": True, "user_id": cls.seller.id}
        )
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.partner.id,
                "user_id": cls.seller.id,
                "company_id": cls.seller.company_id.id,
                "order_line": [
                    Command.create({"name": "x", "display_type": "line_note"})
                ],
            }
        )
        cls.env.flush_all()
        refresh = cls.env["crm.customer.refresh"].sudo()
        refresh._refresh_now(cls.seller.company_id, cls.partner.ids)
        cls.profile = cls.env["crm.customer.profile"].search(
            [("partner_id", "=", cls.partner.id)]
        )
        # On the first page of the list, among customers of other tests and demo data.
        cls.profile.sudo().last_purchase_date = fields.Date.today()

    def _check(self, record):
        touch = self.env["crm.touch"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(len(touch), 1)
        self.assertEqual(touch.outcome_id.code, "call_back")
        self.assertEqual(touch.user_id, self.seller)
        self.assertEqual(record.activity_ids.user_id, self.seller)

    def test_customer(self):
        self.start_tour(
            f"/odoo/crm-customers/{self.profile.id}",
            "crm_touch_tour_customer",
            login="touch_tour",
        )
        self._check(self.partner)

    def test_list(self):
        self.start_tour(
            "/odoo/crm-customers", "crm_touch_tour_list", login="touch_tour"
        )
        self._check(self.partner)

    def test_quotation(self):
        self.start_tour(
            f"/odoo/sale.order/{self.order.id}",
            "crm_touch_tour_quotation",
            login="touch_tour",
        )
        self._check(self.order)
