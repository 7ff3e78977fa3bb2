from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAgeingTour(HttpCase):
    """A collector goes from the sum to the entry."""

    def test_collector(self):
        new_test_user(
            self.env,
            "ageing_tour",
            "base.group_user,crm_receivables.group_collector",
        )
        partner = self.env["res.partner"].create(
            {"name": "Ageing Tour", "is_company": True}
        )
        day = fields.Date.today() - timedelta(days=10)
        line = {"name": "Work", "price_unit": 500, "tax_ids": False}
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": day,
                "invoice_date_due": day,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create({**line, "quantity": 1})],
            }
        ).action_post()
        product = self.env["product.product"].create(
            {"name": "Service", "type": "service", "invoice_policy": "order"}
        )
        self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "price_unit": 1000, "tax_ids": False}
                    )
                ],
            }
        ).action_confirm()
        self.env.cr.flush()
        company = self.env.company.root_id
        refresh = self.env["crm.customer.refresh"].sudo()
        while refresh._refresh_queued(company.id, 1000):
            pass
        self.start_tour("/odoo/crm-exposure", "crm_ageing_tour", login="ageing_tour")
