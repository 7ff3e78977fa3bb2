from datetime import timedelta

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core import promises as rules

DECIDED = ("open", "kept", "partly", "broken", "void")
# Journals in which money comes in.
MONEY = ("bank", "cash", "credit")
KEY = "crm_promise_judge"


class CrmPromiseJudge(models.AbstractModel):
    """Judges promises to pay by what is booked on their items (``core/promises.py``).

    Runs with all rights, in the transaction that books or takes back a payment: hooks
    only remember items, and what became of their promises is read once, just before
    the commit. What is taken off and put on again meanwhile is not told to anybody.
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
            amount = vals.get("amount") or 0.0
            lines = self._due_lines(company, customer, currency, date, amount)
            vals["line_ids"] = [Command.set(lines.ids)]
        standing = self._standing(lines, currency)
        return {**vals, **standing, "amount": self._amount(vals, standing, currency)}

    @api.model
    def _last_booked(self) -> int:
        """Return the key of the newest journal item: what is older is known."""
        [(key,)] = self.env.execute_query(SQL("SELECT MAX(id) FROM account_move_line"))
        return key or 0

    @api.model
    def _lines_of(self, vals: dict):
        Line = self.env["account.move.line"]
        if not vals.get("line_ids"):
            return Line
        promise = self.env["crm.payment.promise"].new({"line_ids": vals["line_ids"]})
        return promise.line_ids._origin

    @api.model
    def _due_lines(self, company, customer, currency, date, amount=0.0):
        """Return the open items a promise without any is about: all that is due by its
        day, or all that is open if nothing is.

        :param amount: what was promised; if it is more, what is due next is paid too
        """
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
        # In the order of their due dates, so these are the first ones.
        for item in items[len(due) :]:
            if currency.compare_amounts(_open_of(due, currency), amount) >= 0:
                break
            due.append(item)
        return self.env["account.move.line"].browse([item.line_id for item in due])

    @api.model
    def _amount(self, vals: dict, standing: dict, currency) -> float:
        """Return the promised amount: as given, or all that is open; never more."""
        owed = standing["owed_before"]
        if currency.compare_amounts(owed, 0.0) <= 0:
            raise UserError(
                self.env._(
                    "Nothing is open in this currency that could be promised. Choose "
                    "the items, or the currency of the invoices."
                )
            )
        amount = vals.get("amount") or owed
        if currency.compare_amounts(amount, owed) > 0:
            raise UserError(
                self.env._(
                    "Only %(open)s is open on these items, and %(amount)s cannot be "
                    "paid on them. Promise less, or add the items that are meant.",
                    open=currency.format(owed),
                    amount=currency.format(amount),
                )
            )
        return amount

    @api.model
    def _standing(self, lines, currency) -> dict[str, float]:
        """Return what is open on items, what is settled of them, and up to where the
        books are known."""
        open_ = sum(_residual(line, currency) for line in lines)
        totals = sum(
            line.amount_currency if line.currency_id == currency else line.balance
            for line in lines
        )
        return {
            "owed_before": open_,
            "settled_before": totals - open_,
            "last_booked": self._last_booked(),
        }

    @api.model
    def _bookings_sql(self, promises) -> SQL:
        """Return (promise, day, amount in its currency, whether money, whether known
        when it was made) of what is booked on the items of promises.

        What was open on an invoice that was reset to draft or cancelled nobody owes,
        whenever that was found out.
        """
        return SQL(
            """WITH promised AS (
                   SELECT p.id AS promise_id, p.last_booked, l.id, l.date,
                          l.parent_state, p.currency_id = l.currency_id AS is_same,
                          CASE WHEN p.currency_id = l.currency_id
                               THEN l.amount_currency ELSE l.balance END AS total
                     FROM crm_payment_promise p
                     JOIN crm_payment_promise_line_rel x ON x.promise_id = p.id
                     JOIN account_move_line l ON l.id = x.line_id
                    WHERE p.id = ANY(%(ids)s))
               , booked AS (
                   SELECT q.promise_id, q.id AS line_id, c.date,
                          CASE WHEN q.is_same THEN r.debit_amount_currency
                               ELSE r.amount END AS amount,
                          j.type = ANY(%(money)s) AS is_money,
                          c.id <= q.last_booked AS is_known
                     FROM promised q
                     JOIN account_partial_reconcile r ON r.debit_move_id = q.id
                     JOIN account_move_line c ON c.id = r.credit_move_id
                     JOIN account_journal j ON j.id = c.journal_id)
               SELECT promise_id, date, SUM(amount), is_money, is_known
                 FROM booked GROUP BY promise_id, date, is_money, is_known
            UNION ALL
               SELECT q.promise_id, q.date,
                      q.total - COALESCE((SELECT SUM(b.amount) FROM booked b
                                           WHERE b.promise_id = q.promise_id
                                             AND b.line_id = q.id), 0), FALSE, FALSE
                 FROM promised q WHERE q.parent_state != 'posted'""",
            ids=promises.ids,
            money=list(MONEY),
        )

    @api.model
    def _replace_earlier(self, promises) -> None:
        """Let new promises take the place of those that run about the same items.

        One that is about others as well goes on: for all its items if the new day is
        earlier, for the others if it is later.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT n.id, o.id, array_agg(nl.line_id)
                     FROM crm_payment_promise n
                     JOIN crm_payment_promise_line_rel nl ON nl.promise_id = n.id
                     JOIN crm_payment_promise_line_rel ol ON ol.line_id = nl.line_id
                     JOIN crm_payment_promise o ON o.id = ol.promise_id
                    WHERE n.id = ANY(%(ids)s) AND o.state = 'open'
                      AND o.id != ALL(%(ids)s)
                 GROUP BY n.id, o.id ORDER BY n.id, o.id""",
                ids=promises.ids,
            )
        )
        Promise = self.env["crm.payment.promise"]
        # What is over was kept or broken: nobody gets out of it by a later promise.
        self._judge(Promise.browse([old for _new, old, _lines in rows]))
        for new, old, line_ids in rows:
            self._give_way(Promise.browse(old), Promise.browse(new), line_ids)

    @api.model
    def _give_way(self, old, new, line_ids: list[int]) -> None:
        if old.state != "open":
            return
        rest = old.line_ids.filtered(
            lambda line: line.id not in line_ids and not line.reconciled
        )
        if not rest:
            old.state = "replaced"
        elif new.date > old.date:
            standing = self._standing(rest, old.currency_id)
            left = min(old.amount - old.received, standing["owed_before"])
            old.write(
                {
                    **standing,
                    "line_ids": [Command.set(rest.ids)],
                    "amount": left,
                    "received": 0.0,
                }
            )

    # ---- judging --------------------------------------------------------------------

    @api.model
    def _remember_items(self, line_ids) -> None:
        """Have the promises about journal items judged before the commit."""
        if not line_ids:
            return
        precommit = self.env.cr.precommit
        if KEY not in precommit.data:
            precommit.data[KEY] = set()
            judge = self.with_env(self.env(user=SUPERUSER_ID, context={}))
            precommit.add(judge._judge_remembered)
        precommit.data[KEY].update(line_ids)

    @api.model
    def _judge_remembered(self) -> None:
        self.env.flush_all()
        self._judge_items(sorted(self.env.cr.precommit.data.pop(KEY, ())))

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
        for key, day, amount, *kinds in self.env.execute_query(
            self._bookings_sql(promises)
        ):
            booking = rules.Booking(day, round(amount / units[key]), *kinds)
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
            settled_before=round(promise.settled_before / unit),
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


def _open_of(items, currency) -> float:
    """Return what is open on items of the ledger, in a currency they are kept in."""
    return sum(i.amount if i.currency_id == currency.id else i.value for i in items)


def _residual(line, currency) -> float:
    """Return what is open on a journal item, in a currency it is kept in."""
    if line.currency_id == currency:
        return line.amount_residual_currency
    return line.amount_residual
