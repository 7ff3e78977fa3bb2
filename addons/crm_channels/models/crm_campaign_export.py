import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import AccessError

# Rows read at once; memory stays at a page's size however many there are.
PAGE = 2000
SHEET_ROWS = 1_048_575
FIGURES = (
    *("date", "date_from", "date_to", "sent_count", "delivered_count"),
    *("opened_count", "clicked_count", "replied_count", "bounced_count"),
    *("opted_out_count", "treated_count", "holdout_count", "treated_buyers"),
    *("holdout_buyers", "treated_rate", "holdout_rate", "treated_orders"),
    *("holdout_orders", "treated_revenue", "holdout_revenue", "treated_margin"),
    *("holdout_margin", "unknown_cost_count", "linked_order_count"),
    *("linked_revenue", "cost", "verdict", "extra_buyers", "extra_buyers_low"),
    *("extra_buyers_high", "margin_verdict", "extra_margin", "extra_margin_low"),
    *("extra_margin_high", "net", "text"),
)
COLUMNS = (
    *("partner_id", "contact_id", "address", "arm", "state", "text", "sent_date"),
    *("response", "is_eligible", "order_count", "revenue", "margin"),
    *("linked_order_count", "linked_revenue"),
)
EFFECT = {
    *("extra_buyers", "extra_buyers_low", "extra_buyers_high", "extra_margin"),
    *("extra_margin_low", "extra_margin_high", "net"),
}
MARGIN = {
    *("treated_margin", "holdout_margin", "extra_margin", "extra_margin_low"),
    *("extra_margin_high", "net"),
}


class CrmCampaignExport(models.AbstractModel):
    """Writes the result of a campaign and its recipients to a spreadsheet, as the
    current user sees them. Every text is written as text."""

    _name = "crm.campaign.export"
    _description = "Export of a Campaign"

    @api.model
    def _check_allowed(self, campaign) -> None:
        """Refuse who may not see the campaign or take data out of the system."""
        campaign.check_access("read")
        if not self.env.user.has_group("base.group_allow_export"):
            raise AccessError(
                self.env._(
                    "You may look at this campaign but not export it. The right "
                    "“Access to export feature” is given by your administrator."
                )
            )

    @api.model
    def _write_result(self, campaign, output) -> int:
        """Write a campaign into a binary file; return the number of recipients."""
        self._check_allowed(campaign)
        book = xlsxwriter.Workbook(
            output,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": True,
            },
        )
        self._write_figures(book, campaign)
        count = self._write_recipients(book, campaign)
        book.close()
        return count

    @api.model
    def _write_figures(self, book, campaign) -> None:
        sheet = book.add_worksheet(self.env._("Result")[:31])
        sheet.set_column(0, 1, 40)
        sheet.write_string(0, 0, campaign.name, book.add_format({"bold": True}))
        result = campaign.result_id
        if not result:
            sheet.write_string(1, 0, self.env._("Not read out yet."))
            return
        for line, name in enumerate(FIGURES, 1):
            field = result._fields[name]
            sheet.write_string(line, 0, field._description_string(self.env))
            value = result[name]
            if name in EFFECT and not result.has_effect:
                value = self.env._("Not enough cases")
            elif name in MARGIN and not result.has_margin:
                value = self.env._("Costs unknown")
            self._cell(sheet, line, 1, result, name, value)

    @api.model
    def _write_recipients(self, book, campaign) -> int:
        Enrolment = self.env["crm.campaign.enrolment"]
        sheet, line, written, after = None, SHEET_ROWS, 0, 0
        while True:
            rows = Enrolment.search(
                [("campaign_id", "=", campaign.id), ("id", ">", after)],
                order="id",
                limit=PAGE,
            )
            if not rows:
                return written
            after = rows[-1].id
            for row in rows:
                if line >= SHEET_ROWS:
                    sheet, line = self._recipient_sheet(book), 0
                line += 1
                for column, name in enumerate(COLUMNS):
                    self._cell(sheet, line, column, row, name, row[name])
            written += len(rows)
            self.env.invalidate_all(flush=False)

    @api.model
    def _recipient_sheet(self, book):
        sheet = book.add_worksheet()
        sheet.set_column(0, len(COLUMNS) - 1, 18)
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        model = self.env["crm.campaign.enrolment"]
        for column, name in enumerate(COLUMNS):
            title = model._fields[name]._description_string(self.env)
            sheet.write_string(0, column, title, bold)
        return sheet

    @api.model
    def _cell(self, sheet, line: int, column: int, record, name: str, value) -> None:
        """Write a value by the type of its field; whatever is no number is a text."""
        field = record._fields[name]
        if isinstance(value, str) or value is False or value is None:
            text = value or ""
            if field.type == "selection" and text:
                labels = dict(field._description_selection(self.env))
                text = labels.get(text, text)
            sheet.write_string(line, column, str(text)[:32767])
        elif field.type == "boolean":
            sheet.write_string(line, column, self.env._("yes"))
        elif field.type in ("integer", "float", "monetary"):
            sheet.write_number(line, column, value)
        elif field.type == "datetime":
            local = fields.Datetime.context_timestamp(record, value)
            sheet.write_string(line, column, local.strftime("%Y-%m-%d %H:%M"))
        elif field.type == "date":
            sheet.write_string(line, column, value.isoformat())
        else:
            # A name, which may be shown to whoever sees the link.
            sheet.write_string(line, column, value.sudo().display_name or "")
