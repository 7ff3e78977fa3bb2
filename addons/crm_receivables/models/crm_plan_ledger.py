from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..core import plan, plan_ledger
from ..core.plan import CREDIT, MONEY
from ..core.plan_ledger import Document, Settlement
from ..order_sql import GONE, SETTLED, UNDELIVERED, advances

INVOICES = ("out_invoice", "out_refund", "out_receipt")
# Amounts of one entry are compared with each other only.
FINE = 0.0001


class CrmPlanLedger(models.AbstractModel):
    """Reads what the ledger says about orders, for many orders at once.

    Only posted entries count. Amounts come back in smallest units of the order's
    currency: a document in another currency at the rate it was booked at and that of
    the order, a document of several orders by what its lines are worth. Reads as
    superuser; whoever calls says who may see the result.
    """

    _name = "crm.plan.ledger"
    _description = "Ledger behind Payment Plans"

    @api.model
    def _read_orders(
        self, orders
    ) -> dict[int, tuple[list[Document], list[Settlement]]]:
        """Return documents and unmatched advances by order id.

        ``Document.ref`` is the id of the entry. ``Settlement.ref`` is a dict with
        ``line`` (journal item that settles), ``invoice``, ``journal``, ``way``,
        ``user``; amounts are settled as of now.
        """
        self.env.flush_all()
        return self.sudo()._read_all(orders.sudo())

    @api.model
    def _read_all(self, orders) -> dict[int, tuple[list, list]]:
        shares = self._read_shares(orders)
        moves = self.env["account.move"].browse(shares)
        items = self._read_items(moves.ids) if moves else {}
        matches = self._read_matches(moves.ids) if moves else {}
        advances = self._read_advances(orders)
        read = {order.id: ([], advances.get(order.id, [])) for order in orders}
        for move in moves.sorted(lambda m: (m.invoice_date or m.date, m.id)):
            own = shares[move.id]
            for order in orders.browse(id_ for id_ in own if id_ in read):
                document = self._document(order, move, own, items, matches)
                if document:
                    read[order.id][0].append(document)
        return read

    @api.model
    def _read_shares(self, orders) -> dict[int, dict[int, float]]:
        """Return by posted invoice what the lines of each order in it are worth."""
        rows = self.env.execute_query(
            SQL(
                """SELECT s.order_id, l.move_id, SUM(l.price_total)
                     FROM account_move_line l
                     JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
                     JOIN sale_order_line s ON s.id = r.order_line_id
                    WHERE l.move_id IN (
                          SELECT i.move_id
                            FROM sale_order_line t
                            JOIN sale_order_line_invoice_rel q
                              ON q.order_line_id = t.id
                            JOIN account_move_line i ON i.id = q.invoice_line_id
                            JOIN account_move m ON m.id = i.move_id
                           WHERE t.order_id = ANY(%s)
                             AND m.state = 'posted' AND m.move_type = ANY(%s))
                 GROUP BY s.order_id, l.move_id
                 ORDER BY s.order_id, l.move_id""",
                orders.ids,
                list(INVOICES),
            )
        )
        shares = defaultdict(dict)
        for order, move, worth in rows:
            shares[move][order] = float(worth or 0)
        return shares

    @api.model
    def _read_items(self, move_ids: list[int]) -> dict[int, list[tuple]]:
        """Return (id, due day, amount, residual) of receivable items by entry, in the
        entry's currency."""
        rows = self.env.execute_query(
            SQL(
                """SELECT l.move_id, l.id, COALESCE(l.date_maturity, l.date),
                          l.amount_currency, l.amount_residual_currency
                     FROM account_move_line l
                     JOIN account_account a ON a.id = l.account_id
                    WHERE l.move_id = ANY(%s)
                      AND a.account_type = 'asset_receivable'
                 ORDER BY 3, l.id""",
                move_ids,
            )
        )
        items = defaultdict(list)
        for move, *item in rows:
            items[move].append(tuple(item))
        return items

    @api.model
    def _read_matches(self, move_ids: list[int]) -> dict[int, list[dict]]:
        """Return by receivable item what it is matched with."""
        side = """SELECT p.%(mine)s AS item, p.%(other)s AS other,
                         p.%(amount)s AS amount
                    FROM account_partial_reconcile p
                    JOIN account_move_line l ON l.id = p.%(mine)s
                   WHERE l.move_id = ANY(%(moves)s) AND p.%(amount)s <> 0"""
        sides = [
            SQL(
                side,
                mine=SQL.identifier(f"{mine}_move_id"),
                other=SQL.identifier(f"{other}_move_id"),
                amount=SQL.identifier(f"{mine}_amount_currency"),
                moves=move_ids,
            )
            for mine, other in (("debit", "credit"), ("credit", "debit"))
        ]
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT q.item, q.amount, o.id AS line, o.date AS day,
                          m.id AS move, m.move_type, j.id AS journal,
                          j.type AS journal_type, m.statement_line_id AS statement,
                          m.origin_payment_id AS payment, w.name AS way,
                          COALESCE(y.create_uid, m.create_uid) AS user
                     FROM (%s) q
                     JOIN account_move_line o ON o.id = q.other
                     JOIN account_move m ON m.id = o.move_id
                     JOIN account_journal j ON j.id = m.journal_id
                LEFT JOIN account_payment y ON y.id = m.origin_payment_id
                LEFT JOIN account_payment_method_line w
                       ON w.id = y.payment_method_line_id
                 ORDER BY o.date, o.id""",
                SQL(" UNION ALL ").join(sides),
            )
        )
        return self._group_matches(rows)

    @api.model
    def _group_matches(self, rows: list[dict]) -> dict[int, list[dict]]:
        """Return matches by item, with what payments among them are made of."""
        matches = defaultdict(list)
        paid = {row["move"] for row in rows if _is_money(row)}
        money = self._read_money(paid) if paid else {}
        for row in rows:
            row["received"], row["claimed"] = money.get(row["move"], (0, 0))
            matches[row["item"]].append(row)
        return matches

    @api.model
    def _read_money(self, move_ids: set[int]) -> dict[int, tuple[int, int]]:
        """Return by entry of a payment what came in and what it took off receivables;
        they differ by what was written off in the same entry."""
        rows = self.env.execute_query(
            SQL(
                """SELECT l.move_id,
                          SUM(l.balance) FILTER (
                              WHERE a.account_type IN ('asset_cash',
                                                       'liability_credit_card')
                                 OR l.account_id = j.default_account_id
                                 OR l.account_id = y.outstanding_account_id),
                          SUM(l.balance) FILTER (
                              WHERE a.account_type = 'asset_receivable')
                     FROM account_move_line l
                     JOIN account_account a ON a.id = l.account_id
                     JOIN account_journal j ON j.id = l.journal_id
                     JOIN account_move m ON m.id = l.move_id
                LEFT JOIN account_payment y ON y.id = m.origin_payment_id
                    WHERE l.move_id = ANY(%s)
                 GROUP BY l.move_id""",
                list(move_ids),
            )
        )
        return {
            move: (
                plan.to_units(abs(received or 0), FINE),
                plan.to_units(abs(claimed or 0), FINE),
            )
            for move, received, claimed in rows
        }

    @api.model
    def _read_advances(self, orders) -> dict[int, list[Settlement]]:
        """Return money paid for an order alone and not matched with an invoice yet;
        negative for what was paid back."""
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT v.order_id AS "order", v.line_id AS line, l.date AS day,
                          v.amount, l.journal_id AS journal, w.name AS way,
                          y.create_uid AS user
                     FROM (%s) v
                     JOIN account_move_line l ON l.id = v.line_id
                     JOIN account_payment y ON y.move_id = l.move_id
                LEFT JOIN account_payment_method_line w
                       ON w.id = y.payment_method_line_id
                 ORDER BY l.date, l.id""",
                advances(SQL("r.sale_order_id = ANY(%s)", orders.ids)),
            )
        )
        read = defaultdict(list)
        for row in rows:
            order = orders.browse(row["order"])
            units = plan.to_units(row["amount"], order.currency_id.rounding)
            ref = _ref(row, None)
            read[row["order"]].append(Settlement(units, row["day"], MONEY, ref))
        return read

    @api.model
    def _read_rests(self, orders) -> dict[int, tuple[float, bool]]:
        """Return by order what of it will not be delivered any more, with taxes, and
        whether nothing more will be invoiced. Orders nothing was delivered of are
        left out."""
        rows = self.env.execute_query(
            SQL(
                """SELECT o.id, COALESCE(SUM(%s) FILTER (WHERE g.gone), 0),
                          bool_and(%s)
                     FROM sale_order o
                     JOIN sale_order_line s ON s.order_id = o.id
               CROSS JOIN LATERAL (SELECT %s AS gone) g
                    WHERE o.id = ANY(%s) AND o.delivery_status IS NOT NULL
                      AND o.delivery_status <> 'pending'
                 GROUP BY o.id""",
                UNDELIVERED,
                SETTLED,
                GONE,
                orders.ids,
            )
        )
        return {order: (float(gone), settled) for order, gone, settled in rows}

    # ---- one document --------------------------------------------------------------

    @api.model
    def _document(self, order, move, own: dict, items, matches) -> Document | None:
        """Return an order's share of an invoice or credit note."""
        lines = items.get(move.id, [])
        sign = -1 if move.move_type == "out_refund" else 1
        rounding = move.currency_id.rounding
        dues = [sign * plan.to_units(amount, rounding) for _i, _d, amount, _r in lines]
        total = self._share(order, move, own, sum(dues))
        if not total or not sum(dues):
            return None
        # Instalments and what settles them are cut along the same running sum.
        cut = plan_ledger.scaled(total, dues)
        settlements = []
        for (item, *_rest), due, part in zip(lines, dues, cut, strict=True):
            found = matches.get(item, [])
            units = [plan.to_units(match["amount"], rounding) for match in found]
            pieces = plan_ledger.scaled(abs(part), [*units, abs(due) - sum(units)])
            turn = 1 if due >= 0 else -1
            for match, piece in zip(found, pieces, strict=False):
                settlements += _settled(match, piece * turn, move.id)
        instalments = tuple(
            (day, part) for (_i, day, _a, _r), part in zip(lines, cut, strict=True)
        )
        day = move.invoice_date or move.date
        return Document(sign, day, instalments, tuple(settlements), ref=move.id)

    @api.model
    def _share(self, order, move, own: dict, units: int) -> int:
        """Return how many of an entry's units are the order's, in its own units."""
        mine = sorted(own)
        if len(mine) > 1:
            worth = [own[order_id] for order_id in mine]
            units = plan.shares(units, worth if sum(worth) else [1] * len(mine))[
                mine.index(order.id)
            ]
        if move.currency_id == order.currency_id:
            return units
        # As ``order_sql.TO_ORDER_CURRENCY``, in Python.
        amount = plan.from_units(units, move.currency_id.rounding)
        amount *= (order.currency_rate or 1.0) / (move.invoice_currency_rate or 1.0)
        return plan.to_units(amount, order.currency_id.rounding)


def _is_money(match: dict) -> bool:
    """Whether an entry is a payment: money that came in or went out."""
    return bool(
        match["payment"]
        or match["statement"]
        or (
            match["move_type"] == "entry"
            and match["journal_type"] in ("bank", "cash", "credit")
        )
    )


def _ref(row: dict, invoice: int | None) -> dict:
    keys = ("line", "journal", "way", "user")
    return {**{key: row[key] for key in keys}, "invoice": invoice}


def _settled(match: dict, units: int, invoice: int) -> list[Settlement]:
    """Return what a match settled: money, a write-off in the entry of a payment, or
    the credit of another document."""
    ref = _ref(match, invoice)
    if not _is_money(match):
        return [Settlement(units, match["day"], CREDIT, ref)]
    money, written_off = plan_ledger.split_money(
        units, match["received"], match["claimed"]
    )
    kinds = ((money, MONEY), (written_off, CREDIT))
    return [Settlement(n, match["day"], kind, ref) for n, kind in kinds if n]
