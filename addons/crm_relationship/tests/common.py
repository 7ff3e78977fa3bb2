from odoo import Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class RelationshipCommon(AccountTestInvoicingCommon):
    """Customers, documents of every source, and a queue worked off on demand."""

    @classmethod
    def get_default_groups(cls):
        groups = super().get_default_groups()
        return (
            groups
            | cls.quick_ref("crm_relationship.group_information")
            | cls.quick_ref("sales_team.group_sale_manager")
            | cls.quick_ref("base.group_partner_manager")
            | cls.quick_ref("base.group_system")
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company.crm_tz = "UTC"
        cls.customer = cls._create_customer("Customer A")
        cls.other_customer = cls._create_customer("Customer B")
        cls.source = (
            cls.env["crm.purchase.source"]
            .sudo()
            .create({"name": "Old shop", "code": "shop", "company_id": cls.company.id})
        )
        cls.reference = 0

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "company_id": False, **values}
        )

    @classmethod
    def _create_history(cls, partner, date, amount, source=None, **values):
        """Create an imported purchase of one line."""
        source = source or cls.source
        cls.reference += 1
        history = (
            cls.env["crm.purchase.history"]
            .sudo()
            .create(
                {
                    "company_id": source.company_id.id,
                    "source_id": source.id,
                    "external_ref": f"R{cls.reference}",
                    "partner_id": partner.id,
                    "date": date,
                    "currency_id": source.company_id.currency_id.id,
                    "amount_untaxed": amount,
                    "amount_company": amount,
                    "line_ids": [
                        Command.create({"amount_untaxed": amount, "quantity": 1.0})
                    ],
                    **values,
                }
            )
        )
        cls.env["crm.customer.change"]._enqueue([(source.company_id.id, partner.id)])
        return history

    def _create_order(self, partner, amount, company=None, confirm=True, **values):
        company = company or self.company
        order = (
            self.env["sale.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.product_a.id,
                                "product_uom_qty": 1.0,
                                "price_unit": amount,
                                "tax_ids": False,
                            }
                        )
                    ],
                    **values,
                }
            )
        )
        if confirm:
            order.action_confirm()
        return order

    def _create_invoice(self, partner, amount, date=None, **values):
        return self.init_invoice(
            values.pop("move_type", "out_invoice"),
            partner=partner,
            invoice_date=date or fields.Date.today(),
            amounts=[amount],
            post=True,
            **values,
        )

    def _work_off_queue(self, company=None):
        """Do what the refresher does after a commit, on the test's cursor."""
        self.env.cr.flush()
        root = (company or self.company).root_id
        refresh = self.env["crm.customer.refresh"].sudo()
        while refresh._refresh_queued(root.id, 1000):
            pass
        self.env.invalidate_all()

    def _profile(self, partner, company=None):
        """Return the customer's profile after everything queued was worked off."""
        self._work_off_queue(company)
        root = (company or self.company).root_id
        return (
            self.env["crm.customer.profile"]
            .sudo()
            .with_context(active_test=False)
            .search([("company_id", "=", root.id), ("partner_id", "=", partner.id)])
        )
