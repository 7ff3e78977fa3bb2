from datetime import timedelta

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCollectionTour(HttpCase):
    """The collector works the list off by keyboard: call, promise, next, hold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journal = cls.env["account.journal"].search([("type", "=", "sale")], limit=1)
        if not journal:
            cls.skipTest(cls, "no company with accounts here")
        # A company of its own, so that nobody else's debts stand in the list.
        cls.company = journal.company_id
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.company.ids)
        )
        cls.collector = new_test_user(
            cls.env,
            "collection_tour",
            "crm_receivables.group_collector",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.today = cls.env["crm.collection.ledger"]._today(cls.company)
        cls.first, cls.second = (cls.debtor(n, a) for n, a in (("A", 450), ("B", 310)))
        promises = cls.env["crm.payment.promise"].create(
            [
                {"partner_id": partner.id, "date": cls.today}
                for partner in (cls.first, cls.second)
            ]
        )
        over = cls.today - timedelta(days=2)
        promises.sudo().write({"date": over, "last_date": over})
        cls.env["crm.promise.judge"].sudo()._judge(promises)
        cls.env.flush_all()
        refresh = cls.env["crm.customer.refresh"].sudo()
        refresh._refresh_now(cls.company.root_id, (cls.first + cls.second).ids)

    @classmethod
    def debtor(cls, name, amount):
        partner = cls.env["res.partner"].create(
            {"name": f"Kay Tour {name}", "is_company": True}
        )
        day = cls.today - timedelta(days=20)
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": day,
                "invoice_payment_term_id": False,
                "invoice_date_due": day,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goods", "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        move.action_post()
        return partner

    def test_by_keyboard(self):
        action = self.env.ref("crm_receivables.crm_collection_customer_action")
        action.domain = [("customer_id", "in", (self.first + self.second).ids)]
        self.start_tour(
            "/odoo/crm-collection", "crm_collection_tour", login="collection_tour"
        )
        promise = self.env["crm.payment.promise"].search(
            [("partner_id", "=", self.first.id), ("state", "=", "open")]
        )
        self.assertEqual(promise.date, self.today + timedelta(days=7))
        self.assertEqual(promise.user_id, self.collector)
        promise = self.env["crm.payment.promise"].search(
            [("partner_id", "=", self.second.id), ("state", "=", "open")]
        )
        self.assertEqual(promise.date, self.today + timedelta(days=3))
        block = self.env["crm.collection.block"].search(
            [("partner_id", "=", self.second.id)]
        )
        self.assertEqual(block.note, "Broken on arrival")
        touch = self.env["crm.touch"].search([("partner_id", "=", self.first.id)])
        self.assertEqual((touch.purpose, touch.user_id), ("dunning", self.collector))
