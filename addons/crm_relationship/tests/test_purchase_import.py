from datetime import date

from odoo.tests import tagged

from .purchase_common import PurchaseImportCommon


@tagged("post_install", "-at_install")
class TestPurchaseImport(PurchaseImportCommon):
    def test_answer(self):
        result = self.run_import([self.row(), self.row("B", customer_ref="C2")])
        self.assertEqual(
            result,
            {
                "created": 2,
                "updated": 0,
                "unchanged": 0,
                "cancelled": 0,
                "skipped": 0,
                "customers_created": 2,
                "customers_updated": 0,
                "errors": [],
                "error_count": 0,
                "source": "imp",
                "currency": "USD",
            },
        )

    def test_headers(self):
        self.run_import(
            [
                self.row(quantity=2, list_amount=12.0, discount=2.0, cost=4.0),
                self.row(line_ref="2", amount=5.5, channel="imp_kiosk"),
                self.row("B", -3.0, customer_ref="C2", date="2024-03-02"),
            ]
        )
        history = self.history("A")
        self.assertRecordValues(
            history,
            [
                {
                    "date": date(2024, 3, 1),
                    "state": "done",
                    "amount_untaxed": 15.5,
                    "amount_company": 15.5,
                    "currency_rate": 1.0,
                    "currency_id": self.usd.id,
                    "channel_id": self.kiosk.id,
                    "company_id": self.company.id,
                    "partner_id": self.customer().id,
                    "create_uid": self.analyst.id,
                }
            ],
        )
        self.assertEqual(self.history("B").amount_untaxed, -3.0)
        self.assertEqual(history.source_id.name, "imp")

    def test_lines(self):
        self.run_import(
            [
                self.row(quantity=2, list_amount=12.0, discount=2.0, cost=4.0),
                self.row(line_ref="2", amount=5.5, channel="imp_kiosk"),
                self.row("B", -3.0, customer_ref="C2", date="2024-03-02"),
            ]
        )
        self.assertRecordValues(
            self.history("A").line_ids.sorted("line_ref"),
            [
                {
                    "line_ref": "1",
                    "quantity": 2.0,
                    "list_amount": 12.0,
                    "discount_amount": 2.0,
                    "amount_untaxed": 10.0,
                    "cost": 4.0,
                    "has_cost": True,
                },
                {
                    "line_ref": "2",
                    "quantity": 0.0,
                    "list_amount": 0.0,
                    "discount_amount": 0.0,
                    "amount_untaxed": 5.5,
                    "cost": 0.0,
                    "has_cost": False,
                },
            ],
        )

    def test_same_rows_again_touch_nothing(self):
        rows = [self.row(cost=1.005, quantity=1 / 3), self.row("B", 1.239)]
        self.run_import(rows)
        before = self.snapshot()
        self.queued()
        self.assertEqual(self.counts(self.run_import(rows)), {"unchanged": 2})
        self.assertEqual(self.snapshot(), before)
        self.assertFalse(self.queued())

    def snapshot(self):
        """Return all rows of our tables with their versions, and the next ids."""
        self.env.cr.execute(
            """SELECT 'h', id, xmin::text, write_date FROM crm_purchase_history
           UNION ALL
               SELECT 'l', id, xmin::text, write_date FROM crm_purchase_history_line
           UNION ALL
               SELECT 'r', id, xmin::text, write_date FROM crm_external_ref
           UNION ALL
               SELECT 's', last_value, '', NULL FROM crm_purchase_history_id_seq
           UNION ALL
               SELECT 's', last_value, '', NULL FROM crm_purchase_history_line_id_seq
           UNION ALL
               SELECT 's', last_value, '', NULL FROM crm_external_ref_id_seq"""
        )
        return sorted(self.env.cr.fetchall(), key=str)

    def test_changed_rows(self):
        self.run_import([self.row(), self.row(line_ref="2", amount=1.0), self.row("B")])
        ids = self.history().line_ids.ids
        self.queued()
        result = self.run_import([self.row(amount=20.0), self.row("B")])
        self.assertEqual(self.counts(result), {"updated": 1, "unchanged": 1})
        self.assertEqual(self.history("A").amount_untaxed, 21.0)
        self.assertEqual(self.history().line_ids.ids, ids)
        self.assertEqual(self.queued(), {self.customer().id})

    def test_left_out_keeps_and_empty_clears(self):
        self.run_import([self.row(channel="imp_kiosk", product_name="Tea", cost=2.0)])
        self.assertEqual(self.counts(self.run_import([self.row()])), {"unchanged": 1})
        row = self.row(channel="", product_name=None, cost="")
        self.assertEqual(self.counts(self.run_import([row])), {"updated": 1})
        history = self.history("A")
        self.assertFalse(history.channel_id)
        self.assertRecordValues(
            history.line_ids, [{"product_name": False, "has_cost": False, "cost": 0.0}]
        )

    def test_cancelled_and_back(self):
        rows = [self.row(), self.row(line_ref="2", amount=5.0)]
        self.run_import(rows)
        partner = self.customer()
        self.queued()
        one = {**rows[0], "line_ref": "1", "state": "cancelled"}
        self.assertEqual(self.counts(self.run_import([one])), {"updated": 1})
        self.assertEqual(self.history("A").amount_untaxed, 5.0)
        whole = {"external_ref": "A", "date": "2024-03-01", "state": "cancelled"}
        self.assertEqual(self.counts(self.run_import([whole])), {"cancelled": 1})
        history = self.history("A")
        self.assertEqual((history.state, history.amount_company), ("cancelled", 0.0))
        self.assertEqual(history.line_ids.mapped("state"), ["cancelled"] * 2)
        self.assertEqual(sum(history.line_ids.mapped("amount_untaxed")), 15.0)
        self.assertEqual(self.queued(), {partner.id})
        self.assertEqual(self.counts(self.run_import([whole])), {"unchanged": 1})
        self.assertEqual(self.counts(self.run_import(rows)), {"updated": 1})
        self.assertEqual((history.state, history.amount_company), ("done", 15.0))

    def test_cancelling_line_by_line_cancels_the_purchase(self):
        rows = [self.row(), self.row(line_ref="2")]
        self.run_import(rows)
        rows = [{**row, "state": "cancelled"} for row in rows]
        self.assertEqual(self.counts(self.run_import(rows)), {"cancelled": 1})

    def test_new_purchase_may_come_cancelled(self):
        result = self.run_import([self.row(state="cancelled", amount="")])
        self.assertEqual(result["created"], 1)
        self.assertEqual(self.history("A").state, "cancelled")

    def test_changed_buyer_queues_both(self):
        self.run_import([self.row()])
        before = self.customer()
        self.queued()
        self.run_import([self.row(customer_ref="C2")])
        after = self.customer("C2")
        self.assertEqual(self.history("A").partner_id, after)
        self.assertEqual(self.queued(), {before.id, after.id})

    def test_reject_writes_nothing(self):
        bad = [self.row("B", "x"), self.row("C", date="2024-02-30")]
        result = self.run_import([self.row(), *bad])
        self.assertEqual(self.reasons(result), [(2, "amount"), (3, "date")])
        self.assertEqual(self.counts(result), {"skipped": 3, "error_count": 2})
        self.assertIn("2024-02-30", result["errors"][1]["reason"])
        self.assertFalse(self.history() or self.customer())
        sources = self.env["crm.purchase.source"]
        self.assertFalse(sources.search([("company_id", "=", self.company.id)]))

    def test_skip_writes_the_good_ones_whole(self):
        rows = [
            self.row(),
            self.row("B"),
            self.row("B", "x", line_ref="2"),
            "nonsense",
            self.row("C", customer_ref="C2", channel="no_such"),
        ]
        result = self.run_import(rows, on_error="skip")
        self.assertEqual(
            self.counts(result),
            {"created": 1, "skipped": 3, "customers_created": 1, "error_count": 3},
        )
        self.assertEqual(self.history().mapped("external_ref"), ["A"])
        self.assertFalse(self.customer("C2"))

    def test_only_the_first_errors_are_listed(self):
        result = self.run_import([self.row(str(n), None) for n in range(150)])
        self.assertEqual((len(result["errors"]), result["error_count"]), (100, 150))

    def test_references(self):
        product = self.env["product.product"].create(
            {"name": "Tea", "default_code": "IMP-TEA"}
        )
        self.env["product.product"].create(
            [{"name": name, "default_code": "IMP-TWICE"} for name in "ab"]
        )
        category = self.env["product.category"].create({"name": "Imp Drinks"})
        rows = [
            self.row(product_code="IMP-TEA", product_category="Imp Drinks"),
            self.row("B", product_code="IMP-UNKNOWN", product_category="Imp Nothing"),
            self.row("C", product_code="IMP-TWICE"),
            self.row("D", channel="IMP_KIOSK"),
            self.row("E", currency="XYZ"),
            self.row("F", currency="usd"),
        ]
        result = self.run_import(rows, on_error="skip")
        self.assertEqual(
            self.reasons(result), [(3, "product_code"), (4, "channel"), (5, "currency")]
        )
        self.assertIn("imp_kiosk", result["errors"][1]["reason"])
        known, unknown = self.history("A").line_ids, self.history("B").line_ids
        self.assertEqual((known.product_id, known.category_id), (product, category))
        self.assertEqual(unknown.product_code, "IMP-UNKNOWN")
        self.assertFalse(unknown.product_id or unknown.category_id)
