"""The yardstick: what a good hand would write to get the same figures once, by hand.

Each statement reads the tables the engine reads, with the same columns and windows,
grouped by the partner on the document, and leaves the plan to PostgreSQL. It is less
than the engine has to do: no contacts rolled up to their firm, no buyer behind an
invoice, no day of expiry over all figures, no own companies left out.
"""

from odoo.tools import SQL

from odoo.addons.crm_relationship.core.metrics import WINDOW_DAYS

PURCHASES = """
    SELECT partner_id,
           MIN(day) FILTER (WHERE day <= %(today)s AND buys) AS first_purchase_date,
           MAX(day) FILTER (WHERE day <= %(today)s AND buys) AS last_purchase_date,
           COUNT(*) FILTER (WHERE day <= %(today)s AND buys) AS purchase_count,
           COUNT(DISTINCT day) FILTER (WHERE day <= %(today)s AND buys)
               AS purchase_day_count,
           SUM(amount) FILTER (WHERE day <= %(today)s) AS revenue_total,
           COUNT(*) FILTER (WHERE buys AND day BETWEEN %(start)s AND %(today)s)
               AS purchase_count_12m,
           SUM(amount) FILTER (WHERE day BETWEEN %(start)s AND %(today)s)
               AS revenue_12m,
           LEAST(MIN(day) FILTER (WHERE day > %(today)s),
                 MIN(day) FILTER (WHERE day BETWEEN %(start)s AND %(today)s)
                     + %(window)s) AS next_expiry_date
      FROM (%(documents)s) d GROUP BY partner_id"""

HISTORY = """
    SELECT partner_id, date AS day, amount_company AS amount,
           amount_company >= 0 AS buys
      FROM crm_purchase_history
     WHERE state = 'done' AND company_id = %(company)s"""

INVOICES = """
    SELECT partner_id, invoice_date AS day, amount_untaxed_signed AS amount,
           move_type != 'out_refund' AS buys
      FROM account_move
     WHERE state = 'posted' AND company_id = %(company)s
       AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')"""

ORDERED = """
    SELECT partner_id,
           (date_order AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
           amount_untaxed / currency_rate AS amount, TRUE AS buys
      FROM sale_order
     WHERE state = 'sale' AND company_id = %(company)s"""

ORDERS = """
    SELECT partner_id,
           COUNT(*) FILTER (WHERE state != 'sale') AS quotation_count,
           SUM(amount_untaxed / currency_rate) FILTER (WHERE state != 'sale')
               AS quotation_amount,
           MAX(date_order) FILTER (WHERE state != 'sale') AS quotation_last_date,
           COUNT(*) FILTER (WHERE state = 'sale') AS order_count,
           SUM(amount_untaxed / currency_rate) FILTER (WHERE state = 'sale')
               AS order_amount,
           MAX(date_order) FILTER (WHERE state = 'sale') AS order_last_date
      FROM sale_order
     WHERE state IN ('draft', 'sent', 'sale') AND company_id = %(company)s
     GROUP BY partner_id"""

OPEN_ORDERS = """
    SELECT partner_id, COUNT(*) AS order_open_count, SUM(amount) AS order_open_amount
      FROM (SELECT o.partner_id, o.id,
                   SUM(l.price_subtotal - l.untaxed_amount_invoiced)
                       / MAX(o.currency_rate) AS amount
              FROM sale_order o JOIN sale_order_line l ON l.order_id = o.id
             WHERE o.state = 'sale' AND o.invoice_status IN ('no', 'to invoice')
               AND o.company_id = %(company)s AND l.display_type IS NULL
             GROUP BY o.id) o
     WHERE amount > 0 GROUP BY partner_id"""

RECEIVABLES = """
    SELECT partner_id, SUM(amount_residual) AS receivable_open,
           GREATEST(0, SUM(GREATEST(amount_residual, 0))
                           FILTER (WHERE date_maturity < %(today)s)
                       + SUM(LEAST(amount_residual, 0))) AS receivable_overdue,
           MIN(date_maturity + 1) FILTER (WHERE date_maturity >= %(today)s)
               AS due_expiry_date
      FROM account_move_line
     WHERE parent_state = 'posted' AND reconciled IS NOT TRUE
       AND company_id = %(company)s
       AND account_id IN (SELECT id FROM account_account
                           WHERE account_type = 'asset_receivable')
     GROUP BY partner_id"""

LEADS = """
    SELECT partner_id, COUNT(*) AS lead_count, SUM(expected_revenue) AS lead_amount
      FROM crm_lead
     WHERE active AND type = 'opportunity' AND won_status = 'pending'
       AND company_id = %(company)s
     GROUP BY partner_id"""


def aggregate(env, company, source: str = "invoiced") -> SQL:
    """Return the aggregate of all profile columns by partner."""
    metrics = env["crm.customer.metrics"]
    scope = metrics._everybody_scope(company)
    values = {"company": company.id, "today": scope.today, "tz": scope.tz}
    values |= {"start": scope.window_start, "window": WINDOW_DAYS}
    sold = ORDERED if source == "ordered" else INVOICES
    documents = SQL("%s UNION ALL %s", SQL(HISTORY, **values), SQL(sold, **values))
    parts = {
        "purchases": SQL(PURCHASES, documents=documents, **values),
        "orders": SQL(ORDERS, **values),
        "open_orders": SQL(OPEN_ORDERS, **values),
        "receivables": SQL(RECEIVABLES, **values),
        "leads": SQL(LEADS, **values),
    }
    joined = [SQL("(%s) %s", sql, SQL.identifier(name)) for name, sql in parts.items()]
    return SQL(
        "SELECT * FROM %s",
        SQL(" FULL JOIN ").join([joined[0], *map(_using, joined[1:])]),
    )


def _using(part: SQL) -> SQL:
    return SQL("%s USING (partner_id)", part)
