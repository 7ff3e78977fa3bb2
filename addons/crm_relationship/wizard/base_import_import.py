import hashlib
import json

from odoo import fields, models

from odoo.addons.base_import.models.base_import import ImportValidationError

from .crm_purchase_import_row import STRETCH

ROW_MODEL = "crm.purchase.import.row"


class Base_ImportImport(models.TransientModel):
    """The import screen for files of purchases: all bad cells told, by file row."""

    _inherit = "base_import.import"

    crm_purchase_checked = fields.Char(
        help="Fingerprint of a file with its mapping, and the row from which on all "
        "of its rows were found good.",
    )

    # EXTENDS 'base_import'
    def execute_import(self, fields, columns, options, dryrun=False):
        if self.res_model != ROW_MODEL:
            return super().execute_import(fields, columns, options, dryrun=dryrun)
        skip = int(options.get("skip") or 0)
        fingerprint = self._crm_purchase_fingerprint(fields, options)
        checked, _colon, start = (self.crm_purchase_checked or ":").partition(":")
        screen = self.with_context(
            # What the user sees in a spreadsheet: the heading is row 1.
            crm_purchase_first_row=skip + (2 if options.get("has_headers") else 1),
            crm_purchase_checked=checked == fingerprint and int(start) <= skip,
        )
        result = super(Base_ImportImport, screen).execute_import(
            fields, columns, options, dryrun=dryrun
        )
        if not result["messages"] and not screen.env.context["crm_purchase_checked"]:
            self.crm_purchase_checked = f"{fingerprint}:{skip}"
        return result

    def _crm_purchase_fingerprint(self, columns: list, options: dict) -> str:
        rest = {k: v for k, v in options.items() if k not in ("skip", "limit")}
        digest = hashlib.sha256(self.with_context(bin_size=False).file or b"")
        digest.update(json.dumps([columns, rest], sort_keys=True, default=str).encode())
        return digest.hexdigest()

    # EXTENDS 'base_import': core copies the rest of the file with every batch
    def _handle_multi_mapping(self, import_fields, input_file_data):
        if self.res_model == ROW_MODEL and len({*import_fields}) == len(import_fields):
            return import_fields, input_file_data
        return super()._handle_multi_mapping(import_fields, input_file_data)

    # EXTENDS 'base_import': core gives up at the first cell it cannot read
    def _parse_date_from_data(self, data, index, name, field_type, options):
        parse = super()._parse_date_from_data
        return self._crm_parse_leniently(
            lambda lines: parse(lines, index, name, field_type, options),
            data,
            index,
            options,
        )

    # EXTENDS 'base_import': core gives up at the first cell it cannot read
    def _parse_float_from_data(self, data, index, name, options):
        parse = super()._parse_float_from_data
        return self._crm_parse_leniently(
            lambda lines: parse(lines, index, name, options), data, index, options
        )

    def _crm_parse_leniently(self, parse, data, index: int, options: dict) -> None:
        """Let core parse a column; leave cells it cannot read as they were.

        The import service tells of all of them at once, with their rows.
        """
        if self.res_model != ROW_MODEL:
            parse(data)
            return
        if options.get("limit") and self.env.context.get("crm_purchase_checked"):
            # The rest of the file was looked through with the first batch.
            data = data[: int(options["limit"]) + STRETCH]
        cells = [line[index] for line in data]
        try:
            parse(data)
        except (ImportValidationError, AttributeError):
            # AttributeError: a date where core expects the text of a number.
            for line, cell in zip(data, cells, strict=True):
                line[index] = cell
                try:
                    parse([line])
                except (ImportValidationError, AttributeError):
                    line[index] = cell
