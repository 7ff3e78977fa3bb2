from odoo import Command
from odoo.tests import tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestCustomerRule(RelationshipCommon):
    """Who the customer of a document is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create(
            {"name": "Contact", "parent_id": cls.customer.id}
        )

    def _revenue(self, partner, company=None):
        return self._profile(partner, company).revenue_total

    def test_contact_counts_for_the_firm(self):
        self._create_history(self.contact, "2025-01-10", 100.0)
        self._create_invoice(self.contact, 40.0)
        self.assertEqual(self._revenue(self.customer), 140.0)
        self.assertFalse(self._profile(self.contact))

    def test_child_moved_to_another_firm(self):
        self._create_history(self.contact, "2025-01-10", 100.0)
        self._create_invoice(self.contact, 40.0)
        self._create_invoice(self.customer, 7.0)
        self.assertEqual(self._revenue(self.customer), 147.0)
        self.contact.parent_id = self.other_customer
        # The current firm, although documents store the former commercial partner.
        self.assertEqual(self._revenue(self.customer), 7.0)
        self.assertEqual(self._revenue(self.other_customer), 140.0)

    def test_child_becomes_a_firm_of_its_own(self):
        grandchild = self.env["res.partner"].create(
            {"name": "Deep", "parent_id": self.contact.id}
        )
        self._create_history(grandchild, "2025-01-10", 100.0)
        self.assertEqual(self._revenue(self.customer), 100.0)
        self.contact.is_company = True
        self.assertFalse(self._profile(self.customer))
        self.assertEqual(self._revenue(self.contact), 100.0)

    def test_payer_is_not_buyer(self):
        order = self._create_order(
            self.customer, 500.0, partner_invoice_id=self.other_customer.id
        )
        order.order_line.product_id.invoice_policy = "order"
        invoice = order._create_invoices()
        self.assertEqual(invoice.partner_id, self.other_customer)
        invoice.action_post()
        buyer = self._profile(self.customer)
        payer = self._profile(self.other_customer)
        self.assertEqual(buyer.revenue_total, 500.0)
        self.assertEqual(buyer.receivable_open, 0.0)
        # Money owed stays with the ledger's partner.
        self.assertEqual(payer.revenue_total, 0.0)
        self.assertEqual(payer.receivable_open, 500.0)

    def test_one_invoice_of_two_buyers(self):
        third = self._create_customer("Purchasing group")
        orders = self.env["sale.order"]
        for partner, amount in ((self.customer, 500.0), (self.other_customer, 20.0)):
            orders |= self._create_order(
                partner,
                amount,
                partner_invoice_id=third.id,
                partner_shipping_id=third.id,
            )
        invoice = orders._create_invoices(grouped=False)
        self.assertEqual(len(invoice), 1)
        invoice.write(
            {
                "invoice_line_ids": [
                    Command.create({"name": "Fee", "price_unit": 3.0, "tax_ids": False})
                ]
            }
        )
        invoice.action_post()
        # What no order accounts for goes to the first order's buyer.
        self.assertEqual(self._revenue(self.customer), 503.0)
        self.assertEqual(self._revenue(self.other_customer), 20.0)
        self.assertEqual(self._profile(third).purchase_count, 0)

    def test_own_company_is_no_customer(self):
        self._create_invoice(self.company.partner_id, 40.0)
        self.assertFalse(self._profile(self.company.partner_id))
        self._create_history(self.customer, "2025-01-10", 100.0)
        self.assertTrue(self._profile(self.customer))
        self.env["res.company"].create(
            {"name": "New subsidiary", "partner_id": self.customer.id}
        )
        self.assertFalse(self._profile(self.customer))

    def test_merge_through_odoos_wizard(self):
        self._create_history(self.customer, "2025-01-10", 100.0)
        self._create_history(self.other_customer, "2025-01-11", 10.0)
        self._create_invoice(self.other_customer, 40.0)
        self.assertEqual(self._revenue(self.other_customer), 50.0)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.other_customer).ids, self.customer)
        self.assertFalse(self.other_customer.exists())
        profile = self._profile(self.customer)
        self.assertEqual(profile.revenue_total, 150.0)
        self.assertEqual(profile.purchase_day_count, 3)

    def test_a_merged_contact_leaves_its_firm(self):
        contact = self._create_customer(
            "Contact", is_company=False, parent_id=self.customer.id
        )
        self._create_history(self.customer, "2025-01-10", 100.0)
        self._create_history(contact, "2025-01-11", 10.0)
        self.assertEqual(self._revenue(self.customer), 110.0)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((contact | self.other_customer).ids, self.other_customer)
        self.assertEqual(self._revenue(self.customer), 100.0)
        self.assertEqual(self._revenue(self.other_customer), 10.0)

    def test_branch_counts_for_the_root(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        self._create_order(self.customer, 400.0, company=branch)
        profile = self._profile(self.customer, branch)
        self.assertEqual(profile.company_id, self.company)
        self.assertEqual(profile.order_amount, 400.0)

    def test_deleted_partner_is_told_to_the_feed(self):
        partner = self._create_customer("Short-lived")
        history = self._create_history(partner, "2025-01-10", 100.0)
        self.assertTrue(self._profile(partner))
        history.unlink()
        partner_id = partner.id
        partner.unlink()
        feed = (
            self.env["crm.change.feed"]
            .sudo()
            .search([("partner_key", "=", partner_id)])
        )
        self.assertEqual(feed.mapped("action"), ["created", "removed"])
