from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import AccessError

# Rows read at once; memory stays at a page's size whatever the segment's.
PAGE = 2000
# What a sheet holds, its heading left out.
SHEET_ROWS = 1_048_575
COLUMNS = (
    *("partner_id.id", "partner_id.complete_name", "partner_id.ref"),
    *("partner_id.email", "partner_id.phone", "partner_id.street"),
    *("partner_id.zip", "partner_id.city", "partner_id.state_id"),
    *("partner_id.country_id", "partner_id.lang", "user_id"),
    *("first_purchase_date", "last_purchase_date"),
    *("purchase_count", "purchase_day_count", "revenue_total", "revenue_12m"),
    *("receivable_open", "receivable_overdue"),
    *("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm_cell_id"),
)


class Column(NamedTuple):
    """A column of the export: its heading, and the path to its value."""

    label: str
    path: tuple[str, ...]


class CrmSegmentExport(models.AbstractModel):
    """Writes a segment's members to a spreadsheet, as the current user sees them.

    Every text is written as text: no name of a customer ever becomes a formula or a
    link in somebody's spreadsheet program.
    """

    _name = "crm.segment.export"
    _description = "Segment Export"

    @api.model
    def _check_allowed(self, segment) -> None:
        """Refuse who may not see the segment or take data out of the system."""
        segment.check_access("read")
        if not self.env.user.has_group("base.group_allow_export"):
            raise AccessError(
                self.env._(
                    "You may look at this segment but not export it. The right "
                    "“Access to export feature” is given by your administrator."
                )
            )

    @api.model
    def _columns(self) -> list[Column]:
        """Return the columns that the current user may see."""
        columns = []
        for path in COLUMNS:
            names = tuple(path.split("."))
            model = self.env["crm.customer.profile"]
            label = None
            for name in names:
                field = model._fields[name]
                if not model._has_field_access(field, "read"):
                    break
                if name not in ("id", "complete_name"):
                    label = field.get_description(self.env, ["string"])["string"]
                if field.relational:
                    model = self.env[field.comodel_name]
            else:
                if names[-1] == "id":
                    label = self.env._("Customer number")
                columns.append(Column(label, names))
        return columns

    @api.model
    def _pages(self, segment, columns: list[Column]) -> Iterator[list[list]]:
        """Yield pages of rows, by customer: a value a column, then the day entered."""
        Member = self.env["crm.segment.member"]
        Profile = self.env["crm.customer.profile"].with_context(active_test=False)
        after = 0
        while True:
            members = Member._open_page(segment, after, PAGE)
            if not members:
                return
            after = members[-1].partner_id.id
            since = {member.partner_id.id: member.date_in for member in members}
            profiles = Profile.search(
                [
                    ("company_id", "=", segment.company_id.id),
                    ("partner_id", "in", list(since)),
                    # The rules of contacts apply besides those of customers.
                    ("partner_id.id", "in", list(since)),
                ],
                order="partner_id.id",
            )
            values = [self._column_values(profiles, c.path) for c in columns]
            values.append(
                [
                    fields.Datetime.context_timestamp(
                        self, since[profile.partner_id.id]
                    ).replace(tzinfo=None)
                    for profile in profiles
                ]
            )
            yield list(zip(*values, strict=True))
            self.env.invalidate_all(flush=False)

    @api.model
    def _column_values(self, records, path: tuple[str, ...]) -> list:
        """Return the value at the end of a path for each record, read as a set."""
        name, *rest = path
        if not rest:
            if name == "id":
                return list(records.ids)
            values = [row[name] for row in records.read([name])]
            # Of related records the name, which may be shown to whoever sees the link.
            return [v[1] if isinstance(v, tuple) else v for v in values]
        keys = [row[name] for row in records.read([name], load=None)]
        related = records.env[records._fields[name].comodel_name].browse(
            dict.fromkeys(filter(None, keys))
        )
        found = dict(zip(related.ids, self._column_values(related, rest), strict=True))
        return [found.get(key) for key in keys]

    @api.model
    def _write_members(self, segment, output) -> int:
        """Write the members of a segment into a binary file.

        :param output: writable, seekable
        :return: number of members written
        """
        self._check_allowed(segment)
        workbook = xlsxwriter.Workbook(
            output,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": True,
            },
        )
        columns = self._columns()
        headings = [column.label for column in columns] + [self.env._("Member since")]
        writer = _SheetWriter(workbook, headings)
        for page in self._pages(segment, columns):
            for row in page:
                writer.add_row(row)
        workbook.close()
        return writer.written


class _SheetWriter:
    """Fills sheets from top to bottom; opens another when one is full."""

    def __init__(self, workbook, headings: list[str]):
        self._workbook = workbook
        self._headings = headings
        self._bold = workbook.add_format({"bold": True})
        self._date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._time = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._sheet = None
        self.written = 0
        self._open_sheet()

    def add_row(self, values) -> None:
        if self.written and self.written % SHEET_ROWS == 0:
            self._open_sheet()
        row = self.written % SHEET_ROWS + 1
        for column, value in enumerate(values):
            self._write_cell(row, column, value)
        self.written += 1

    def _open_sheet(self) -> None:
        self._sheet = self._workbook.add_worksheet()
        self._sheet.set_column(0, len(self._headings) - 1, 16)
        self._sheet.freeze_panes(1, 0)
        for position, heading in enumerate(self._headings):
            self._sheet.write_string(0, position, heading, self._bold)

    def _write_cell(self, row: int, column: int, value) -> None:
        """Write a value by its type; whatever is no number or date is a text."""
        if value is None or value is False or value == "":
            return
        if isinstance(value, datetime):
            self._sheet.write_datetime(row, column, value, self._time)
        elif isinstance(value, date):
            self._sheet.write_datetime(row, column, value, self._date)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self._sheet.write_number(row, column, value)
        else:
            self._sheet.write_string(row, column, str(value)[:32767])
