from odoo.tests import TransactionCase, new_test_user


class PurchaseImportCommon(TransactionCase):
    """A company of its own, users of the roles that matter, short ways to import."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.usd = cls.env.ref("base.USD")
        cls.eur = cls.env.ref("base.EUR")
        (cls.usd | cls.eur).active = True
        cls.company = cls.env["res.company"].create(
            {"name": "Import Company", "currency_id": cls.usd.id}
        )
        cls.company.crm_tz = "UTC"
        cls.analyst = cls.user("imp_analyst", "crm_relationship.group_analyst")
        cls.information = cls.user(
            "imp_information", "crm_relationship.group_information"
        )
        cls.env["crm.channel"].create({"name": "Kiosk", "code": "imp_kiosk"})
        cls.kiosk = cls.env["crm.channel"].search([("code", "=", "imp_kiosk")])

    @classmethod
    def user(cls, login, groups, companies=None):
        """Make a user of the import company who may also create contacts."""
        companies = companies or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,base.group_partner_manager,{groups}",
            company_id=companies[0].id,
            company_ids=[(6, 0, companies.ids)],
        )

    def service(self, user=None, company=None):
        user = user or self.analyst
        company = company or self.company
        return (
            self.env["crm.purchase.import"]
            .with_user(user)
            .with_context(allowed_company_ids=company.ids)
        )

    def run_import(self, rows, user=None, company=None, source="imp", **options):
        options.setdefault("create_missing", True)
        result = self.service(user, company)._import_rows(rows, source, **options)
        self.env.invalidate_all()
        return result

    def row(self, ref="A", amount=10.0, **values):
        return {
            "external_ref": ref,
            "date": "2024-03-01",
            "customer_ref": "C1",
            "amount": amount,
            **values,
        }

    def history(self, ref=None, company=None, source="imp"):
        """Return imported purchases of the source, one by its reference."""
        domain = [
            ("company_id", "=", (company or self.company).id),
            ("source_id.code", "=", source),
        ]
        if ref:
            domain.append(("external_ref", "=", ref))
        return self.env["crm.purchase.history"].search(domain)

    def customer(self, ref="C1", source="imp", company=None):
        return (
            self.env["crm.external.ref"]
            .search(
                [
                    ("company_id", "=", (company or self.company).id),
                    ("source", "=", source),
                    ("ref", "=", ref),
                ]
            )
            .partner_id
        )

    def counts(self, result):
        """Return the counts that are not 0."""
        names = ("created", "updated", "unchanged", "cancelled", "skipped")
        names += ("customers_created", "customers_updated", "error_count")
        return {name: result[name] for name in names if result[name]}

    def reasons(self, result):
        return [(error["row"], error["field"]) for error in result["errors"]]

    def queued(self):
        """Return the partners queued since the last call, in the import company."""
        self.env.cr.flush()
        changes = self.env["crm.customer.change"].search([])
        company = self.company.id
        partners = {
            change.partner_key for change in changes if change.company_key == company
        }
        changes.unlink()
        return partners
