import io

import openpyxl

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import SegmentationCommon

HOSTILE = (
    '=HYPERLINK("http://evil.example","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "  =1+1",
    "http://evil.example",
    "{=1+1}",
    "12345678901234567890",
    "Ordinary Ltd",
)


def _words(text):
    """Control characters are written differently by programs; compare words."""
    return " ".join((text or "").split())


class ExportCommon(SegmentationCommon):
    def _sheet(self, content):
        return openpyxl.load_workbook(io.BytesIO(content)).active

    def _export(self, segment, user=None):
        output = io.BytesIO()
        segment = segment.with_user(user or self.manager)
        count = segment.env["crm.segment.export"]._write_members(segment, output)
        return count, self._sheet(output.getvalue())


@tagged("post_install", "-at_install")
class TestSegmentExport(ExportCommon):
    def test_data_never_becomes_a_formula(self):
        for name in HOSTILE:
            self._add_profile(
                name, partner={"ref": name, "city": name, "email": name, "street": name}
            )
        segment = self._create_segment(domain="[]")
        count, sheet = self._export(segment)
        self.assertEqual(count, len(HOSTILE))
        seen = set()
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                self.assertNotEqual(cell.data_type, "f", cell.value)
                self.assertIsNone(cell.hyperlink, cell.value)
            seen.add(_words(row[1].value))
        self.assertEqual(seen, {_words(name) for name in HOSTILE})
        raw = io.BytesIO()
        segment.env["crm.segment.export"]._write_members(segment, raw)
        xml = openpyxl.reader.excel.ZipFile(raw).read("xl/worksheets/sheet1.xml")
        self.assertNotIn(b"<f>", xml)
        self.assertNotIn(b"<hyperlink", xml)

    def test_values_keep_their_type(self):
        profile = self._add_profile("Rich", 10, 9, 5000.5)
        segment = self._create_segment(domain="[]")
        _count, sheet = self._export(segment)
        headings = [cell.value for cell in sheet[1]]
        row = dict(zip(headings, [cell.value for cell in sheet[2]], strict=True))
        self.assertEqual(row["Customer number"], profile.partner_id.id)
        self.assertEqual(row["Revenue"], 5000.5)
        self.assertEqual(row["Last purchase"].date(), profile.last_purchase_date)
        self.assertEqual(len(headings), len(set(headings)), headings)

    def test_pages(self):
        for number in range(7):
            self._add_profile(f"C{number}")
        segment = self._create_segment(domain="[]")
        from unittest.mock import patch

        with (
            patch("odoo.addons.crm_segmentation.models.crm_segment_export.PAGE", 3),
            patch(
                "odoo.addons.crm_segmentation.models.crm_segment_export.SHEET_ROWS", 4
            ),
        ):
            output = io.BytesIO()
            count = segment.env["crm.segment.export"]._write_members(segment, output)
        book = openpyxl.load_workbook(output)
        self.assertEqual(count, 7)
        self.assertEqual([sheet.max_row for sheet in book], [5, 4])
        names = [row[1].value for sheet in book for row in sheet.iter_rows(min_row=2)]
        self.assertEqual(sorted(names), [f"C{number}" for number in range(7)])

    def test_rights(self):
        self._add_profile("Rich")
        segment = self._create_segment(domain="[]")
        self.reader.group_ids -= self.env.ref("base.group_allow_export")
        with self.assertRaises(AccessError):
            self._export(segment, self.reader)
        with self.assertRaises(AccessError):
            segment.with_user(self.reader).action_export()
        foreign = self._new_user(
            "seg_foreign", "group_segmentation", self.other_company
        )
        with self.assertRaises(AccessError):
            self._export(segment.with_context(allowed_company_ids=[]), foreign)
        with self.assertRaises(AccessError):
            self._export(segment, self.salesman)


@tagged("post_install", "-at_install")
class TestSegmentExportHttp(ExportCommon, HttpCase):
    def test_download(self):
        self._add_profile("=1+1")
        segment = self._create_segment(domain="[]", name="A/b „c“")
        url = segment.action_export()["url"]
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(url).url)
        self.authenticate("seg_manager", "seg_manager")
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertIn("spreadsheetml", response.headers["Content-Type"])
        self.assertEqual(int(response.headers["Content-Length"]), len(response.content))
        sheet = self._sheet(response.content)
        self.assertEqual((sheet.max_row, sheet["B2"].value), (2, "=1+1"))
        self.assertIn("exported 1 members", segment.message_ids[0].body)

    @mute_logger("odoo.http")
    def test_refusals(self):
        segment = self._create_segment(domain="[]")
        url = f"/crm_segmentation/segment/{segment.id}/members.xlsx"
        self.authenticate("seg_salesman", "seg_salesman")
        self.assertEqual(self.url_open(url).status_code, 403)
        self.authenticate("seg_manager", "seg_manager")
        missing = "/crm_segmentation/segment/0/members.xlsx"
        self.assertEqual(self.url_open(missing).status_code, 404)
