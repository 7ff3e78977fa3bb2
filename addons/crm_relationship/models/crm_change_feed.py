from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

RETENTION_DAYS = 90


class BigInteger(fields.Integer):
    """A 64-bit integer: transaction ids outgrow the 32 bits of ``fields.Integer``."""

    _column_type = ("int8", "int8")


class CrmChangeFeed(models.Model):
    """What changed, for other systems that follow along.

    A row carries the id of the transaction that wrote it. A reader only gets rows of
    transactions older than every transaction still running: paging by id or date
    would skip rows of those that commit late.
    """

    _name = "crm.change.feed"
    _description = "Change Feed"
    _order = "xid, id"
    _log_access = False

    xid = BigInteger(string="Transaction", required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Char(required=True, readonly=True)
    action = fields.Char(required=True, readonly=True)
    # Plain numbers: the feed also tells about what does not exist any more.
    partner_key = fields.Integer(string="Customer id", readonly=True)
    res_key = fields.Integer(string="Record id", readonly=True)

    _xid_idx = models.Index("(xid, id)")
    _date_idx = models.Index("(date)")

    @api.model
    def _insert_sql(self, query: SQL) -> SQL:
        """Return the INSERT for a query giving ``company_id, kind, action, partner_key,
        res_key``, to be run alone or inside a larger statement."""
        return SQL(
            """INSERT INTO crm_change_feed
                      (xid, date, company_id, kind, action, partner_key, res_key)
               SELECT pg_current_xact_id()::text::bigint, now() AT TIME ZONE 'UTC',
                      q.company_id, q.kind, q.action, q.partner_key, q.res_key
                 FROM (%s) q""",
            query,
        )

    @api.model
    def _emit_query(self, query: SQL) -> None:
        """Write the rows of ``query`` (see :meth:`_insert_sql`) into the feed."""
        self.env.cr.execute(self._insert_sql(query))

    @api.model
    def _changes_page(self, after: str | None, limit: int) -> tuple[list[dict], str]:
        """Return rows after a cursor, and the cursor for the next call.

        :param after: cursor of the last page; None starts with the oldest row kept
        :param limit: rows at most
        :return: rows as dicts with ``date`` (datetime, UTC), ``kind``, ``action``,
            ``company_id``, ``partner_key``, ``res_key``; and the next cursor
        :raise UserError: when the cursor is none of ours
        """
        self.browse().check_access("read")
        xid, row_id = self._parse_cursor(after)
        query = self._search([], order="xid, id", limit=limit)
        query.add_where(
            SQL("xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        )
        query.add_where(SQL("(xid, id) > (%s, %s)", xid, row_id))
        names = ("xid", "id", "date", "kind", "action")
        names += ("company_id", "partner_key", "res_key")
        rows = self.env.execute_query_dict(
            query.select(*(SQL.identifier(self._table, name) for name in names))
        )
        if rows:
            xid, row_id = rows[-1]["xid"], rows[-1]["id"]
        for row in rows:
            del row["xid"], row["id"]
        return rows, f"{xid}.{row_id}"

    @api.model
    def _parse_cursor(self, cursor: str | None) -> tuple[int, int]:
        if not cursor:
            return 0, 0
        xid, dot, row_id = str(cursor).partition(".")
        if not dot or not (xid.isdecimal() and row_id.isdecimal()) or len(cursor) > 40:
            raise UserError(
                self.env._("This is no cursor of the change feed: %s", str(cursor)[:40])
            )
        return min(int(xid), 2**63 - 1), min(int(row_id), 2**31 - 1)

    @api.autovacuum
    def _gc_change_feed(self):
        """Forget rows after 90 days; a reader that slept longer starts anew."""
        limit = GC_UNLINK_LIMIT
        self.env.cr.execute(
            SQL(
                """DELETE FROM crm_change_feed WHERE id IN (
                       SELECT id FROM crm_change_feed
                        WHERE date < now() AT TIME ZONE 'UTC'
                                     - make_interval(days => %s)
                        ORDER BY date LIMIT %s)""",
                RETENTION_DAYS,
                limit,
            )
        )
        return self.env.cr.rowcount, self.env.cr.rowcount == limit
