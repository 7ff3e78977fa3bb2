from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core import promises as rules

DECIDED = ("open", "kept", "partly", "broken", "void")
# Journals in which money comes in.
MONEY = ("bank", "cash", "credit")


class CrmPromiseJudge(models.AbstractModel):
    """Judges promises to pay by what is booked on their items (``core/promises.py``).

    Runs with all rights, in the transaction that books or takes back a payment.
    """

    _name = "crm.promise.judge"
    _description = "Judge of Promises"

    # ---- making one -----------------------------------------------------------------

    @api.model
    def _complete(self, vals: dict) -> dict:
        """Return the values of a new promise with what follows from the books."""
        company = self.env["res.company"].browse(
            vals.get("company_id") or self.env.company.id
        )
        customer = self.env["res.partner"].browse(vals.get("partner_id"))
        customer = customer.commercial_partner_id
        today = self.env["crm.collection.ledger"]._today(company)
        date = fields.Date.to_date(vals.get("date")) or today
        currency = self.env["res.currency"].browse(
            vals.get("currency_id") or company.root_id.currency_id.id
        )
        days = company.root_id.crm_promise_days or 0
        vals = {
            **vals,
            "company_id": company.id,
            "currency_id": currency.id,
            "partner_id": customer.id,
            "date_made": today,
            "last_date": date + timedelta(days=days),
        }
        lines = self._lines_of(vals)
        if not lines and customer:
            lines = self._due_lines(company, customer, currency, date)
            vals["line_ids"] = [Command.set(lines.ids)]
        standing = self._standing(lines, currency)
        return {**vals, **standing, "amount": self._amount(vals, standing)}

    @api.model
    def _lines_of(self, vals: dict):
        Line = self.env["account.move.line"]
        if not vals.get("line_ids"):
            return Line
        promise = self.env["crm.payment.promise"].new({"line_ids": vals["line_ids"]})
        return promise.line_ids._origin

    @api.model
    def _due_lines(self, company, customer, currency, date):
        """Return the open items a promise without any is about: all that is due by its
        day, or all that is open if nothing is."""
        ledger = self.env["crm.collection.ledger"]
        home = company.root_id.currency_id
        items = [
            item
            for item in ledger._opens(company, customer.ids).get(customer.id, [])
            if item.value > 0
            and item.hold != "paid"
            and (currency == home or item.currency_id == currency.id)
        ]
        due = [item for item in items if item.due <= date] or items
        return self.env["account.move.line"].browse([item.line_id for item in due])

    @api.model
    def _amount(self, vals: dict, standing: dict) -> float:
        """Return the promised amount: as given, or all that is open."""
        amount = vals.get("amount") or standing["owed_before"]
        if not amount:
            raise UserError(
                self.env._(
                    "Nothing is open in this currency that could be promised. Choose "
                    "the items, or the currency of the invoices."
                )
            )
        return amount

    @api.model
    def _standing(self, lines, currency) -> dict[str, float]:
        """Return what is open on items, and what was paid and credited on them."""
        open_ = sum(
            line.amount_residual_currency
            if line.currency_id == currency
            else line.amount_residual
            for line in lines
        )
        bookings = self._bookings_of(lines, currency)
        paid = sum(amount for _day, amount, is_money in bookings if is_money)
        credited = sum(amount for _day, amount, is_money in bookings if not is_money)
        return {"owed_before": open_, "paid_before": paid, "credited_before": credited}

    @api.model
    def _bookings_of(self, lines, currency) -> list[tuple]:
        if not lines:
            return []
        self.env.flush_all()
        pairs = SQL(", ").join(
            SQL("(0, %s, %s)", line.id, currency.id) for line in lines
        )
        rows = self.env.execute_query(self._bookings_sql(SQL("(VALUES %s)", pairs)))
        return [row[1:] for row in rows]

    @api.model
    def _bookings_sql(self, promised: SQL) -> SQL:
        """Return (promise, day, amount in its currency, whether money) of what is
        booked on items.

        :param promised: rows of promise, item, currency of the promise
        """
        return SQL(
            """SELECT q.promise_id, c.date,
                      SUM(CASE WHEN q.currency_id = l.currency_id
                               THEN r.debit_amount_currency ELSE r.amount END),
                      j.type = ANY(%(money)s)
                 FROM %(promised)s AS q(promise_id, line_id, currency_id)
                 JOIN account_move_line l ON l.id = q.line_id
                 JOIN account_partial_reconcile r ON r.debit_move_id = l.id
                 JOIN account_move_line c ON c.id = r.credit_move_id
                 JOIN account_journal j ON j.id = c.journal_id
             GROUP BY q.promise_id, c.date, j.type = ANY(%(money)s)""",
            promised=promised,
            money=list(MONEY),
        )

    @api.model
    def _replace_earlier(self, promises) -> None:
        """A new promise about the same items takes the place of one that still runs."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE crm_payment_promise o SET state = 'replaced'
                     FROM crm_payment_promise_line_rel ol
                     JOIN crm_payment_promise_line_rel nl ON nl.line_id = ol.line_id
                    WHERE o.id = ol.promise_id AND o.state = 'open'
                      AND nl.promise_id = ANY(%(ids)s) AND o.id != ALL(%(ids)s)
                RETURNING o.id""",
                ids=promises.ids,
            )
        )
        self.env["crm.payment.promise"].invalidate_model(["state"])

    # ---- judging --------------------------------------------------------------------

    @api.model
    def _judge_items(self, line_ids: list[int]) -> None:
        """Judge the promises about some journal items; costs one query if none is."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT promise_id FROM crm_payment_promise_line_rel
                    WHERE line_id = ANY(%s)""",
                list(line_ids),
            )
        )
        if rows:
            promises = self.env["crm.payment.promise"].browse([r for (r,) in rows])
            self._judge(promises.filtered(lambda p: p.state in DECIDED))

    @api.model
    def _judge_due(self, company) -> None:
        """Judge the running promises whose last day is over."""
        today = self.env["crm.collection.ledger"]._today(company)
        self._judge(
            self.env["crm.payment.promise"].search(
                [
                    ("state", "=", "open"),
                    ("last_date", "<", today),
                    ("company_id", "child_of", company.root_id.id),
                ]
            )
        )

    @api.model
    def _judge(self, promises) -> None:
        """Set what became of promises, in one statement; tell what is new."""
        if not promises:
            return
        self.env.flush_all()
        bookings: dict[int, list[rules.Booking]] = {}
        units = {p.id: p.currency_id.rounding for p in promises}
        source = SQL(
            """(SELECT l.promise_id, l.line_id, p.currency_id
                  FROM crm_payment_promise_line_rel l
                  JOIN crm_payment_promise p ON p.id = l.promise_id
                 WHERE p.id = ANY(%s))""",
            promises.ids,
        )
        for key, day, amount, is_money in self.env.execute_query(
            self._bookings_sql(source)
        ):
            booking = rules.Booking(day, round(amount / units[key]), is_money)
            bookings.setdefault(key, []).append(booking)
        ledger = self.env["crm.collection.ledger"]
        days = {company: ledger._today(company) for company in promises.company_id}
        found = [
            self._verdict(promise, bookings.get(promise.id, []), days)
            for promise in promises
        ]
        self._write_verdicts([row for row in found if row])

    @api.model
    def _verdict(self, promise, bookings: list, days: dict) -> tuple | None:
        """Return the new row of a promise, None if nothing changes."""
        unit, today = promise.currency_id.rounding, days[promise.company_id]
        given = rules.Promise(
            amount=round(promise.amount / unit),
            owed=round(promise.owed_before / unit),
            paid_before=round(promise.paid_before / unit),
            credited_before=round(promise.credited_before / unit),
            due=promise.last_date or promise.date,
        )
        verdict = rules.judge(given, bookings, today)
        received = promise.currency_id.round(verdict.received * unit)
        if (verdict.state, verdict.day or False, received) == (
            promise.state,
            promise.kept_date,
            promise.received,
        ):
            return None
        decided = today if verdict.state != rules.OPEN else None
        return promise.id, verdict.state, received, verdict.day, decided

    @api.model
    def _write_verdicts(self, rows: list[tuple]) -> None:
        if not rows:
            return
        ids, states, received, days, decided = zip(*rows, strict=True)
        changed = self.env.execute_query(
            SQL(
                """UPDATE crm_payment_promise p
                      SET state = v.state, received = v.received, kept_date = v.day,
                          judged_date = v.decided
                     FROM unnest(%s::int[], %s::varchar[], %s::numeric[], %s::date[],
                                 %s::date[]) AS v(id, state, received, day, decided),
                          crm_payment_promise old
                    WHERE p.id = v.id AND old.id = p.id
                RETURNING p.id, old.state, p.state""",
                list(ids),
                list(states),
                list(received),
                list(days),
                list(decided),
            )
        )
        Promise = self.env["crm.payment.promise"]
        Promise.invalidate_model(["state", "received", "kept_date", "judged_date"])
        moved = [row for row, before, after in changed if before != after]
        if moved:
            self.env["crm.receivable.event"]._on_promises(Promise.browse(moved))
            self._tell_profiles(Promise.browse(moved))

    @api.model
    def _tell_profiles(self, promises) -> None:
        """Have the customers' figures follow."""
        self.env["crm.customer.change"]._enqueue(
            [(p.company_id.id, p.partner_id.id) for p in promises]
        )
