from datetime import date, datetime

from odoo import api, fields, models

from ..core.plan import MONEY

LEDGER_READERS = "account.group_account_readonly,account.group_account_invoice"
# Who reads what was paid for an order; portal users and warehouse workers read orders,
# too.
DEAL_READERS = f"sales_team.group_sale_salesman,{LEDGER_READERS}"
# Forms that read more than their own model: the payments of an invoice, the lots of a
# transfer. Without these groups they end in an error.
OPENERS = {
    "account.move": LEDGER_READERS,
    "stock.picking": "stock.group_stock_user",
}


class CrmDealTrail(models.AbstractModel):
    """One deal from quotation to cash and delivery, as a list of what happened and
    what is to come.

    About a single order the user may read. Documents the user has no right to are
    named without a link, so that a salesperson sees that the customer paid without
    having to see the books.
    """

    _name = "crm.deal.trail"
    _description = "Course of a Deal"

    @api.model
    def _deal(self, order) -> dict:
        """Return ``bars`` (delivered, billed, paid, with ``amount`` in the order's
        currency, ``percent`` and the ``action`` that opens the records, false where
        there are none for the user) and ``rows`` in the order of their day, those
        without one last; both empty for who must not know."""
        if not self._may_read(order):
            return {"bars": [], "rows": []}
        rows = [
            *self._agreed(order),
            *self._delivered(order),
            *self._billed(order),
            *self._paid(order),
            *self._expected(order),
        ]
        rows.sort(key=lambda row: (not row["day"], row["day"], row["rank"]))
        return {"bars": self._bars(order), "rows": rows}

    @api.model
    def _may_read(self, order) -> bool:
        """Return whether the user may know what was billed and paid of an order: all
        below reads documents with all rights."""
        return self.env.su or (
            self.env.user.has_groups(DEAL_READERS) and order.has_access("read")
        )

    @api.model
    def _bars(self, order) -> list[dict]:
        cash = self.env["crm.order.cash"].sudo().search([("id", "=", order.id)])
        if not cash:
            return []
        rate = order.currency_rate or 1.0
        bars = [
            ("delivered", self.env._("Delivered"), self._delivery_action(order)),
            ("billed", self.env._("Billed"), self._invoice_action(order)),
            ("received", self.env._("Paid"), self._receipt_action(order, cash)),
        ]
        return [
            {
                "code": code,
                "label": label,
                "action": action,
                "amount": order.currency_id.round(cash[code] * rate),
                "percent": round(cash[f"{code}_percent"], 1),
            }
            for code, label, action in bars
        ]

    @api.model
    def _opens(self, model: str) -> bool:
        """Return whether documents of a model open for the user."""
        groups = OPENERS.get(model)
        return not groups or self.env.user.has_groups(groups)

    @api.model
    def _delivery_action(self, order) -> str | bool:
        """Return what shows the deliveries: the transfers or, without a right to the
        warehouse, the lines delivered."""
        if not order.sudo().picking_ids:
            return False
        if self._opens("stock.picking"):
            return "action_view_delivery"
        readable = self.env["crm.delivery.line"].has_access("read")
        return readable and "action_open_crm_deliveries"

    @api.model
    def _invoice_action(self, order) -> str | bool:
        """Return what shows the invoices; without a right to them, what of the
        planned payments was invoiced."""
        if not order.sudo().invoice_ids:
            return False
        return (
            "action_view_invoice"
            if self._opens("account.move")
            else self._plan_action(order)
        )

    @api.model
    def _receipt_action(self, order, cash) -> str | bool:
        """Return what shows what was paid; see ``_invoice_action``."""
        if not self._opens("account.move"):
            return self._plan_action(order)
        return bool(cash.billed or cash.received) and "action_open_crm_items"

    @api.model
    def _plan_action(self, order) -> str | bool:
        return order.crm_plan_id.in_force and "action_open_crm_payments"

    @api.model
    def _row(self, day, rank: int, label: str, **values) -> dict:
        """Return a row; ``day`` in the user's calendar, "" if nobody knows it yet."""
        day = self._day(day)
        record = values.pop("record", None)
        row = {
            "day": fields.Date.to_string(day) or "",
            "rank": rank,
            "label": label,
            **values,
        }
        if (
            record
            and self._opens(record._name)
            and record.sudo(False).has_access("read")
        ):
            row |= {"model": record._name, "id": record.id}
        return row

    @api.model
    def _day(self, moment) -> date:
        """Return the day of a date or moment in the user's calendar."""
        if isinstance(moment, datetime):
            return fields.Datetime.context_timestamp(self, moment).date()
        return moment

    @api.model
    def _agreed(self, order) -> list[dict]:
        """Return when it was offered, signed and ordered, and on which terms."""
        rows = [
            self._row(
                order.create_date,
                0,
                self.env._("Quotation"),
                icon="fa-file-text-o",
                detail=order.user_id.name or "",
            )
        ]
        if order.signed_on:
            text = self.env._("Signed by %s", order.signed_by or "")
            rows.append(self._row(order.signed_on, 1, text, icon="fa-pencil"))
        if order.state == "sale":
            rows.append(
                self._row(
                    order.date_order,
                    2,
                    self.env._("Ordered"),
                    icon="fa-handshake-o",
                    amount=order.amount_total,
                    detail=order.payment_term_id.name or "",
                )
            )
        plan = order.crm_plan_id
        if plan.in_force and plan.origin != "term":
            decided = plan.write_date
            rows.append(
                self._row(
                    decided,
                    3,
                    self.env._("Payment plan in force"),
                    icon="fa-calendar-check-o",
                    detail=plan.display_name,
                    record=plan,
                )
            )
        return rows

    @api.model
    def _delivered(self, order) -> list[dict]:
        rows = []
        now = fields.Datetime.now()
        # As they were made: of one day, a return comes after what came back.
        for picking in order.sudo().picking_ids.sorted("id"):
            if picking.state == "cancel" or not picking.scheduled_date:
                continue
            done = picking.state == "done"
            back = picking.picking_type_code == "incoming"
            promised = picking.date_deadline or picking.scheduled_date
            # Promises are days, whatever hour the document has.
            late = self._day(picking.date_done if done else now) > self._day(promised)
            label = self.env._("Returned") if back else self.env._("Delivered")
            rows.append(
                self._row(
                    picking.date_done if done else picking.scheduled_date,
                    4,
                    label if done else self.env._("To be delivered"),
                    icon="fa-truck",
                    detail=picking.name,
                    late=late and not back,
                    future=not done,
                    record=picking,
                )
            )
        return rows

    @api.model
    def _billed(self, order) -> list[dict]:
        rows = []
        # Of one day, a credit note comes after its invoice.
        for move in order.sudo().invoice_ids.sorted("id"):
            if move.state == "cancel":
                continue
            refund = move.move_type == "out_refund"
            label = self.env._("Credit note") if refund else self.env._("Invoice")
            if move.state == "draft":
                label = self.env._("Draft invoice")
            rows.append(
                self._row(
                    move.invoice_date or move.date or move.create_date,
                    5,
                    label,
                    icon="fa-file-text",
                    detail=move.name or "",
                    amount=-move.amount_total if refund else move.amount_total,
                    future=move.state == "draft",
                    record=move,
                )
            )
        return rows

    @api.model
    def _paid(self, order) -> list[dict]:
        """Return money and credits, each once, whatever part of an invoice it paid."""
        documents, advances = self.env["crm.plan.ledger"]._read_orders(order)[order.id]
        found = {}
        pairs = [(d.sign, s) for d in documents for s in d.settlements]
        for sign, settlement in [*pairs, *((1, a) for a in advances)]:
            ref = settlement.ref
            key = (ref["line"], settlement.kind, sign)
            units = found.get(key, (settlement, 0))[1] + sign * settlement.amount
            found[key] = (settlement, units)
        rows = []
        for (line_id, kind, _sign), (settlement, units) in found.items():
            item = self.env["account.move.line"].sudo().browse(line_id)
            if kind != MONEY and item.move_id.is_invoice():
                continue  # the credit note has a row of its own
            amount = units * order.currency_id.rounding
            rows.append(
                self._row(
                    settlement.day,
                    6,
                    self._paid_label(kind, units),
                    icon="fa-money" if kind == MONEY else "fa-scissors",
                    detail=self._paid_detail(settlement.ref),
                    amount=order.currency_id.round(amount),
                    record=item.move_id,
                )
            )
        return rows

    @api.model
    def _paid_label(self, kind: str, units: int) -> str:
        if kind == MONEY:
            return self.env._("Paid") if units > 0 else self.env._("Paid back")
        return self.env._("Credited or written off")

    @api.model
    def _paid_detail(self, ref: dict) -> str:
        """Return how, into which account, and who entered it."""
        journal = self.env["account.journal"].sudo().browse(ref["journal"])
        user = self.env["res.users"].sudo().browse(ref["user"])
        account = journal.bank_account_id.acc_number or journal.name
        return " · ".join(part for part in (ref["way"], account, user.name) if part)

    @api.model
    def _expected(self, order) -> list[dict]:
        """Return the payments still to come."""
        states = dict(
            self.env["crm.payment.plan.line"]
            ._fields["state"]
            ._description_selection(self.env)
        )
        unknown = self.env._("no day yet")
        rows = []
        for line in order.crm_plan_line_ids:
            if not line.in_force or line.open_amount <= 0:
                continue
            # Of a milestone not reached, the day it is expected.
            day = line.date_due or line.date_planned
            details = [states.get(line.state, ""), "" if day else unknown]
            rows.append(
                self._row(
                    day,
                    7,
                    line.name,
                    icon="fa-hourglass-half",
                    detail=" · ".join(part for part in details if part),
                    amount=line.open_amount,
                    late=line.state == "overdue",
                    future=True,
                    record=line,
                )
            )
        return rows
