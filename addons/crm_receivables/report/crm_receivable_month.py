from odoo import api, fields, models
from odoo.tools import SQL, format_date

MONTHS_SHOWN = 24
# Older months, for counting sales back.
MONTHS_KNOWN = 48

# By month: the balance of the receivable accounts, what of it was overdue, and sales;
# then the formulas of core/position.py. C(n) is what was sold in the months after
# month n, so what was sold between two months is a difference of two sums.
#
# Credits pay the oldest debts of their own customer, so what is overdue is counted by
# customer and summed afterwards (overdue_part there). A customer has a row only for
# months in which something was booked or not due: 20,000 customers in each of 24 months
# would be three times as many. "debt" is by how much what it owes grew that month, so
# that these add up to what all debtors owe; "not_due" is of that month alone.
#
# An item without a partner is netted with nothing: a customer of its own, below zero.
# What is matched across customers is no more owed by the one, nor kept for the other.
MONTHS_SQL = """
    WITH roots (root_id, today) AS (VALUES %(roots)s
    ), months AS MATERIALIZED (
        SELECT r.root_id, g.n, g.first_day,
               LEAST((g.first_day + interval '1 month')::date - 1, r.today) AS last_day
          FROM roots r
    CROSS JOIN LATERAL (
               SELECT n, (date_trunc('month', r.today)
                          - n * interval '1 month')::date AS first_day
                 FROM generate_series(0, %(known)s - 1) n) g
    ), items AS MATERIALIZED (
        SELECT l.id, b.root_id, COALESCE(p.commercial_partner_id, -l.id) AS customer_id,
               date_trunc('month', l.date::timestamp)::date AS month, l.date,
               COALESCE(l.date_maturity, l.date) AS due, l.balance
          FROM account_move_line l
          JOIN (VALUES %(books)s) b (company_id, root_id, today)
            ON b.company_id = l.company_id
     LEFT JOIN res_partner p ON p.id = l.partner_id
         WHERE l.account_id = ANY(%(accounts)s)
           AND l.parent_state = 'posted' AND l.date <= b.today AND %(whose)s
    ), crossed AS MATERIALIZED (
        SELECT d.root_id, d.customer_id AS debtor_id, c.customer_id AS creditor_id,
               r.max_date, r.amount
          FROM account_partial_reconcile r
          JOIN items d ON d.id = r.debit_move_id
          JOIN items c ON c.id = r.credit_move_id
         WHERE %(across)s AND c.customer_id != d.customer_id
    ), sold AS MATERIALIZED (
        SELECT b.root_id, %(move_key)s AS who,
               date_trunc('month', COALESCE(m.invoice_date, m.date))::date AS month,
               SUM(m.amount_total_signed) AS amount
          FROM account_move m
          JOIN (VALUES %(books)s) b (company_id, root_id, today)
            ON b.company_id = m.company_id
     LEFT JOIN res_partner p ON p.id = m.commercial_partner_id
         WHERE m.state = 'posted'
           AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
           AND COALESCE(m.invoice_date, m.date) <= b.today AND %(whose)s
      GROUP BY 1, 2, 3
    ), waiting AS MATERIALIZED (
        SELECT i.id, i.root_id, i.customer_id, i.balance, m.first_day, m.last_day
          FROM items i
          JOIN months m ON m.root_id = i.root_id
                       AND m.last_day BETWEEN i.date AND i.due
         WHERE m.n < %(shown)s AND i.balance > 0
    ), paid AS MATERIALIZED (
        SELECT w.id, w.first_day, SUM(r.amount) AS amount
          FROM waiting w
          JOIN account_partial_reconcile r ON r.debit_move_id = w.id
                                          AND r.max_date <= w.last_day
          JOIN account_move_line o ON o.id = r.credit_move_id
                                  AND o.parent_state = 'posted'
      GROUP BY w.id, w.first_day
    ), moved AS (
        SELECT q.root_id, q.customer_id, q.month, SUM(q.change) AS change,
               SUM(q.not_due) AS not_due
          FROM (SELECT root_id, customer_id, month, balance AS change, 0 AS not_due
                  FROM items
             UNION ALL
                SELECT x.root_id, k.customer_id,
                       date_trunc('month', x.max_date::timestamp)::date, k.change, 0
                  FROM crossed x
            CROSS JOIN LATERAL (VALUES (x.debtor_id, -x.amount),
                                       (x.creditor_id, x.amount))
                               k (customer_id, change)
             UNION ALL
                SELECT w.root_id, w.customer_id, w.first_day, 0,
                       GREATEST(0, w.balance - COALESCE(p.amount, 0))
                  FROM waiting w
             LEFT JOIN paid p ON p.id = w.id AND p.first_day = w.first_day) q
      GROUP BY q.root_id, q.customer_id, q.month
    ), flow AS MATERIALIZED (
        SELECT o.root_id, %(line_key)s AS who, o.month, SUM(o.change) AS change,
               SUM(GREATEST(0, o.owed) - GREATEST(0, o.owed - o.change)) AS debt,
               SUM(GREATEST(0, LEAST(o.owed, o.not_due))) AS not_due
          FROM (SELECT m.*, SUM(m.change) OVER (PARTITION BY m.root_id, m.customer_id
                                                    ORDER BY m.month) AS owed
                  FROM moved m) o
      GROUP BY 1, 2, 3
    ), base AS MATERIALIZED (
        SELECT k.root_id, k.who, m.n, m.first_day, m.last_day,
               m.last_day - m.first_day + 1 AS days,
               f.closing, f.debt - f.not_due AS closing_overdue,
               COALESCE(s.amount, 0) AS invoiced
          FROM (SELECT root_id, who FROM flow UNION SELECT root_id, who FROM sold) k
          JOIN months m ON m.root_id = k.root_id
     LEFT JOIN sold s ON s.root_id = k.root_id AND s.who = k.who
                     AND s.month = m.first_day
CROSS JOIN LATERAL (
               SELECT COALESCE(SUM(f.change), 0) AS closing,
                      COALESCE(SUM(f.debt), 0) AS debt,
                      COALESCE(SUM(f.not_due) FILTER (WHERE f.month = m.first_day), 0)
                          AS not_due
                 FROM flow f
                WHERE f.root_id = k.root_id AND f.who = k.who
                  AND f.month <= m.first_day) f
    ), summed AS MATERIALIZED (
        SELECT b.*,
               LAG(b.closing) OVER w AS opening,
               SUM(b.invoiced) OVER year AS invoiced_12m,
               SUM(b.days) OVER year AS days_12m,
               COALESCE(SUM(GREATEST(b.invoiced, 0)) OVER later, 0) AS sold_later
          FROM base b
        WINDOW w AS (PARTITION BY b.root_id, b.who ORDER BY b.n DESC),
               year AS (w ROWS BETWEEN 11 PRECEDING AND CURRENT ROW),
               later AS (PARTITION BY b.root_id, b.who ORDER BY b.n
                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT b.*, q.count_back, q.sold >= b.closing AS is_complete
      FROM summed b
CROSS JOIN LATERAL (
           SELECT SUM(GREATEST(o.invoiced, 0)) AS sold,
                  SUM(CASE WHEN x.left <= 0 THEN 0
                           WHEN o.invoiced <= x.left THEN o.days
                           ELSE o.days * x.left / o.invoiced END) AS count_back
             FROM summed o
       CROSS JOIN LATERAL (SELECT b.closing - (o.sold_later - b.sold_later) AS left) x
            WHERE o.root_id = b.root_id AND o.who = b.who AND o.n >= b.n) q
     WHERE b.n < %(shown)s"""


