from collections.abc import Iterator

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, ValidationError
from odoo.tools import SQL, split_every

from ..core.touches import is_contact

ROWS_PER_INSERT = 1000
KINDS_BY_PHONE = ("phone", "sms")


class CrmTouchWriter(models.AbstractModel):
    """Writes the contact ledger: whole sets, one statement for many rows."""

    _name = "crm.touch.writer"
    _description = "Writer of the Contact Ledger"

    # ---- new rows -----------------------------------------------------------------

    @api.model
    def _write_touches(self, vals_list: list[dict]):
        """See ``crm.touch._log``."""
        Touch = self.env["crm.touch"]
        self.env.flush_all()
        found = self._find_sources(map(_source, vals_list))
        fresh, rank = [], {}
        for number, vals in enumerate(vals_list):
            source = _source(vals)
            if source and (source in found or source in rank):
                continue
            rank[source or number] = len(fresh)
            fresh.append(vals)
        complete = self._complete(fresh)
        ids = [
            touch_id
            for rows in split_every(ROWS_PER_INSERT, complete, list)
            for touch_id in self._insert(rows)
        ]
        self.env["crm.customer.change"]._enqueue(
            [(vals["company_id"], vals.get("partner_id")) for vals in complete]
        )
        return Touch.browse(
            found.get(_source(vals)) or ids[rank[_source(vals) or number]]
            for number, vals in enumerate(vals_list)
        )

    @api.model
    def _find_sources(self, sources: Iterator) -> dict[tuple, int]:
        """Return the touches already written of some sources."""
        sources = [source for source in sources if source]
        if not sources:
            return {}
        models_, keys = zip(*sources, strict=True)
        rows = self.env.execute_query(
            SQL(
                """SELECT t.source_model, t.source_key, t.id
                     FROM unnest(%s::text[], %s::text[])
                               AS s(source_model, source_key)
                     JOIN crm_touch t ON t.source_model = s.source_model
                                     AND t.source_key = s.source_key""",
                list(models_),
                list(keys),
            )
        )
        return {(model, key): touch_id for model, key, touch_id in rows}

    @api.model
    def _insert(self, rows: list[dict]) -> list[int]:
        """Insert complete rows and return their ids, in the order given.

        A row of the same source that another transaction is writing makes this wait
        and then fail by serialisation, upon which the server repeats the call and
        finds that row.
        """
        Touch = self.env["crm.touch"]
        names = sorted({name for row in rows for name in row})
        now = fields.Datetime.now()
        values = SQL(", ").join(
            SQL(
                "(%s)",
                SQL(", ").join(
                    [
                        *(self._column(Touch, name, row) for name in names),
                        SQL("%s, %s, %s, %s", self.env.uid, now, self.env.uid, now),
                    ]
                ),
            )
            for row in rows
        )
        columns = [*names, "create_uid", "create_date", "write_uid", "write_date"]
        inserted = self.env.execute_query(
            SQL(
                """INSERT INTO crm_touch (%s) VALUES %s
                   ON CONFLICT (source_model, source_key)
                         WHERE source_model IS NOT NULL DO NOTHING
                   RETURNING id""",
                SQL(", ").join(map(SQL.identifier, columns)),
                values,
            )
        )
        if len(inserted) != len(rows):
            # Only a cursor that sees others' commits at once can come here.
            raise ConcurrencyError(self.env._("The contact was logged meanwhile."))
        return [touch_id for (touch_id,) in inserted]

    @api.model
    def _column(self, model, name: str, row: dict) -> SQL:
        field = model._fields[name]
        value = row.get(name)
        if value is None:
            value = False
        return SQL("%s", field.convert_to_column_insert(value, model, row))

    # ---- what follows from what is given ------------------------------------------

    @api.model
    def _complete(self, vals_list: list[dict]) -> list[dict]:
        """Return values with what was left out; see ``crm.touch._log``."""
        Touch = self.env["crm.touch"]
        defaults = Touch.default_get(["date", "direction", "purpose", "response"])
        defaults["company_id"] = self.env.company.id
        rows = [defaults | vals for vals in vals_list]
        channels = self._by_id("crm.channel", rows, "channel_id")
        outcomes = self._by_id("crm.touch.outcome", rows, "outcome_id")
        partners = self._by_id("res.partner", rows, "partner_id")
        for row in rows:
            if not _has_party(row):
                raise ValidationError(
                    self.env._("A contact is with somebody: name a customer or a lead.")
                )
            channel = channels.get(row.get("channel_id"))
            if not channel:
                raise ValidationError(self.env._("Say by which channel it happened."))
            outcome = outcomes.get(row.get("outcome_id"))
            self._complete_row(row, channel, outcome, partners)
        return rows

    @api.model
    def _complete_row(self, row: dict, channel, outcome, partners: dict) -> None:
        if partner := partners.get(row.get("partner_id")):
            row.setdefault("partner_key", partner.id)
            if "address" not in row:
                row["address"] = self._address(partner, channel.kind)
        if channel.touch_cost and row["direction"] == "out" and "cost" not in row:
            row["cost"] = channel.touch_cost
            row["currency_id"] = channel.currency_id.id
        if row.get("cost") and not row.get("currency_id"):
            company = self.env["res.company"].browse(row["company_id"])
            row["currency_id"] = company.currency_id.id
        if "is_contact" not in row:
            reached = outcome.is_reached if outcome else None
            row["is_contact"] = is_contact(
                row["direction"], row["purpose"], channel.kind, reached
            )

    @api.model
    def _by_id(self, model: str, rows: list[dict], name: str) -> dict:
        ids = {row[name] for row in rows if row.get(name)}
        records = self.env[model].browse(sorted(ids))
        return {record.id: record for record in records}

    @api.model
    def _address(self, partner, kind: str) -> str | bool:
        """Return where the channel reaches the partner."""
        if kind == "email":
            return partner.email_normalized or partner.email
        if kind in KINDS_BY_PHONE:
            return partner.phone_sanitized or partner.phone
        return False

    # ---- later --------------------------------------------------------------------

    @api.model
    def _move_response(self, ids, response: str, lower: list[str], date) -> None:
        """Set a response where it is more than the one there is.

        Of several equal events the first one's date stays, whichever arrives first.
        """
        if not ids:
            return
        Touch = self.env["crm.touch"]
        Touch.flush_model()
        self.env.execute_query(
            SQL(
                """UPDATE crm_touch
                      SET response = %(response)s, response_date = %(date)s
                    WHERE id = ANY(%(ids)s)
                      AND (response = ANY(%(lower)s)
                           OR response = %(response)s AND response_date > %(date)s)
                RETURNING id""",
                response=response,
                date=date,
                ids=list(ids),
                lower=lower,
            )
        )
        if response == "bounced":
            self._note_not_reached(ids)
        Touch.invalidate_model(["response", "response_date", "is_contact"])

    @api.model
    def _note_not_reached(self, ids) -> None:
        """What bounced reached nobody, whatever else was said of it before."""
        changed = self.env.execute_query(
            SQL(
                """UPDATE crm_touch SET is_contact = false
                    WHERE id = ANY(%s) AND is_contact
                RETURNING company_id, partner_id""",
                list(ids),
            )
        )
        self.env["crm.customer.change"]._enqueue(changed)

    @api.model
    def _rekey_leads(self, lead_ids: list[int], partner_id: int) -> None:
        """Give touches with leads that had no partner yet to the partner it is now."""
        self._rekey(
            SQL("lead_id = ANY(%s) AND partner_id IS NULL", list(lead_ids)),
            SQL("partner_id = %(id)s, partner_key = %(id)s", id=partner_id),
        )

    @api.model
    def _rekey_partners(self, src_ids: list[int], dst_id: int) -> None:
        """Give the touches of merged partners to the one that stays; those of the
        deleted keep their number."""
        self._rekey(
            SQL("partner_id = ANY(%s)", list(src_ids)),
            SQL("partner_id = %(id)s, partner_key = %(id)s", id=dst_id),
        )

    @api.model
    def _move_leads(self, src_ids: list[int], dst_id: int) -> None:
        """Give the touches of merged leads to the one that stays."""
        self._rekey(
            SQL("lead_id = ANY(%s)", list(src_ids)), SQL("lead_id = %s", dst_id)
        )

    @api.model
    def _rekey(self, which: SQL, values: SQL) -> None:
        Touch = self.env["crm.touch"]
        Touch.flush_model()
        pairs = self.env.execute_query(
            SQL(
                "UPDATE crm_touch SET %s WHERE %s RETURNING company_id, partner_id",
                values,
                which,
            )
        )
        Touch.invalidate_model(["partner_id", "partner_key", "lead_id"])
        self.env["crm.customer.change"]._enqueue(pairs)


def _has_party(row: dict) -> bool:
    """Tell whether a contact is with somebody. Of a message that left for an address
    no more may be known, as of who is on a mailing list only."""
    found = row.get("partner_id") or row.get("lead_id")
    return bool(found or (row.get("source_model") and row.get("address")))


def _source(vals: dict) -> tuple[str, str] | None:
    """Return what a touch is recorded from, the same once per ledger."""
    if not vals.get("source_model"):
        return None
    return vals["source_model"], str(vals["source_key"])
