from odoo.exceptions import AccessError
from odoo.tests import tagged

from .purchase_common import PurchaseImportCommon


@tagged("post_install", "-at_install")
class TestPurchaseImportMoney(PurchaseImportCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {"name": "Import Branch", "parent_id": cls.company.id}
        )
        cls.second = cls.env["res.company"].create(
            {"name": "Import Second", "currency_id": cls.eur.id}
        )
        companies = cls.company + cls.branch + cls.second
        cls.everywhere = cls.user(
            "imp_all", "crm_relationship.group_information", companies
        )
        cls.env["res.currency.rate"].search([]).unlink()
        for company, day, rate in [
            (cls.company, "2024-01-01", 0.8),
            (cls.company, "2024-03-01", 0.5),
            (False, "2024-02-01", 0.1),
        ]:
            cls.rate(cls.eur, company, day, rate)

    @classmethod
    def rate(cls, currency, company, day, rate):
        return cls.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "company_id": company.id if company else False,
                "name": day,
                "rate": rate,
            }
        )

    def test_rate_of_the_day(self):
        for ref, day, amount in [
            ("A", "2024-01-01", 12.5),
            ("B", "2024-02-29", 12.5),
            ("C", "2024-03-01", 20.0),
            ("D", "2024-05-01", 20.0),
        ]:
            self.run_import([self.row(ref, date=day, currency="EUR")])
            history = self.history(ref)
            self.assertEqual(history.currency_id, self.eur)
            self.assertEqual(history.amount_untaxed, 10.0)
            self.assertEqual(history.amount_company, amount, ref)
        self.run_import([self.row("E", date="2023-01-01")])
        self.assertEqual(self.history("E").amount_company, 10.0)

    def test_core_converts_to_the_same(self):
        row = self.row(amount=33.33, currency="EUR", date="2024-02-15")
        self.run_import([row])
        history = self.history("A")
        converted = self.eur._convert(33.33, self.usd, self.company, history.date)
        self.assertEqual(history.amount_company, converted)

    def test_missing_rate_is_named(self):
        rows = [self.row(date="2023-12-31", currency="EUR"), self.row("B")]
        result = self.run_import(rows)
        self.assertEqual(self.reasons(result), [(1, "currency")])
        self.assertIn("EUR on or before 2023-12-31", result["errors"][0]["reason"])
        self.assertFalse(self.history())
        self.assertEqual(self.run_import(rows, on_error="skip")["created"], 1)

    def test_missing_rate_of_the_own_currency(self):
        """Where the company's currency is rated itself, 1 would be made up."""
        self.rate(self.usd, self.company, "2024-02-01", 2.0)
        result = self.run_import([self.row(currency="EUR", date="2024-01-15")])
        self.assertEqual(self.reasons(result), [(1, "currency")])
        self.run_import([self.row(currency="EUR", date="2024-02-15")])
        self.assertEqual(self.history("A").amount_company, 25.0)

    def test_inactive_currency(self):
        pound = self.env.ref("base.GBP")
        self.rate(pound, self.company, "2024-01-01", 0.9)
        pound.active = False
        result = self.run_import([self.row(currency="GBP")])
        self.assertEqual(self.reasons(result), [(1, "currency")])

    def test_history_is_not_valued_again(self):
        row = self.row(currency="EUR")
        self.run_import([row])
        self.env["res.currency.rate"].search([]).unlink()
        self.assertEqual(self.counts(self.run_import([row])), {"unchanged": 1})
        self.assertEqual(self.run_import([row | {"amount": 20.0}])["updated"], 1)
        self.assertEqual(self.history("A").amount_company, 40.0)
        moved = self.run_import([row | {"date": "2024-04-01"}])
        self.assertEqual(self.reasons(moved), [(1, "currency")])

    def test_change_of_currency(self):
        rows = [self.row(), self.row(line_ref="2", amount=5.0)]
        self.run_import(rows)
        result = self.run_import([self.row(currency="EUR")])
        self.assertEqual(self.reasons(result), [(1, "currency")])
        self.run_import([{**row, "currency": "EUR"} for row in rows])
        history = self.history("A")
        self.assertEqual((history.amount_untaxed, history.amount_company), (15.0, 30.0))
        # A row that does not name a currency is in the purchase's.
        self.run_import([self.row(amount=20.0)])
        self.assertEqual((history.currency_id, history.amount_untaxed), (self.eur, 25))

    def test_rounding(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.rate(yen, self.company, "2024-01-01", 3.0)
        row = self.row(currency="JPY", amount=10.5, quantity=1.23456)
        self.run_import([row])
        history = self.history("A")
        self.assertEqual((history.amount_untaxed, history.amount_company), (11.0, 3.67))
        precision = self.env["decimal.precision"].precision_get("Product Unit")
        self.assertEqual(history.line_ids.quantity, round(1.23456, precision))
        self.assertEqual(self.counts(self.run_import([row])), {"unchanged": 1})

    def test_companies_do_not_mix(self):
        row = self.row()
        first = self.run_import([row], user=self.everywhere)
        second = self.run_import([row], user=self.everywhere, company=self.second)
        self.assertEqual((first["currency"], second["currency"]), ("USD", "EUR"))
        self.assertEqual((first["created"], second["created"]), (1, 1))
        mine = self.history("A")
        theirs = self.history("A", self.second)
        self.assertNotEqual(mine.source_id, theirs.source_id)
        self.assertNotEqual(mine.partner_id, theirs.partner_id)
        self.assertEqual(theirs.currency_id, self.eur)

    def test_branch_has_its_own_purchases_and_the_rates_of_the_root(self):
        row = self.row(currency="EUR")
        self.queued()
        self.run_import([row], user=self.everywhere, company=self.branch)
        history = self.history("A", self.branch)
        self.assertEqual(history.company_id, self.branch)
        self.assertEqual(history.amount_company, 20.0)
        self.assertEqual(self.queued(), {history.partner_id.id})

    def test_only_own_companies(self):
        with self.assertRaises(AccessError):
            self.run_import([self.row()], company=self.second)
        foreign = self.env["res.partner"].create(
            {"name": "Theirs", "company_id": self.second.id}
        )
        for user in (self.analyst, self.everywhere):
            row = self.row(customer_ref="", customer_id=foreign.id)
            result = self.run_import([row], user=user)
            self.assertEqual(self.reasons(result), [(1, "customer_id")])

    def test_history_is_seen_in_its_company(self):
        self.run_import([self.row()], user=self.everywhere)
        self.run_import([self.row()], user=self.everywhere, company=self.second)
        for model in ("crm.purchase.history", "crm.purchase.history.line"):
            seen = self.env[model].with_user(self.analyst).search([])
            self.assertEqual(seen.company_id, self.company)
        for model in ("crm.external.ref", "crm.purchase.source"):
            seen = self.env[model].with_user(self.analyst).search([])
            self.assertEqual(seen.company_id, self.company)

    def test_channels_of_the_company(self):
        values = {"name": "Booth", "code": "imp_booth"}
        own, shared, foreign = self.env["crm.channel"].create(
            [
                {**values, "company_id": self.company.id},
                values,
                {"name": "X", "code": "imp_x", "company_id": self.second.id},
            ]
        )
        self.run_import([self.row(channel="imp_booth")])
        self.assertEqual(self.history("A").channel_id, own)
        self.run_import(
            [self.row(channel="imp_booth")], user=self.everywhere, company=self.second
        )
        self.assertEqual(self.history("A", self.second).channel_id, shared)
        result = self.run_import([self.row("B", channel=foreign.code)])
        self.assertEqual(self.reasons(result), [(1, "channel")])
