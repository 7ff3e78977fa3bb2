from odoo.exceptions import AccessError
from odoo.tests import tagged

from .purchase_common import PurchaseImportCommon

MODEL = "crm.purchase.import.row"
HEADER = ["external_ref", "date", "customer_ref", "amount"]


@tagged("post_install", "-at_install")
class TestPurchaseImportLoad(PurchaseImportCommon):
    def load(self, columns, data, user=None, **context):
        model = self.env[MODEL].with_user(user or self.analyst)
        context.setdefault("allowed_company_ids", self.company.ids)
        result = model.with_context(**context).load(columns, data)
        self.env.invalidate_all()
        return result

    def test_load(self):
        result = self.load(HEADER, [["A", "2024-03-01", "C1", "12.5"]])
        self.assertEqual(result["ids"], self.history("A", source="file").ids)
        self.assertEqual((result["messages"], result["nextrow"]), ([], 0))
        self.assertEqual(result["purchases"]["created"], 1)
        self.assertEqual(self.history("A", source="file").amount_untaxed, 12.5)
        self.assertFalse(self.env[MODEL].search([]))

    def test_same_file_again(self):
        data = [["A", "2024-03-01", "C1", "12.5"], ["B", "2024-03-01", "C1", "1e1"]]
        self.load(HEADER, data)
        result = self.load(HEADER, data)
        self.assertEqual((result["ids"], result["messages"]), ([], []))
        self.assertEqual(result["purchases"]["unchanged"], 2)
        self.assertEqual(result["purchases"]["created"], 0)

    def test_bad_rows_are_told_and_nothing_is_written(self):
        result = self.load(
            [*HEADER, "channel"],
            [
                ["A", "2024-03-01", "C1", "1", ""],
                ["B", "2024-02-31", "C1", "1", ""],
                ["C", "2024-03-01", "C1", "1,5x", ""],
                ["D", "2024-03-01", "C1", "1", "nowhere"],
            ],
        )
        self.assertIs(result["ids"], False)
        messages = [message["message"] for message in result["messages"]]
        self.assertIn("row 2: date: ", messages[0])
        self.assertIn("2024-02-31", messages[0])
        self.assertIn("row 3: amount: ", messages[1])
        self.assertIn("row 4: channel: ", messages[2])
        self.assertFalse(self.history(source="file"))

    def test_all_columns(self):
        columns = [*HEADER, "customer_is_company", "customer_sex", "state", "cost"]
        columns += ["customer_id", "customer_birth_date", "source"]
        known = self.env["res.partner"].create({"name": "Known"})
        rows = [
            [
                "A",
                "2024-03-01",
                "C1",
                "1",
                "Yes",
                "FEMALE",
                "Done",
                "0",
                "",
                "",
                "till",
            ],
            ["B", "2024-03-01", "", "1", "", "", "", "", str(known.id), "", "web"],
            ["C", "2024-03-01", "C2", "", "no", "m", "Cancelled", "", "", "1980-01-02"]
            + ["till"],
        ]
        result = self.load(columns, rows)
        self.assertFalse(result["messages"])
        till = self.history(source="till")
        self.assertEqual(set(till.mapped("external_ref")), {"A", "C"})
        self.assertEqual(self.history("B", source="web").partner_id, known)
        self.assertEqual(self.history("C", source="till").state, "cancelled")
        self.assertTrue(self.history("A", source="till").line_ids.has_cost)
        self.assertFalse(self.history("B", source="web").line_ids.has_cost)
        self.assertTrue(self.customer("C1", "till").is_company)
        self.assertEqual(self.customer("C1", "till").crm_sex, "female")
        self.assertEqual(str(self.customer("C2", "till").crm_birth_date), "1980-01-02")

    def test_one_bad_source_keeps_the_other_out(self):
        columns = [*HEADER, "source"]
        rows = [
            ["A", "2024-03-01", "C1", "1", "till"],
            ["B", "2024-03-01", "C1", "x", "web"],
        ]
        [message] = self.load(columns, rows)["messages"]
        self.assertEqual(message["record"], 2)
        self.assertFalse(self.history(source="till"))

    def test_strange_columns_and_cells(self):
        for columns, cells in [
            (["id", *HEADER], ["x", "A", "2024-03-01", "C1", "1"]),
            (["external_ref/id", *HEADER], ["x", "A", "2024-03-01", "C1", "1"]),
            (HEADER, ["A", "2024-03-01", "C1", "nan"]),
            (HEADER, ["A", "2024-03-01", "C1", "1_000"]),
            (HEADER, ["A\x00", "2024-03-01", "C1", "1"]),
            (HEADER, [{}, [], None, object()]),
            (HEADER, []),
        ]:
            with self.subTest(columns=columns[0], cells=str(cells)[:20]):
                self.assertTrue(self.load(columns, [cells])["messages"])

    def test_missing_columns_are_told_once(self):
        data = [["1", "C1"]] * 50
        [message] = self.load(["amount", "customer_ref"], data)["messages"]
        self.assertIn("external_ref, date", message["message"])
        messages = self.load(HEADER[:3], [["A", "2024-03-01", "C1"]])["messages"]
        self.assertIn("row 1: amount: is missing", messages[0]["message"])

    def test_rights(self):
        nobody = self.user("imp_reader", "crm_relationship.group_reader")
        with self.assertRaises(AccessError):
            self.load(HEADER, [["A", "2024-03-01", "C1", "1"]], user=nobody)
        with self.assertRaises(AccessError):
            self.env[MODEL].with_user(self.analyst).create({"external_ref": "A"})
