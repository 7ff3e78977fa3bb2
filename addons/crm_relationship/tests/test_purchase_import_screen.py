import csv
import io
import json
from datetime import date, datetime

import openpyxl

from odoo.tests import tagged
from odoo.tools import file_open

from .purchase_common import PurchaseImportCommon

MODEL = "crm.purchase.import.row"
HEADER = ["external_ref", "date", "customer_ref", "amount"]


@tagged("post_install", "-at_install")
class TestPurchaseImportScreen(PurchaseImportCommon):
    def screen(self, rows, header=None):
        """Return an import screen with a file of these rows."""
        buffer = io.StringIO()
        csv.writer(buffer).writerows([header or HEADER, *rows])
        return (
            self.env["base_import.import"]
            .with_user(self.analyst)
            .with_context(allowed_company_ids=self.company.ids)
            .create(
                {
                    "res_model": MODEL,
                    "file": buffer.getvalue().encode(),
                    "file_name": "purchases.csv",
                    "file_type": "text/csv",
                }
            )
        )

    def execute(self, screen, header=None, dryrun=False, **options):
        options = {
            "has_headers": True,
            "quoting": '"',
            "separator": ",",
            "encoding": "utf-8",
            "date_format": "",
            "float_thousand_separator": ",",
            "float_decimal_separator": ".",
            "skip": 0,
            "limit": 2000,
            **options,
        }
        header = header or HEADER
        # As the web client sends it, over the wire.
        options = json.loads(json.dumps(options))
        result = screen.execute_import(header, header, options, dryrun=dryrun)
        self.env.invalidate_all()
        return result

    def run_all(self, screen, **options):
        """Click Import: all batches, until there is an error or no next row."""
        ids, steps, skip = [], 0, 0
        while True:
            result = self.execute(screen, skip=skip, **options)
            steps += 1
            if result["messages"]:
                return result["messages"], ids, steps
            ids += result["ids"]
            skip = result["nextrow"]
            if not skip:
                return [], ids, steps

    def test_screen_reports_rows_of_the_file(self):
        rows = [[f"P{n}", "2024-03-01", "C1", "1.00"] for n in range(20)]
        rows[5][1] = "2024-02-30"
        rows[17][3] = "ten"
        screen = self.screen(rows)
        messages, _ids, _steps = self.run_all(screen)
        self.assertEqual([m["record"] for m in messages], [7, 19])
        self.assertIn("row 7: date: ", messages[0]["message"])
        self.assertIn("row 19: amount: ", messages[1]["message"])
        self.assertFalse(self.history(source="file"))
        rows[5][1], rows[17][3] = "2024-02-28", "$ 1,010.50"
        messages, ids, _steps = self.run_all(self.screen(rows))
        self.assertFalse(messages)
        self.assertEqual(len(ids), 20)
        self.assertEqual(self.history("P17", source="file").amount_untaxed, 1010.5)

    def test_excel(self):
        book = openpyxl.Workbook()
        for row in [
            [*HEADER, "customer_birth_date", "customer_zip", "quantity"],
            [4711, date(2024, 3, 1), 17, 12.5, datetime(1980, 1, 2), 2101, 2],
            ["B", "2024-03-01", "C2", 3, None, "02101", 1.5],
            ["C", "tomorrow", "C2", date(2024, 3, 1), None, None, True],
        ]:
            book.active.append(row)
        header = [*HEADER, "customer_birth_date", "customer_zip", "quantity"]
        screen = self.screen([], header)
        for last, expected in ((4, [4, 4, 4]), (3, [])):
            buffer = io.BytesIO()
            book.save(buffer)
            screen.write(
                {
                    "file": buffer.getvalue(),
                    "file_name": "purchases.xlsx",
                    "file_type": "application/vnd.openxmlformats-officedocument."
                    "spreadsheetml.sheet",
                }
            )
            result = self.execute(screen, header)
            self.assertEqual([m["record"] for m in result["messages"]], expected)
            book.active.delete_rows(last)
        history = self.history("4711", source="file")
        self.assertEqual(
            (str(history.date), history.amount_untaxed), ("2024-03-01", 12.5)
        )
        customer = self.customer("17", "file")
        self.assertEqual(str(customer.crm_birth_date), "1980-01-02")
        self.assertEqual(customer.zip, "2101")
        self.assertEqual(self.customer("C2", "file").zip, "02101")

    def test_date_format_of_the_screen(self):
        rows = [["A", "28.02.2024", "C1", "1"], ["B", "30.02.2024", "C1", "1"]]
        result = self.execute(self.screen(rows), date_format="%d.%m.%Y")
        self.assertEqual([m["record"] for m in result["messages"]], [3])
        self.execute(self.screen(rows[:1]), date_format="%d.%m.%Y")
        self.assertEqual(str(self.history("A", source="file").date), "2024-02-28")

    def test_test_button_writes_nothing(self):
        screen = self.screen([["A", "2024-03-01", "C1", "1"]])
        result = self.execute(screen, dryrun=True)
        self.assertEqual(result["purchases"]["created"], 1)
        self.assertFalse(self.history(source="file") or self.customer(source="file"))
        self.assertEqual(len(self.run_all(screen)[1]), 1)

    def test_bad_row_in_the_last_batch_keeps_the_first_out(self):
        rows = [[f"P{n}", "2024-03-01", "C1", "1.00"] for n in range(25)]
        rows[24][1] = "yesterday"
        messages, ids, steps = self.run_all(self.screen(rows), limit=10)
        self.assertEqual([m["record"] for m in messages], [26])
        self.assertEqual((ids, steps), ([], 1))
        self.assertFalse(self.history(source="file"))

    def test_batches_do_not_cut_purchases(self):
        header = [*HEADER, "line_ref"]
        rows = []
        for number in range(8):
            for line in range(4):
                # Only the first line names the customer, as exports often do.
                customer = f"C{number}" if not line else ""
                rows.append([f"P{number}", "2024-03-01", customer, "2.5", str(line)])
        for dryrun in (True, False):
            screen = self.screen(rows, header)
            skip, ends = 0, []
            while True:
                result = self.execute(
                    screen, header, skip=skip, limit=10, dryrun=dryrun
                )
                self.assertFalse(result["messages"])
                skip = result["nextrow"]
                ends.append(skip)
                if not skip:
                    break
            self.assertEqual(ends, [12, 24, 0])
        histories = self.history(source="file")
        self.assertEqual(histories.mapped("amount_untaxed"), [10.0] * 8)

    def test_purchase_scattered_over_batches(self):
        header = [*HEADER, "line_ref"]
        rows = [
            [f"P{number}", "2024-03-01", f"C{number}", "2.5", str(line)]
            for line in range(4)
            for number in range(8)
        ]
        messages, _ids, steps = self.run_all(
            self.screen(rows, header), header=header, limit=5
        )
        self.assertFalse(messages)
        self.assertEqual(steps, 7)
        self.assertEqual(
            self.history(source="file").mapped("amount_untaxed"), [10.0] * 8
        )
        # Two rows of one purchase that disagree are found across batches, too.
        rows[-1][1] = "2024-03-02"
        messages, _ids, _steps = self.run_all(
            self.screen(rows, header), header=header, limit=5
        )
        self.assertIn("2024-03-02", messages[0]["message"])

    def test_one_field_from_two_columns(self):
        header = [*HEADER, "product_name"]
        screen = self.screen([["A", "2024-03-01", "C1", "1", "Green"]], header)
        screen.file = screen.file.replace(b"product_name", b"product_name,product_name")
        screen.file = screen.file.replace(b"Green", b"Green,tea")
        result = self.execute(screen, [*header, "product_name"])
        self.assertFalse(result["messages"])
        line = self.history("A", source="file").line_ids
        self.assertEqual(line.product_name, "Green tea")

    def test_start_at_a_later_line(self):
        rows = [[f"P{n}", "2024-03-01", "C1", "1"] for n in range(6)]
        rows[4][3] = "x"
        result = self.execute(self.screen(rows), skip=3)
        self.assertEqual([m["record"] for m in result["messages"]], [6])
        rows[4][3] = "1"
        self.execute(self.screen(rows), skip=3)
        self.assertEqual(len(self.history(source="file")), 3)

    def test_preview_and_template(self):
        [template] = self.env[MODEL].get_import_templates()
        with file_open(template["template"].lstrip("/")) as file:
            header, *rows = csv.reader(file)
        fields = self.env[MODEL]._fields
        self.assertLessEqual(set(header), set(fields))
        ours = {name for name in fields if name not in ("id", "display_name")}
        ours -= {"create_uid", "create_date", "write_uid", "write_date"}
        self.assertEqual(ours - set(header), {"customer_id"})
        screen = self.screen(rows, header)
        preview = screen.parse_preview({"has_headers": True, "quoting": '"'})
        self.assertNotIn("error", preview)
        matches = {header[i]: path for i, path in preview["matches"].items()}
        self.assertEqual(matches, {name: [name] for name in header})
        for row in rows:
            row[header.index("channel")] = "imp_kiosk"
        messages, ids, _steps = self.run_all(self.screen(rows, header), header=header)
        self.assertFalse(messages)
        self.assertEqual(len(ids), 2)
        history = self.history("S-1001", source="tills")
        self.assertEqual(history.amount_untaxed, 41.97)
        self.assertEqual(history.partner_id.crm_income_band, "30,000-50,000")
