import base64
import csv
import io
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.records import one

from ..core.consent import PAUSED, WITHDRAWN
from ..core.consent_rows import COLUMNS

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000


class CrmConsentImport(models.TransientModel):
    """Takes what customers said from a CSV file. It is checked first; what is wrong is
    shown by row, and nothing is recorded before everything is right."""

    _name = "crm.consent.import"
    _description = "Import of Consents"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    file = fields.Binary(string="CSV file", attachment=False)
    file_name = fields.Char()
    source = fields.Char(
        help="Where they said so, for all rows that do not tell it themselves."
    )
    text_version = fields.Char(
        string="Version of the text",
        help="What they read when they agreed, for all rows that do not tell it.",
    )
    state = fields.Selection(
        selection=[("new", "New"), ("bad", "Not recorded"), ("done", "Recorded")],
        required=True,
        readonly=True,
        default="new",
    )
    error_count = fields.Integer(string="Problems", readonly=True)
    recorded_count = fields.Integer(string="Recorded", readonly=True)
    late_count = fields.Integer(string="Older than what is known", readonly=True)
    suppressed_count = fields.Integer(
        string="Erased before, stay refused", readonly=True
    )
    row_ids = fields.One2many(
        comodel_name="crm.consent.import.row",
        inverse_name="import_id",
        string="What is wrong",
        readonly=True,
    )

    def action_import(self):
        """Check the file and, if all is right, record it."""
        one(self)
        self.env["crm.consent.service"]._check_rights()
        rows = self._rows()
        answer = self.env["crm.consent.service"]._set_rows(rows, "import")
        self.row_ids.sudo().unlink()
        self.sudo().write(
            {
                "state": "bad" if answer["error_count"] else "done",
                "error_count": answer["error_count"],
                "recorded_count": answer["recorded"],
                "late_count": answer["late"],
                "suppressed_count": answer["suppressed"],
                "row_ids": [
                    (
                        0,
                        0,
                        {
                            # The first line of a file has the titles.
                            "number": error["row"] + 1,
                            "column": error["field"],
                            "reason": error["reason"],
                        },
                    )
                    for error in answer["errors"]
                ],
            }
        )
        return self._reopen()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import consents"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # ---- the file -------------------------------------------------------------------

    def _rows(self) -> list[dict]:
        """Return the rows of the file as ``core/consent_rows`` reads them."""
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        raw = base64.b64decode(self.file)
        if len(raw) > MOST_BYTES:
            raise UserError(self.env._("The file is bigger than 10 MB: divide it."))
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UserError(
                self.env._("The file is not in UTF-8: save it as “CSV UTF-8”.")
            ) from None
        first = text.partition("\n")[0]
        separator = max(",;\t", key=first.count)
        try:
            lines = list(csv.DictReader(io.StringIO(text), delimiter=separator))
        except csv.Error as error:
            raise UserError(self.env._("The file cannot be read: %s", error)) from error
        self._check_columns(lines)
        return [self._row(line) for line in lines]

    def _check_columns(self, lines: list[dict]) -> None:
        if not lines:
            raise UserError(self.env._("The file has no rows under its titles."))
        if len(lines) > MOST_ROWS:
            raise UserError(
                self.env._("The file has more than %s rows: divide it.", MOST_ROWS)
            )
        known = sorted(COLUMNS)
        unknown = sorted(str(name) for name in lines[0].keys() - COLUMNS)
        if unknown:
            raise UserError(
                self.env._(
                    "There is no column %(unknown)s. The titles in the first row may "
                    "be: %(known)s.",
                    unknown=", ".join(unknown),
                    known=", ".join(known),
                )
            )

    def _row(self, line: dict) -> dict:
        row = {
            name: value.strip() for name, value in line.items() if (value or "").strip()
        }
        if "partner" in row:
            # The customer's number: people do not know ids.
            row["partner"] = {"ref": row["partner"]}
        if "date" in row:
            strict = row.get("change") in (WITHDRAWN, PAUSED)
            row["date"] = self._moment(row["date"], strict, already=True)
        if "until" in row:
            row["until"] = self._moment(row["until"], True)
        for name in ("source", "text_version"):
            if self[name] and name not in row:
                row[name] = self[name].strip()
        return row

    @api.model
    def _moment(self, text: str, end: bool, already: bool = False) -> str:
        """Return what people write in their time zone as an ISO moment with a zone;
        what is none as it is.

        :param end: a bare day means its end, else its start: of what was said on the
            same day, the stricter holds
        :param already: a day that is not over yet ends now
        """
        zone = ZoneInfo(self.env.user.tz or self.company_id._get_crm_tz())
        try:
            moment = _local(text, end, zone)
        except (ValueError, OverflowError):
            return text
        now = self.env.cr.now().replace(tzinfo=UTC, microsecond=0).astimezone(zone)
        if already and _is_day(text) and moment.date() == now.date():
            moment = min(moment, now)
        return moment.isoformat()


def _local(text: str, end: bool, zone: ZoneInfo) -> datetime:
    """Return a day's start or end, or day and time, in a zone unless it names one.

    :raise ValueError: it is neither
    """
    if _is_day(text):
        day = date.fromisoformat(text)
        return datetime.combine(day, time(23, 59, 59) if end else time(), zone)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
