import json
from typing import Any

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from ..core.crashpoints import reach
from ..core.purchase_plan import HEAD, LINE, Draft, StoredLine, StoredPurchase

TYPES = {
    "date": "date",
    "partner_id": "int",
    "currency_id": "int",
    "channel_id": "int",
    "product_id": "int",
    "category_id": "int",
    "history_id": "int",
    "id": "int",
    "has_cost": "boolean",
    "quantity": "numeric",
    "list_amount": "numeric",
    "discount_amount": "numeric",
    "amount_untaxed": "numeric",
    "amount_company": "numeric",
    "currency_rate": "numeric",
    "cost": "numeric",
}


def _columns(names, alias: str | None = None) -> SQL:
    """Return a comma-separated list of columns."""
    return SQL(", ").join(
        SQL.identifier(alias, name) if alias else SQL.identifier(name) for name in names
    )


def _recordset(rows: list[dict[str, Any]], names) -> SQL:
    """Return rows as a table ``r``: one parameter, however many rows there are."""
    types = SQL(", ").join(
        SQL("%s %s", SQL.identifier(name), SQL(TYPES.get(name, "varchar")))
        for name in names
    )
    text = json.dumps(rows, default=fields.Date.to_string)
    return SQL("json_to_recordset(%s::json) AS r(%s)", text, types)


class CrmPurchaseImportStore(models.AbstractModel):
    """Reads and writes purchase history in whole sets, past the ORM.

    Nothing depends on these records by a computed field, and nobody else writes them.
    """

    _name = "crm.purchase.import.store"
    _description = "Purchase Import: Storage"

    @api.model
    def _read(self, source_id: int, refs: list[str]) -> dict[str, StoredPurchase]:
        """Return the stored purchases of these references with all their lines."""
        if not source_id or not refs:
            return {}
        self.env["crm.purchase.history"].flush_model()
        self.env["crm.purchase.history.line"].flush_model()
        found = self.env.execute_query(
            SQL(
                """SELECT external_ref, id, %s FROM crm_purchase_history
                    WHERE source_id = %s AND external_ref = ANY(%s)""",
                _columns(HEAD),
                source_id,
                refs,
            )
        )
        stored = {
            ref: StoredPurchase(history_id, dict(zip(HEAD, values, strict=True)))
            for ref, history_id, *values in found
        }
        by_id = {purchase.id: purchase for purchase in stored.values()}
        lines = self.env.execute_query(
            SQL(
                """SELECT history_id, line_ref, id, %s FROM crm_purchase_history_line
                    WHERE history_id = ANY(%s)""",
                _columns(LINE),
                list(by_id),
            )
        )
        for history_id, line_ref, line_id, *values in lines:
            by_id[history_id].lines[line_ref] = StoredLine(
                line_id, dict(zip(LINE, values, strict=True))
            )
        return stored

    @api.model
    def _write_drafts(self, source, drafts: list[Draft]) -> list[int]:
        """Write the drafts that differ from what is stored; touch nothing else.

        :return: ids of the purchases written
        """
        drafts = [draft for draft in drafts if draft.status != "unchanged"]
        if not drafts:
            return []
        # In the same order everywhere, so that two imports seldom wait in a circle.
        drafts.sort(key=lambda draft: draft.ref)
        ids = self._insert_heads(source, [d for d in drafts if d.stored is None])
        reach("import_purchases")
        self._update_heads([draft for draft in drafts if draft.stored])
        lines_changed = [
            {"id": line_id, **values}
            for draft in drafts
            for line_id, values in draft.changed_lines.items()
        ]
        self._update("crm_purchase_history_line", LINE, lines_changed)
        lines_new = [
            {
                "history_id": draft.stored.id if draft.stored else ids[draft.ref],
                "line_ref": line_ref,
                **values,
            }
            for draft in drafts
            for line_ref, values in draft.new_lines.items()
        ]
        self._insert(
            "crm_purchase_history_line", ("history_id", "line_ref", *LINE), lines_new
        )
        reach("import_lines")
        self.env["crm.purchase.history"].invalidate_model(flush=False)
        self.env["crm.purchase.history.line"].invalidate_model(flush=False)
        return [*ids.values(), *(draft.stored.id for draft in drafts if draft.stored)]

    @api.model
    def _insert_heads(self, source, drafts: list[Draft]) -> dict[str, int]:
        """Insert new purchases; return their ids by reference."""
        inserted = self._insert(
            "crm_purchase_history",
            ("external_ref", *HEAD),
            [{"external_ref": draft.ref, **draft.head} for draft in drafts],
            company_id=source.company_id.id,
            source_id=source.id,
        )
        return dict(inserted)

    @api.model
    def _update_heads(self, drafts: list[Draft]) -> None:
        """Write the headers of changed purchases, also where only a line changed.

        Whoever changes lines thereby meets whoever changes other lines of the same
        purchase at this moment; otherwise both would sum up what they saw.
        """
        self._update(
            "crm_purchase_history",
            HEAD,
            [{"id": draft.stored.id, **draft.head} for draft in drafts],
        )

    @api.model
    def _insert(self, table: str, names, rows: list[dict], **constants) -> list[tuple]:
        """Insert rows; return per row the value of its first column, and its id."""
        if not rows:
            return []
        now, uid = self.env.cr.now(), self.env.uid
        constants |= {
            "create_uid": uid,
            "create_date": now,
            "write_uid": uid,
            "write_date": now,
        }
        inserted = self.env.execute_query(
            SQL(
                """INSERT INTO %(table)s (%(names)s, %(constants)s)
                   SELECT %(values)s, %(constant_values)s FROM %(rows)s
                   ON CONFLICT DO NOTHING
                   RETURNING %(first)s, id""",
                table=SQL.identifier(table),
                names=_columns(names),
                constants=_columns(constants),
                values=_columns(names, "r"),
                constant_values=SQL(", ").join(
                    SQL("%s", value) for value in constants.values()
                ),
                rows=_recordset(rows, names),
                first=SQL.identifier(names[0]),
            )
        )
        if len(inserted) != len(rows):
            raise ConcurrencyError("another import brought the same purchases in")
        return inserted

    @api.model
    def _update(self, table: str, names, rows: list[dict]) -> None:
        if not rows:
            return
        self.env.execute_query(
            SQL(
                """UPDATE %(table)s t
                      SET (%(names)s, write_uid, write_date)
                        = ROW(%(values)s, %(uid)s, %(now)s)
                     FROM %(rows)s
                    WHERE t.id = r.id""",
                table=SQL.identifier(table),
                names=_columns(names),
                values=_columns(names, "r"),
                uid=self.env.uid,
                now=self.env.cr.now(),
                rows=_recordset(rows, ("id", *names)),
            )
        )
