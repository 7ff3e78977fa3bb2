import datetime
import re
from typing import Any

from odoo import api, fields, models

from ..core.purchase_values import COLUMNS, FLAG, ID, NUMBER

DEFAULT_SOURCE = "file"
# So many rows a batch may grow beyond its limit to end with a purchase's last line.
STRETCH = 5000
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d{1,3})?")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class CrmPurchaseImportRow(models.TransientModel):
    """One row of a file of purchases, as the import screen shows it.

    No record of it is ever made: ``load`` hands the rows to the import service, which
    is the same for files and for other systems.
    """

    _name = "crm.purchase.import.row"
    _description = "Purchase Import Row"
    _rec_name = "external_ref"

    source = fields.Char(
        help="Code of the system the purchases come from; “file” if left out.",
    )
    external_ref = fields.Char(
        string="Purchase reference",
        required=True,
        help="The purchase's number in its source. Rows with the same reference are "
        "lines of one purchase.",
    )
    line_ref = fields.Char(
        string="Line reference",
        help="Tells the lines of a purchase apart; “1” if left out.",
    )
    date = fields.Date(string="Purchase date", required=True)
    state = fields.Selection(
        selection=[("done", "Done"), ("cancelled", "Cancelled")],
        string="Purchase state",
        help="A cancelled line no longer counts. Without a line reference the whole "
        "purchase is cancelled.",
    )
    channel = fields.Char(
        string="Sales channel code", help="Code of a channel, e.g. web or store."
    )
    currency = fields.Char(
        string="Currency code",
        help="ISO code, e.g. USD; the company's currency if left out.",
    )

    customer_ref = fields.Char(
        string="Customer reference",
        help="The customer's number in the source. Give this, the customer id or the "
        "e-mail address.",
    )
    customer_id = fields.Integer(
        string="Customer id", help="Database id of a contact that is here already."
    )
    customer_name = fields.Char(
        help="Name of a new contact; the reference if left out."
    )
    customer_is_company = fields.Boolean(string="Customer is a company")
    customer_email = fields.Char(
        string="Customer e-mail",
        help="Names the customer where there is neither reference nor id.",
    )
    customer_phone = fields.Char()
    customer_street = fields.Char()
    customer_city = fields.Char()
    customer_zip = fields.Char(string="Customer ZIP")
    customer_country = fields.Char(
        string="Customer country code", help="Two letters, e.g. US."
    )
    customer_region = fields.Char(
        string="Customer region", help="Code or name of a state of the country."
    )
    customer_industry = fields.Char(help="Name of an industry.")
    customer_birth_date = fields.Date()
    customer_sex = fields.Selection(
        selection=[("female", "Female"), ("male", "Male"), ("other", "Other")]
    )
    customer_occupation = fields.Char()
    customer_income_band = fields.Char()

    product_code = fields.Char(help="Internal reference of a product.")
    product_name = fields.Char(help="The product's name in the source.")
    product_category = fields.Char(help="The product's category in the source.")
    quantity = fields.Float(digits="Product Unit")
    list_amount = fields.Float(
        digits=(16, 4), help="Untaxed amount of the line before discount."
    )
    discount = fields.Float(string="Discount amount", digits=(16, 4))
    amount = fields.Float(
        string="Untaxed amount",
        digits=(16, 4),
        help="What was paid for the line without tax; negative for a return.",
    )
    cost = fields.Float(
        string="Cost of the line",
        digits=(16, 4),
        help="Leave empty if unknown: 0 means that it cost nothing.",
    )

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Purchases"),
                "template": "/crm_relationship/static/csv/purchase_import_template.csv",
            }
        ]

    # OVERRIDE: rows become purchases, not records of this model
    @api.model
    def load(self, fields, data):
        """Import a file's rows; all of them or none.

        The import screen hands over the rest of the file with every batch. The first
        time all of it is looked through, so that a bad row at the end keeps the first
        batch out, too. Unknown customers are made.

        :return: as the ORM's ``load``, where ``ids`` are those of the purchases
            written; ``purchases`` holds the counts of the import service
        """
        messages = self._missing_columns(fields)
        if messages:
            return {"ids": False, "messages": messages, "nextrow": 0}
        first = self.env.context.get("crm_purchase_first_row") or 1
        end = self._batch_end(fields, data)
        if end < len(data) and not self.env.context.get("crm_purchase_checked"):
            messages = self._messages(self._prepare(fields, data, first))
        if messages:
            return {"ids": False, "messages": messages, "nextrow": 0}
        states = self._prepare(fields, data[:end], first)
        messages = self._execute(states)
        if messages:
            return {"ids": False, "messages": messages, "nextrow": 0}
        return {
            "ids": [history_id for state in states for history_id in state.changed_ids],
            "messages": [],
            "nextrow": end if end < len(data) else 0,
            "purchases": self._totals(states),
        }

    @api.model
    def _missing_columns(self, columns: list[str]) -> list[dict[str, Any]]:
        """Tell once, not for every row, that there is no such column."""
        missing = [name for name in ("external_ref", "date") if name not in columns]
        if not missing:
            return []
        text = self.env._(
            "A file of purchases needs the columns external_ref and date, and amount "
            "unless all of it is cancelled. Not given: %s",
            ", ".join(missing),
        )
        return [self._message(text)]

    @api.model
    def _execute(self, states: list) -> list[dict[str, Any]]:
        """Write what was prepared for all sources, or nothing; return the errors."""
        with self.env.cr.savepoint() as savepoint:
            for state in states:
                if not any(other.batch.errors for other in states):
                    self.env["crm.purchase.import"]._execute(state)
            messages = self._messages(states)
            if messages:
                savepoint.rollback()
        return messages

    @api.model
    def _batch_end(self, columns: list[str], data: list[list]) -> int:
        """Return how many rows to import now: the batch's limit, and what is left of
        the purchase it would cut through."""
        limit = int(self.env.context.get("_import_limit") or len(data))
        if limit >= len(data):
            return len(data)
        column = columns.index("external_ref")
        end = limit
        while (
            end < min(limit + STRETCH, len(data))
            and data[end][column] == data[end - 1][column]
        ):
            end += 1
        return end

    @api.model
    def _prepare(self, columns: list[str], data: list[list], first: int) -> list:
        """Prepare the rows of each source, in the order of the file."""
        numbers, rows = {}, {}
        for number, cells in enumerate(data, first):
            source, row = self._read_row(columns, cells)
            numbers.setdefault(source, []).append(number)
            rows.setdefault(source, []).append(row)
        return [
            self.env["crm.purchase.import"]._prepare(
                rows[source], source, create_missing=True, numbers=numbers[source]
            )
            for source in rows
        ]

    @api.model
    def _messages(self, states: list) -> list[dict[str, Any]]:
        """Return errors in the form the import screen shows."""
        service = self.env["crm.purchase.import"]
        results = [service._result(state) for state in states]
        messages = [
            {
                "type": "error",
                "record": error["row"],
                # The screen adds 1.
                "rows": {"from": error["row"] - 1, "to": error["row"] - 1},
                "field": False,
                "column": error["field"],
                "message": self.env._(
                    "row %(row)s: %(field)s: %(reason)s",
                    row=error["row"],
                    field=error["field"] or self.env._("the row"),
                    reason=error["reason"],
                ),
            }
            for result in results
            for error in result["errors"]
        ]
        messages.sort(key=lambda message: message["record"])
        hidden = sum(result["error_count"] for result in results) - len(messages)
        if hidden > 0:
            message = self.env._("…and %s more errors", hidden)
            messages.append(self._message(message))
        return messages

    @api.model
    def _message(self, text: str) -> dict[str, Any]:
        """Return an error of no row in particular in the form the screen shows."""
        rows = {"from": 0, "to": 0}
        return {"type": "error", "message": text, "field": False, "rows": rows}

    @api.model
    def _totals(self, states: list) -> dict[str, int]:
        results = map(self.env["crm.purchase.import"]._result, states)
        totals = {}
        for result in results:
            for name, value in result.items():
                if isinstance(value, int):
                    totals[name] = totals.get(name, 0) + value
        return totals

    @api.model
    def _read_row(self, columns: list[str], cells: list) -> tuple[str, dict]:
        """Return the source of a row and its values of the types the service wants.

        What is of no such type stays as it is; the service says what is wrong with it.
        """
        row = {}
        for name, cell in zip(columns, cells, strict=False):
            if isinstance(cell, datetime.datetime):
                cell = cell.date()
            if isinstance(cell, datetime.date):
                cell = cell.isoformat()
            row[name] = self._read_cell(name, cell) if name in COLUMNS else cell
        source = str(row.pop("source", "") or "").strip()
        return source or DEFAULT_SOURCE, row

    @api.model
    def _read_cell(self, name: str, cell: Any) -> Any:
        if not isinstance(cell, str) or not cell.strip():
            # Odoo's own empty value is False.
            return None if cell is False and COLUMNS[name].kind != FLAG else cell
        text = cell.strip()
        kind = COLUMNS[name].kind
        if kind == ID:
            return int(text) if text.isdecimal() else text
        if kind == NUMBER:
            return float(text) if _NUMBER.fullmatch(text) else text
        if kind == FLAG:
            return _FLAGS.get(text.lower(), text)
        if field := self._fields.get(name):
            if field.type == "selection":
                for key, label in field._description_selection(self.env):
                    if text.lower() == label.lower():
                        return key
        return cell
