from collections import defaultdict
from textwrap import shorten

from odoo import api, models

from ..core.timeline import FactKey, TimelineSource

# Characters shown of what a contact's note says.
TEXT_LENGTH = 200


class CrmTimelineRow(models.AbstractModel):
    """Reads what a timeline shows of the few facts on a page, as the current user.

    A row has ``kind``, ``model``, ``id``, ``date`` (a date or a naive UTC datetime,
    like its source) and, where there is something to say, ``title``, ``detail``,
    ``amount`` with ``currency`` (code) and ``untaxed``, ``state`` with
    ``state_label``, ``contact`` (name, if it is not the customer itself) and
    ``document`` (name) with ``document_model`` and ``document_id``, and ``text`` (how a
    message with a subject begins).
    """

    _name = "crm.timeline.row"
    _description = "Row of the Customer Timeline"

    @api.model
    def _read_facts(
        self, sources: list[TimelineSource], keys: list[FactKey], partner
    ) -> list[dict]:
        """Return the rows of ``keys``, in their order.

        The number of queries depends on the kinds on the page, not on the rows.
        """
        customer = partner.commercial_partner_id
        rows = {}
        for source in sources:
            ids = [key.id for key in keys if key.kind == source.kind]
            if ids:
                for row in self._read_source(source, ids, customer):
                    rows[source.kind, row["id"]] = row
        return [rows[key.kind, key.id] for key in keys if (key.kind, key.id) in rows]

    @api.model
    def _read_source(self, source: TimelineSource, ids, customer) -> list[dict]:
        records = self.env[source.model].browse(ids)
        columns = {
            role: name
            for role, name in source.columns.items()
            if records._has_field_access(records._fields[name], "read")
        }
        records.fetch([source.date, *columns.values()])
        rows = {
            record.id: {
                "kind": source.kind,
                "model": source.model,
                "id": record.id,
                "date": record[source.date],
                **self._read_columns(record, columns, source.untaxed, customer),
            }
            for record in records
        }
        if source.decorate:
            source.decorate(records, rows, customer)
        return [
            {key: value for key, value in row.items() if value not in ("", None)}
            for row in rows.values()
        ]

    @api.model
    def _read_columns(self, record, columns: dict, untaxed: bool, customer) -> dict:
        row = {
            role: self._read_text(record, columns[role])
            for role in ("title", "detail")
            if role in columns
        }
        if "amount" in columns and "currency" in columns:
            currency = record[columns["currency"]]
            # Nothing expected from an opportunity means that nobody has said yet.
            if untaxed or record[columns["amount"]]:
                row["amount"] = currency.round(record[columns["amount"]])
                row["currency"] = currency.name
            if untaxed:
                row["untaxed"] = True
        if "state" in columns:
            row["state"] = record[columns["state"]] or ""
            row["state_label"] = self._read_text(record, columns["state"])
        if "partner" in columns and record[columns["partner"]] != customer:
            row["contact"] = self._read_text(record, columns["partner"])
        return row

    @api.model
    def _read_text(self, record, name: str) -> str:
        field = record._fields[name]
        value = record[name]
        if field.type == "many2one":
            # A name is what any list shows even of a record one may not open.
            return value.sudo().display_name or ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        return value or ""

    @api.model
    def _decorate_messages(self, messages, rows: dict[int, dict], customer) -> None:
        """Tell notes, received and sent messages apart, and show how they begin."""
        messages.fetch(["body", "email_from", "is_internal", "message_type"])
        labels = {
            "note": self.env._("Internal note"),
            "received": self.env._("Received"),
            "sent": self.env._("Sent"),
        }
        for message in messages:
            author = message.author_id.sudo()
            incoming = message.message_type == "email" and not author
            if author.commercial_partner_id == customer or incoming:
                state = "received"
            elif message.is_internal or message.subtype_id.internal:
                state = "note"
            else:
                state = "sent"
            row = rows[message.id]
            row["state"], row["state_label"] = state, labels[state]
            row["detail"] = row["detail"] or message.email_from
            beginning = message.preview
            if row["title"] and beginning:
                row["text"] = beginning
            row["title"] = row["title"] or beginning
        self._decorate_documents(messages, rows, "model")

    @api.model
    def _decorate_contacts(self, touches, rows: dict[int, dict], customer) -> None:
        """Tell how a contact ended and who had it, and show how its note begins."""
        touches.fetch(["outcome_id", "user_id", "note"])
        for touch in touches.sudo():
            row = rows[touch.id]
            details = (touch.channel_id.name, touch.user_id.name)
            row["detail"] = " · ".join(filter(None, details))
            row["title"] = row["title"] or touch.channel_id.name
            if touch.outcome_id:
                row["state_label"] = touch.outcome_id.name
            if touch.note:
                row["text"] = shorten(touch.note, TEXT_LENGTH, placeholder="…")

    @api.model
    def _decorate_activities(self, activities, rows: dict[int, dict], customer) -> None:
        self._decorate_documents(activities, rows, "res_model")

    @api.model
    def _decorate_meetings(self, meetings, rows: dict[int, dict], customer) -> None:
        """A meeting that takes all day has a date, not the hour it is stored with."""
        meetings.fetch(["allday", "start_date"])
        for meeting in meetings.filtered("allday"):
            rows[meeting.id]["date"] = meeting.start_date

    @api.model
    def _decorate_documents(self, records, rows: dict[int, dict], column: str) -> None:
        """Name the documents that messages or activities are about."""
        records.fetch([column, "res_id"])
        ids_by_model = defaultdict(set)
        for record in records:
            if record[column] in self.env and record.res_id:
                ids_by_model[record[column]].add(record.res_id)
        # Whoever may read the fact may read the name of what it hangs on.
        names = {
            (model, document.id): document.display_name
            for model, ids in ids_by_model.items()
            for document in self.env[model].sudo().browse(ids).exists()
        }
        for record in records:
            document = (record[column], record.res_id)
            if document in names:
                row = rows[record.id]
                row["document"] = names[document]
                row["document_model"], row["document_id"] = document