class CrmReceivableMonth(models.Model):
    """How fast a company is paid, month by month, from the ledger.

    The balance at the end of each month is that of the general ledger, whatever was
    booked into that month since. The running month ends today.
    """

    _name = "crm.receivable.month"
    _inherit = "crm.receivable.report.mixin"
    _description = "Receivables by Month"
    _auto = False
    _order = "month desc, company_id"
    _rec_name = "month"
    _depends = {
        "account.move": [
            "state",
            "move_type",
            "amount_total_signed",
            "invoice_date",
            "commercial_partner_id",
        ],
        "account.move.line": [
            "account_id",
            "balance",
            "company_id",
            "date",
            "date_maturity",
            "parent_state",
            "partner_id",
        ],
        "account.partial.reconcile": ["amount", "max_date"],
        "res.partner": ["commercial_partner_id"],
    }

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(readonly=True)
    date = fields.Date(string="Until", readonly=True)
    opening = fields.Monetary(string="Open at the beginning", readonly=True)
    invoiced = fields.Monetary(
        readonly=True, help="With taxes, net of credit notes: credit sales."
    )
    settled = fields.Monetary(
        readonly=True,
        help="What was open at the beginning and invoiced, less what is open at the "
        "end: paid, written off, exchange differences.",
    )
    closing = fields.Monetary(string="Open at the end", readonly=True)
    closing_current = fields.Monetary(
        string="Of it not due", readonly=True, help="The rest of what is open."
    )
    closing_overdue = fields.Monetary(
        string="Of it overdue",
        readonly=True,
        help="What was overdue once the open credits of each customer paid its oldest "
        "debts.",
    )
    dso = fields.Float(
        string="Days sales outstanding",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Open at the end ÷ invoiced in 12 months × the days of these months.",
    )
    dso_best = fields.Float(
        string="Best possible days",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="The same for what was not due: what it would be if all paid on the due "
        "date.",
    )
    days_delinquent = fields.Float(
        string="Days delinquent",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Days sales outstanding beyond the best possible.",
    )
    dso_count_back = fields.Float(
        string="Days, count-back",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Whole months of sales are taken off what is open, the newest first: how "
        "many days of sales are not paid. Growing sales do not flatter it. 0 if the "
        "months known are not enough.",
    )
    cei = fields.Float(
        string="Collection effectiveness, %",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="What was settled in the month, as a share of what could have been: 100 "
        "means that nothing due is open.",
    )

    @property
    def _table_query(self) -> SQL:
        position = self.env["crm.receivable.position"]
        chosen = set(self.env.companies.ids)
        books = [b for b in position._books(self.env.companies) if b[0] in chosen]
        return SQL(
            """SELECT b.root_id * 32768 + EXTRACT(YEAR FROM b.first_day)::int * 12
                          + EXTRACT(MONTH FROM b.first_day)::int AS id,
                      b.root_id AS company_id, b.first_day AS month,
                      b.last_day AS date, b.opening, b.invoiced,
                      b.opening + b.invoiced - b.closing AS settled, b.closing,
                      b.closing - b.closing_overdue AS closing_current,
                      b.closing_overdue,
                      ROUND(x.owed / x.sales * b.days_12m, 1) AS dso,
                      ROUND(x.not_due / x.sales * b.days_12m, 1) AS dso_best,
                      ROUND(x.owed / x.sales * b.days_12m, 1)
                          - ROUND(x.not_due / x.sales * b.days_12m, 1)
                          AS days_delinquent,
                      CASE WHEN b.is_complete THEN ROUND(b.count_back, 1) END
                          AS dso_count_back,
                      CASE WHEN b.opening + b.invoiced > x.not_due
                           THEN ROUND(100 * (b.opening + b.invoiced - b.closing)
                                      / (b.opening + b.invoiced - x.not_due), 1)
                      END AS cei
                 FROM (%s) b
           CROSS JOIN LATERAL (
                      SELECT CASE WHEN b.invoiced_12m > 0 THEN b.invoiced_12m END
                                 AS sales,
                             GREATEST(0, b.closing) AS owed,
                             GREATEST(0, b.closing - b.closing_overdue)
                                 AS not_due) x""",
            self._months_of(books, MONTHS_SHOWN),
        )

    @api.model
    def _months_of(self, books, shown: int, customers=None) -> SQL:
        """Return balances, sales and count-back of the last months.

        :param books: see ``crm.receivable.position``
        :param customers: ids of commercial partners: a row for each (``who``); nothing
            for the companies as a whole
        """
        one_for_all = customers is None
        roots = sorted({(root, today) for _company, root, today in books})
        return SQL(
            MONTHS_SQL,
            roots=SQL(", ").join(
                SQL("(%s, %s::date)", *root)
                for root in roots or [(0, fields.Date.today())]
            ),
            books=SQL(", ").join(
                SQL("(%s, %s, %s::date)", *book)
                for book in books or [(0, 0, fields.Date.today())]
            ),
            line_key=SQL("0" if one_for_all else "o.customer_id"),
            move_key=SQL("0" if one_for_all else "p.commercial_partner_id"),
            whose=SQL("TRUE")
            if one_for_all
            else SQL("p.commercial_partner_id = ANY(%s)", list(customers)),
            # Of some customers, the other side of a match need not be there.
            across=SQL("TRUE" if one_for_all else "FALSE"),
            accounts=self.env["crm.receivable.position"]._account_ids(),
            known=MONTHS_KNOWN,
            shown=shown,
        )

    @api.model
    def _count_back(self, company, customers) -> dict[int, float]:
        """Return days sales outstanding of today by count-back, by customer; without
        those whose known sales are not enough, or who owe nothing."""
        position = self.env["crm.receivable.position"]
        position._flush_ledger()
        self.env["account.move"].flush_model(self._depends["account.move"])
        rows = self.env.execute_query(
            SQL(
                """SELECT b.who, ROUND(b.count_back, 1) FROM (%s) b
                    WHERE b.is_complete AND b.closing > 0""",
                self._months_of(position._books(company), 1, customers),
            )
        )
        return {customer: float(days) for customer, days in rows}

    def action_open_items(self):
        """Open what was open at the end of the month, by age."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_receivable_item_action"
        )
        if len(self) != 1:
            return action
        name = self.env._("Open items on %s", format_date(self.env, self.date))
        return {
            **action,
            "name": name,
            # What the client shows first.
            "display_name": name,
            "domain": [("company_id", "child_of", self.company_id.id)],
            "context": {"receivable_at": str(self.date)},
        }
