import json

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ..core import plan, plan_ledger
from ..core.plan import MONEY, Slot

KEY = "crm_plan_follow"


class CrmPlanFollow(models.AbstractModel):
    """Keeps payment plans equal to the ledger, in the transaction that moves it.

    Hooks only remember ids. Just before the commit what they concern is read once and
    written where it differs: a batch of payments costs as much as one. What a plan
    shows is computed from the ledger as it is, never by adding to what it showed, so
    the order of events does not matter.
    """

    _name = "crm.plan.follow"
    _description = "Payment Plans follow the Ledger"

    # ---- remembering ---------------------------------------------------------------

    @api.model
    def _remember_orders(self, order_ids) -> None:
        """Have the plans of orders follow before the commit."""
        self._remember("orders", {i for i in order_ids if isinstance(i, int)})

    @api.model
    def _remember_moves(self, move_ids) -> None:
        """Have the plans of the orders behind journal entries follow."""
        self._remember("moves", {i for i in move_ids if isinstance(i, int)})

    @api.model
    def _remember(self, key: str, ids: set[int]) -> None:
        if not ids:
            return
        precommit = self.env.cr.precommit
        if KEY not in precommit.data:
            precommit.data[KEY] = {}
            follow = self.with_env(self.env(user=SUPERUSER_ID, context={}))
            precommit.add(follow._follow_remembered)
        precommit.data[KEY].setdefault(key, set()).update(ids)

    @api.model
    def _follow_now(self) -> None:
        """Follow what is remembered so far: somebody looks before the commit, as a
        form does that saves and reads in one request."""
        if KEY in self.env.cr.precommit.data:
            env = self.env(user=SUPERUSER_ID, context={})
            self.with_env(env)._follow_remembered()

    @api.model
    def _follow_remembered(self) -> None:
        remembered = self.env.cr.precommit.data.pop(KEY, {})
        if remembered:
            self.env.flush_all()
            orders = sorted(remembered.get("orders", ()))
            moves = sorted(remembered.get("moves", ()))
            self._follow(self._plans_of(orders, moves))

    @api.model
    def _plans_of(self, order_ids: list[int], move_ids: list[int]):
        """Return the plans in force of orders and of the orders behind entries."""
        rows = self.env.execute_query(
            SQL(
                """SELECT p.id FROM crm_payment_plan p
                    WHERE p.in_force AND p.order_id IN (
                          SELECT unnest(%(orders)s::int[])
                       UNION
                          SELECT s.order_id
                            FROM account_move_line l
                            JOIN sale_order_line_invoice_rel r
                              ON r.invoice_line_id = l.id
                            JOIN sale_order_line s ON s.id = r.order_line_id
                           WHERE l.move_id = ANY(%(moves)s)
                       UNION
                          -- A capture or a refund was made from the order's.
                          SELECT r.sale_order_id
                            FROM account_payment y
                            JOIN payment_transaction t ON t.payment_id = y.id
                       LEFT JOIN payment_transaction c
                              ON c.id = t.source_transaction_id
                            JOIN sale_order_transaction_rel r
                              ON r.transaction_id IN (t.id, c.id,
                                                      c.source_transaction_id)
                           WHERE y.move_id = ANY(%(moves)s))
                 ORDER BY p.id""",
                orders=order_ids,
                moves=move_ids,
            )
        )
        return self.env["crm.payment.plan"].sudo().browse(row[0] for row in rows)

    # ---- following -----------------------------------------------------------------

    @api.model
    def _follow(self, plans) -> None:
        """Write what the ledger says into plans in force."""
        plans = plans.sudo().filtered("in_force")
        if not plans:
            return
        reader = self.env["crm.plan.ledger"]
        ledger = reader._read_orders(plans.order_id)
        rests = reader._read_rests(plans.order_id)
        lines, heads, receipts = [], [], {}
        for record in plans:
            documents, advances = ledger[record.order_id.id]
            rest = rests.get(record.order_id.id, (0.0, False))
            head, rows, portions = self._computed(record, documents, advances, rest)
            heads.append(head)
            lines += rows
            receipts[record.id] = portions
        self._write_followed(plans, heads, lines, receipts)
        for name in ("plan", "plan.line", "plan.receipt"):
            self.env[f"crm.payment.{name}"].invalidate_model()

    @api.model
    def _computed(self, record, documents, advances, rest) -> tuple[dict, list, list]:
        """Return the values of a plan, of its lines, and its receipts."""
        gone, settled = rest
        order, lines = record.order_id, record.line_ids.sorted("sequence")
        made_from = {
            move.id: i for i, line in enumerate(lines) for move in line.invoice_ids
        }
        documents = [self._placed(document, made_from) for document in documents]
        invoiced = plan_ledger.net_invoiced(documents)
        ordered = record._units(order.amount_total - gone)
        closed = self._closed(order, settled)
        total = plan_ledger.expected_total(ordered, invoiced, closed)
        frozen = [
            any(d.slot == i and d.sign > 0 for d in documents)
            for i in range(len(lines))
        ]
        amounts = plan.follow_total(
            [record._units(line.amount_planned) for line in lines],
            total,
            frozen,
            record.basis == "percent",
        )
        rows, sources, portions = self._filled(
            lines, amounts, documents, advances, total
        )
        head = self._head(record, rows, portions, total, invoiced)
        happened = plan.with_refunds([source.flow for source in sources], portions)
        return head, rows, self._receipt_rows(lines, sources, happened)

    @api.model
    def _closed(self, order, settled: bool) -> bool:
        """Return whether nothing will be invoiced, or nothing any more.

        :param settled: all lines are invoiced as far as they will be delivered
        """
        # Nobody ordered yet, or nobody does any more.
        if order.state != "sale":
            return True
        # Core counts a draft as invoiced; it is not yet.
        return (settled or order.invoice_status == "invoiced") and (
            "draft" not in order.invoice_ids.mapped("state")
        )

    @api.model
    def _placed(self, document, made_from: dict):
        """Give a document to the line it was made from; a credit note to that of the
        invoice it credits."""
        slot = made_from.get(document.ref)
        if slot is None and document.sign < 0:
            move = self.env["account.move"].sudo().browse(document.ref)
            slot = made_from.get(move.reversed_entry_id.id)
        return document._replace(slot=slot)

    @api.model
    def _filled(self, lines, amounts, documents, advances, total):
        """Return the rows of lines, the sources of receipts and their portions."""
        planned = [
            Slot(amount, _planned_day(line), i)
            for i, (line, amount) in enumerate(zip(lines, amounts, strict=True))
        ]
        instalments = plan_ledger.instalment_flows(documents)
        invoiced = plan.fill(planned, instalments)
        dues = plan_ledger.instalments_of(len(lines), instalments, invoiced)
        slots = [
            slot._replace(due=due[0][0]) if due else slot
            for slot, due in zip(planned, dues, strict=True)
        ]
        sources = plan_ledger.receipt_sources(documents, advances, total)
        portions = plan.fill(slots, [source.flow for source in sources])
        days = plan_ledger.due_days(
            slots,
            [slot.due for slot in planned],
            plan_ledger.owed_flows(documents, total),
            sources,
            portions,
        )
        rows = [
            _line_row(line, slot.amount, i, sources, portions)
            | {"invoiced": sum(amount for _day, amount in dues[i]), "date_due": days[i]}
            for i, (line, slot) in enumerate(zip(lines, slots, strict=True))
        ]
        return rows, sources, portions

    @api.model
    def _head(self, record, rows, portions, total: int, invoiced: int) -> dict:
        late = [row["date_due"] for row in rows if row["open"] > 0 and row["date_due"]]
        return {
            "id": record.id,
            "amount": total,
            "invoiced": invoiced,
            "paid": sum(row["paid"] for row in rows),
            "credited": sum(row["credited"] for row in rows),
            "open": sum(row["open"] for row in rows),
            "surplus": sum(p.amount for p in portions if p.slot is None),
            "next_due": min(late, default=None),
            "unit": record.currency_id.rounding,
        }

    @api.model
    def _receipt_rows(self, lines, sources, portions) -> list[dict]:
        """Return a row for what one document or journal item put into a line, whatever
        instalments of an invoice it was matched with."""
        rows = {}
        for portion in portions:
            line = None if portion.slot is None else lines[portion.slot].id
            row = self._receipt_row(sources[portion.flow], line)
            key = tuple(row.values())
            row = rows.setdefault(key, {**row, "amount": 0})
            row["amount"] += portion.amount
        return [row for row in rows.values() if row["amount"]]

    @api.model
    def _receipt_row(self, source, line: int | None) -> dict:
        document = source.document.ref if source.document else None
        ref = source.settlement.ref if source.settlement else None
        if not ref:
            # A credit note by itself, not what it was matched with.
            move = self.env["account.move"].sudo().browse(document)
            ref = {"journal": move.journal_id.id, "user": move.create_uid.id}
        return {
            "line": line,
            "date": source.flow.day,
            "kind": "money" if source.flow.kind == MONEY else "credit",
            "way": ref.get("way") or None,
            "journal": ref.get("journal"),
            "user": ref.get("user"),
            "invoice": document,
            "item": ref.get("line"),
        }

    # ---- writing -------------------------------------------------------------------
    # By statement: these columns are nobody's content, and a payment run must not
    # hash, track and recompute record by record.

    @api.model
    def _write_followed(
        self, plans, heads, lines, receipts: dict[int, list[dict]]
    ) -> None:
        self.env.execute_query(
            SQL(
                "WITH gone AS (%s), followed AS (%s) %s",
                # Receipts are few: they are written anew.
                SQL(
                    "DELETE FROM crm_payment_plan_receipt WHERE plan_id = ANY(%s)",
                    plans.ids,
                ),
                self._lines_sql(lines),
                self._heads_sql(heads),
            )
        )
        rows = [
            {**row, "plan": record.id, "unit": record.currency_id.rounding}
            for record in plans
            for row in receipts[record.id]
        ]
        if rows:
            self._insert_receipts(rows)

    @api.model
    def _lines_sql(self, rows: list[dict]) -> SQL:
        return SQL(
            """UPDATE crm_payment_plan_line l
                  SET amount = v.amount * v.unit,
                      invoiced_amount = v.invoiced * v.unit,
                      paid_amount = v.paid * v.unit,
                      credited_amount = v.credited * v.unit,
                      open_amount = v.open * v.unit,
                      open_company = v.open * v.unit / v.rate,
                      date_due = v.date_due,
                      paid_date = v.paid_date,
                      settlement = v.settlement
                 FROM jsonb_to_recordset(%s::jsonb) AS v(
                      id int, unit numeric, rate numeric, amount numeric,
                      invoiced numeric, paid numeric, credited numeric, open numeric,
                      date_due date, paid_date date, settlement text)
                WHERE l.id = v.id
                  AND (l.amount, l.invoiced_amount, l.paid_amount, l.credited_amount,
                       l.date_due, l.paid_date, l.settlement)
                      IS DISTINCT FROM
                      (v.amount * v.unit, v.invoiced * v.unit, v.paid * v.unit,
                       v.credited * v.unit, v.date_due, v.paid_date, v.settlement)""",
            _json(rows),
        )

    @api.model
    def _heads_sql(self, rows: list[dict]) -> SQL:
        return SQL(
            """UPDATE crm_payment_plan p
                  SET amount_total = v.amount * v.unit,
                      invoiced_amount = v.invoiced * v.unit,
                      paid_amount = v.paid * v.unit,
                      credited_amount = v.credited * v.unit,
                      open_amount = v.open * v.unit,
                      surplus_amount = v.surplus * v.unit,
                      next_due_date = v.next_due,
                      ledger_stamp = COALESCE(p.ledger_stamp, 0) + 1
                 FROM jsonb_to_recordset(%s::jsonb) AS v(
                      id int, unit numeric, amount numeric, invoiced numeric,
                      paid numeric, credited numeric, open numeric, surplus numeric,
                      next_due date)
                WHERE p.id = v.id
            RETURNING p.id""",
            _json(rows),
        )

    @api.model
    def _insert_receipts(self, rows: list[dict]) -> None:
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_payment_plan_receipt (
                          plan_id, line_id, company_id, currency_id, kind, amount,
                          date, way, journal_id, account_number, user_id, invoice_id,
                          move_line_id)
                   SELECT v.plan, v.line, p.company_id, p.currency_id, v.kind,
                          v.amount * v.unit, v.date, v.way, v.journal,
                          CASE WHEN v.kind = 'money' THEN b.acc_number END, v.user,
                          v.invoice, v.item
                     FROM jsonb_to_recordset(%s::jsonb) AS v(
                          plan int, unit numeric, line int, kind text, amount numeric,
                          date date, way text, journal int, "user" int, invoice int,
                          item int)
                     JOIN crm_payment_plan p ON p.id = v.plan
                LEFT JOIN account_journal j ON j.id = v.journal
                LEFT JOIN res_partner_bank b ON b.id = j.bank_account_id
                RETURNING id""",
                _json(rows),
            )
        )


def _planned_day(line):
    """Return the day a line is due as far as was agreed; None for a milestone not
    reached."""
    if line.trigger == "milestone":
        return line._milestone_due()
    return line.date_planned or None


def _line_row(line, amount: int, index: int, sources, portions) -> dict:
    """Return what came into a line, amounts in units."""
    mine = [p for p in portions if p.slot == index]
    money = [p for p in mine if sources[p.flow].flow.kind == MONEY]
    settled = sum(p.amount for p in mine)
    paid = sum(p.amount for p in money)
    remaining = amount - settled
    if remaining > 0:
        settlement = "part" if paid else "open"
    else:
        settlement = "paid" if paid else "void"
    return {
        "id": line.id,
        "unit": line.currency_id.rounding,
        "rate": line.order_id.currency_rate or 1.0,
        "amount": amount,
        "paid": paid,
        "credited": settled - paid,
        "open": remaining,
        "paid_date": max((sources[p.flow].flow.day for p in money), default=None),
        "settlement": settlement,
    }


def _json(rows: list[dict]) -> str:
    """Return rows for ``jsonb_to_recordset``; units stay whole, days are ISO."""
    return json.dumps(rows, default=lambda value: value.isoformat())
