from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCustomerTour(HttpCase):
    """The screens in a browser, as the people who use them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {
            "tour_analyst": "crm_relationship.group_analyst",
            "tour_sales": "sales_team.group_sale_salesman",
        }
        users = {
            login: new_test_user(cls.env, login, f"base.group_user,{group}")
            for login, group in users.items()
        }
        company = users["tour_sales"].company_id
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Tour Customer",
                "is_company": True,
                "user_id": users["tour_sales"].id,
            }
        )
        cls._create_purchases(company)
        cls._create_quotations(company, users["tour_sales"])
        cls.env.flush_all()
        cls.env["crm.customer.refresh"].sudo()._refresh_now(company, cls.customer.ids)

    @classmethod
    def _create_purchases(cls, company):
        source = (
            cls.env["crm.purchase.source"]
            .sudo()
            .create({"name": "Tour", "code": "tour", "company_id": company.id})
        )
        today = fields.Date.today()
        histories = [
            {
                "company_id": company.id,
                "source_id": source.id,
                "external_ref": f"TOUR-{number:02}",
                "partner_id": cls.customer.id,
                "date": today - timedelta(days=100 - number),
                "currency_id": company.currency_id.id,
                "amount_untaxed": 10.0,
                "amount_company": 10.0,
                "line_ids": [Command.create({"amount_untaxed": 10.0})],
            }
            for number in range(40)
        ]
        cls.env["crm.purchase.history"].sudo().create(histories)

    @classmethod
    def _create_quotations(cls, company, user):
        orders = [
            {
                "name": f"TOUR-{number:02}",
                "partner_id": cls.customer.id,
                "company_id": company.id,
                "user_id": user.id,
                "date_order": fields.Datetime.now() - timedelta(days=100 - number),
            }
            for number in range(40)
        ]
        cls.env["sale.order"].create(orders)

    def test_analyst(self):
        self.start_tour(
            "/odoo/crm-customers", "crm_customer_tour_analyst", login="tour_analyst"
        )

    def test_salesperson(self):
        self.start_tour(
            "/odoo/crm-customers", "crm_customer_tour_salesperson", login="tour_sales"
        )
