"""What profiles must say, counted document by document in Python.

Written from the rules and not from the engine: no SQL, no sets, one document after the
other. Slow and easy to check by reading.
"""

from collections import defaultdict
from datetime import timedelta

SALES = ("out_invoice", "out_refund", "out_receipt")


class ProfileOracle:
    """Figures of all customers of a company on a day."""

    def __init__(self, company):
        self.env = company.sudo().env
        self.company = company.sudo().root_id
        everything = self.env["res.company"].with_context(active_test=False)
        self.tree = everything.search([("id", "child_of", self.company.id)])
        self.own = {
            self._customer(c.partner_id) for c in everything.search([]) if c.partner_id
        }

    def figures(self, day) -> dict[int, dict]:
        """Return the figures by customer id, without those who are none."""
        self.day = day
        self.found = defaultdict(lambda: defaultdict(float))
        self.days = defaultdict(set)
        for partner, date, amount, is_purchase in self._documents():
            self._count_document(self._customer(partner), date, amount, is_purchase)
        self._count_orders()
        self._count_receivables()
        self._count_leads()
        self._count_contacts()
        for customer, days in self.days.items():
            self.found[customer] |= {
                "first_purchase_date": min(days),
                "last_purchase_date": max(days),
                "purchase_day_count": len(days),
            }
        return {
            customer: dict(figures)
            for customer, figures in self.found.items()
            if customer not in self.own
        }

    def _customer(self, partner) -> int:
        """Return the firm a contact belongs to, or the contact itself."""
        while partner.parent_id and not partner.is_company:
            partner = partner.parent_id
        return partner.id

    def _mine(self, model: str, *domain):
        records = self.env[model].with_context(active_test=False)
        return records.search([("company_id", "in", self.tree.ids), *domain])

    # ---- purchases -------------------------------------------------------------------

    def _documents(self):
        """Yield buyer, date, amount, and whether it is a purchase."""
        for history in self._mine("crm.purchase.history", ("state", "=", "done")):
            until = history.source_id.counts_until
            if not until or history.date <= until:
                amount = history.amount_company
                yield history.partner_id, history.date, amount, amount >= 0
        if self.company.crm_revenue_source == "ordered":
            for order in self._mine("sale.order", ("state", "=", "sale")):
                amount = order.amount_untaxed / order.currency_rate
                yield order.partner_id, order.date_order.date(), amount, amount >= 0
            return
        moves = self._mine(
            "account.move", ("state", "=", "posted"), ("move_type", "in", SALES)
        )
        for move in moves:
            date = move.invoice_date or move.date
            for buyer, amount in self._buyers(move):
                yield buyer, date, amount, move.move_type != "out_refund"

    def _buyers(self, move) -> list[tuple]:
        """Share an invoice among the buyers of the orders it comes from."""
        shares, first = {}, None
        for line in move.line_ids:
            orders = line.sale_line_ids.order_id.sorted("id")
            if orders:
                order = orders[0]
                shares[order.partner_id] = (
                    shares.get(order.partner_id, 0.0) - line.balance
                )
                first = order if not first or order.id < first.id else first
        if not shares:
            return [(move.partner_id, move.amount_untaxed_signed)]
        rest = move.amount_untaxed_signed - sum(shares.values())
        shares[first.partner_id] += rest
        return list(shares.items())

    def _count_document(self, customer, date, amount, is_purchase) -> None:
        figures = self.found[customer]
        if date > self.day:
            return
        windows = [""]
        if date > self.day - timedelta(days=365):
            windows.append("_12m")
        for window in windows:
            figures[f"purchase_count{window}"] += is_purchase
            figures["revenue_12m" if window else "revenue_total"] += amount
        if is_purchase:
            self.days[customer].add(date)

    # ---- everything else -------------------------------------------------------------

    def _count_orders(self) -> None:
        for order in self._mine(
            "sale.order", ("state", "in", ("draft", "sent", "sale"))
        ):
            figures = self.found[self._customer(order.partner_id)]
            kind = "order" if order.state == "sale" else "quotation"
            date = order.date_order.date()
            figures[f"{kind}_count"] += 1
            figures[f"{kind}_amount"] += order.amount_untaxed / order.currency_rate
            last = figures.get(f"{kind}_last_date") or date
            figures[f"{kind}_last_date"] = max(last, date)
            left = sum(
                line.price_subtotal - line.untaxed_amount_invoiced
                for line in order.order_line
                if not line.display_type
            )
            waiting = order.invoice_status in ("no", "to invoice")
            if order.state == "sale" and waiting and left > 0:
                figures["order_open_count"] += 1
                figures["order_open_amount"] += left / order.currency_rate

    def _count_receivables(self) -> None:
        for line in self._mine("account.move.line", ("parent_state", "=", "posted")):
            if (
                line.account_id.account_type == "asset_receivable"
                and not line.reconciled
                and line.amount_residual
                and line.partner_id
            ):
                figures = self.found[self._customer(line.partner_id)]
                figures["receivable_open"] += line.amount_residual
                late = (line.date_maturity or line.date) < self.day
                if late or line.amount_residual < 0:
                    figures["receivable_overdue"] += line.amount_residual
        for figures in self.found.values():
            figures["receivable_overdue"] = max(0, figures["receivable_overdue"])

    def _count_leads(self) -> None:
        leads = self.env["crm.lead"].search([("type", "=", "opportunity")])
        for lead in leads:
            company = (
                lead.company_id or lead.team_id.company_id or lead.user_id.company_id
            )
            if (
                lead.won_status == "pending"
                and company in self.tree
                and lead.partner_id
            ):
                figures = self.found[self._customer(lead.partner_id)]
                figures["lead_count"] += 1
                figures["lead_amount"] += lead.expected_revenue

    def _count_contacts(self) -> None:
        """The days of contacts, and the next one by the customer's own days."""
        last = {}
        for touch in self._mine("crm.touch", ("partner_id", "!=", False)):
            customer = self._customer(touch.partner_id)
            figures = self.found[customer]
            day = touch.date.date()
            if not touch.is_contact or day > self.day:
                continue
            column = f"last_contact_{touch.direction}_date"
            figures[column] = max(figures.get(column) or day, day)
            last[customer] = max(last.get(customer, day), day)
            figures["contact_count_12m"] += day > self.day - timedelta(days=365)
        own = self.env["crm.followup.cadence"].search(
            [("company_id", "=", self.company.id)]
        )
        for cadence in own:
            customer = cadence.partner_id.id
            # Those of a firm that became somebody's contact do not count.
            if self._customer(cadence.partner_id) != customer:
                continue
            figures = self.found[customer]
            if cadence.days:
                since = last.get(customer, cadence.create_date.date())
                figures["next_contact_date"] = since + timedelta(days=cadence.days)
