import random
import time
from datetime import date, timedelta

from odoo.tests import tagged

from .purchase_common import PurchaseImportCommon

START = date(1997, 1, 1)


@tagged("post_install", "-at_install", "crm_performance")
class TestPurchaseImportScale(PurchaseImportCommon):
    def rows(self, count, customers, prefix="P", seed=1):
        """Return purchases like those of a record shop: many buy once, some often."""
        rng = random.Random(seed)
        return [
            {
                "external_ref": f"{prefix}{number}",
                "date": str(START + timedelta(days=rng.randrange(545))),
                "customer_ref": f"C{int(customers * rng.random() ** 2)}",
                "quantity": rng.choice([1, 1, 1, 2, 2, 3, 5]),
                "amount": round(rng.expovariate(1 / 35), 2),
                "product_code": f"CD-{rng.randrange(40)}",
                "channel": "imp_kiosk",
            }
            for number in range(count)
        ]

    def measure(self, rows, **options):
        """Return the result, the number of queries and the seconds of an import."""
        queries, start = self.env.cr.sql_log_count, time.monotonic()
        result = self.run_import(rows, **options)
        seconds = time.monotonic() - start
        return result, self.env.cr.sql_log_count - queries, seconds

    def test_ten_thousand_rows(self):
        rows = self.rows(10_000, 2_500)
        people = {row["customer_ref"] for row in rows}
        self.queued()
        result, _queries, seconds = self.measure(rows)
        self.assertEqual(
            self.counts(result),
            {"created": 10_000, "customers_created": len(people)},
        )
        # Generous: a shared machine; contacts made by the ORM take most of it.
        self.assertLess(seconds, 60)
        self.env.cr.execute(
            """SELECT COUNT(*), SUM(amount_company), COUNT(DISTINCT partner_id)
                 FROM crm_purchase_history WHERE company_id = %s""",
            [self.company.id],
        )
        count, amount, buyers = self.env.cr.fetchone()
        self.assertEqual((count, buyers), (10_000, len(people)))
        self.assertAlmostEqual(amount, sum(row["amount"] for row in rows), places=2)
        self.assertTrue(self.queued() == set(self.history().partner_id.ids))
        result, _queries, seconds = self.measure(rows)
        self.assertEqual(self.counts(result), {"unchanged": 10_000})
        self.assertLess(seconds, 30)

    def test_queries_do_not_grow_with_rows(self):
        customers = 20
        self.run_import(self.rows(200, customers, "warm"))
        for change in (
            {},
            {"amount": 1.0},
            {"amount": 1.0, "customer_city": "Springfield"},
            {"state": "cancelled"},
        ):
            counts = []
            for count, prefix in ((50, "few"), (1500, "many")):
                rows = self.rows(count, customers, prefix)
                rows = [{**row, **change} for row in rows]
                _result, queries, _seconds = self.measure(rows)
                counts.append(queries)
            with self.subTest(**change):
                self.assertLessEqual(counts[1], counts[0] + 2)
                self.assertLess(counts[1], 40)

    def test_queries_do_not_grow_with_contacts_completed(self):
        counts = []
        for count in (20, 400):
            rows = [
                self.row(f"{count}-{n}", customer_ref=f"{count}-{n}")
                for n in range(count)
            ]
            self.run_import(rows)
            for number, row in enumerate(rows):
                row["customer_name"] = f"Name {number}"
                row["customer_email"] = f"n{number}@imp.example"
            result, queries, _seconds = self.measure(rows)
            self.assertEqual(result["customers_updated"], count)
            counts.append(queries)
        # Core reads and writes in sets of 100 and more.
        self.assertLess(counts[1], counts[0] + 30)

    def test_queries_do_not_grow_with_errors(self):
        counts = []
        for count in (10, 1000):
            rows = self.rows(count, 10)
            for row in rows[::2]:
                row.update(currency="ZZZ", channel="none")
            result, queries, _seconds = self.measure(rows, on_error="skip")
            self.assertEqual(result["error_count"], count)
            counts.append(queries)
        self.assertLessEqual(counts[1], counts[0] + 2)
