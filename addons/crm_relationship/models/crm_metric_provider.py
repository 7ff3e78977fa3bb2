from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.tools import SQL

from ..core.metrics import WINDOW_DAYS, MetricProvider, MetricScope
from ..core.timeline import day_start


class CrmMetricProvider(models.AbstractModel):
    """The SQL of the profile columns this module computes."""

    _name = "crm.metric.provider"
    _description = "Metric Provider"

    @api.model
    def _providers(self) -> list[MetricProvider]:
        return [
            MetricProvider("purchases", PURCHASE_COLUMNS, self._purchase_metrics),
            MetricProvider("orders", ORDER_COLUMNS, self._order_metrics),
            MetricProvider(
                "open_orders",
                ("order_open_count", "order_open_amount"),
                self._open_order_metrics,
            ),
            MetricProvider(
                "receivables",
                ("receivable_open", "receivable_overdue"),
                self._receivable_metrics,
            ),
            MetricProvider("leads", ("lead_count", "lead_amount"), self._lead_metrics),
            MetricProvider("contacts", CONTACT_COLUMNS, self._contact_metrics),
        ]

    @api.model
    def _purchase_metrics(self, scope: MetricScope) -> SQL:
        """Purchases; a future one counts from its day on; a refund is no purchase."""
        sources = self.env["crm.transaction.source"]._transaction_sources(scope)
        documents = SQL(" UNION ALL ").join(
            SQL(
                """SELECT s.customer_id, d.date, d.amount, d.is_purchase
                     FROM (%(documents)s) d
                     JOIN %(partners)s s ON s.partner_id = d.partner_id""",
                documents=source.documents(scope),
                partners=scope.partners,
            )
            for source in sources
        )
        return SQL(
            """SELECT q.customer_id,
                      MIN(q.date) FILTER (WHERE q.date <= %(today)s AND q.is_purchase)
                          AS first_purchase_date,
                      MAX(q.date) FILTER (WHERE q.date <= %(today)s AND q.is_purchase)
                          AS last_purchase_date,
                      COUNT(*) FILTER (WHERE q.date <= %(today)s AND q.is_purchase)
                          AS purchase_count,
                      COUNT(DISTINCT q.date) FILTER (WHERE q.date <= %(today)s
                          AND q.is_purchase) AS purchase_day_count,
                      SUM(q.amount) FILTER (WHERE q.date <= %(today)s) AS revenue_total,
                      COUNT(*) FILTER (WHERE q.is_purchase AND q.date
                          BETWEEN %(start)s AND %(today)s) AS purchase_count_12m,
                      SUM(q.amount) FILTER (WHERE q.date BETWEEN %(start)s
                                              AND %(today)s) AS revenue_12m,
                      LEAST(MIN(q.date) FILTER (WHERE q.date > %(today)s),
                            MIN(q.date) FILTER (WHERE q.date BETWEEN %(start)s
                                                  AND %(today)s) + %(window)s)
                          AS next_expiry_date
                 FROM (%(documents)s) q
             GROUP BY q.customer_id""",
            documents=documents,
            today=scope.today,
            start=scope.window_start,
            window=WINDOW_DAYS,
        )

    @api.model
    def _order_metrics(self, scope: MetricScope) -> SQL:
        """Quotations and confirmed orders, in company currency at the order's rate."""
        return SQL(
            """SELECT q.customer_id, q.quotation_count, q.quotation_amount,
                      (q.quotation_last AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                          AS quotation_last_date,
                      q.order_count, q.order_amount,
                      (q.order_last AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                          AS order_last_date,
                      NULL::date AS next_expiry_date
                 FROM (SELECT s.customer_id,
                              COUNT(*) FILTER (WHERE o.state != 'sale')
                                  AS quotation_count,
                              SUM(o.amount_untaxed / NULLIF(o.currency_rate, 0))
                                  FILTER (WHERE o.state != 'sale')
                                  AS quotation_amount,
                              MAX(o.date_order) FILTER (WHERE o.state != 'sale')
                                  AS quotation_last,
                              COUNT(*) FILTER (WHERE o.state = 'sale') AS order_count,
                              SUM(o.amount_untaxed / NULLIF(o.currency_rate, 0))
                                  FILTER (WHERE o.state = 'sale') AS order_amount,
                              MAX(o.date_order) FILTER (WHERE o.state = 'sale')
                                  AS order_last
                         FROM sale_order o
                         JOIN %(partners)s s ON s.partner_id = o.partner_id
                        WHERE o.state IN ('draft', 'sent', 'sale')
                          AND o.company_id = ANY(%(companies)s)
                     GROUP BY s.customer_id) q""",
            tz=scope.tz,
            partners=scope.partners,
            companies=list(scope.company_ids),
        )

    @api.model
    def _open_order_metrics(self, scope: MetricScope) -> SQL:
        """Confirmed orders with something left to invoice, and how much that is."""
        return SQL(
            """SELECT q.customer_id, COUNT(*) AS order_open_count,
                      SUM(q.amount) AS order_open_amount,
                      NULL::date AS next_expiry_date
                 FROM (SELECT o.id, s.customer_id,
                              SUM(l.price_subtotal
                                  - COALESCE(l.untaxed_amount_invoiced, 0))
                                / NULLIF(MAX(o.currency_rate), 0) AS amount
                         FROM sale_order o
                         JOIN %(partners)s s ON s.partner_id = o.partner_id
                         JOIN sale_order_line l ON l.order_id = o.id
                        WHERE o.state = 'sale'
                          AND o.invoice_status IN ('no', 'to invoice')
                          AND o.company_id = ANY(%(companies)s)
                          AND l.display_type IS NULL
                     GROUP BY o.id, s.customer_id) q
                WHERE q.amount > 0
             GROUP BY q.customer_id""",
            partners=scope.partners,
            companies=list(scope.company_ids),
        )

    @api.model
    def _receivable_metrics(self, scope: MetricScope) -> SQL:
        """Open receivables, net of credit notes and payments, by the ledger's partner.

        An amount is overdue from the day after its due date, as far as open credits
        do not cover it, whatever their own date is.
        """
        return SQL(
            """SELECT s.customer_id, SUM(l.amount_residual) AS receivable_open,
                      GREATEST(0, SUM(GREATEST(l.amount_residual, 0))
                          FILTER (WHERE COALESCE(l.date_maturity, l.date) < %(today)s)
                          + SUM(LEAST(l.amount_residual, 0))) AS receivable_overdue,
                      MIN(COALESCE(l.date_maturity, l.date) + 1)
                          FILTER (WHERE COALESCE(l.date_maturity, l.date) >= %(today)s)
                          AS next_expiry_date
                 FROM account_move_line l
                 JOIN %(partners)s s ON s.partner_id = l.partner_id
                WHERE l.account_id IN (SELECT a.id FROM account_account a
                                        WHERE a.account_type = 'asset_receivable')
                  AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
                  AND l.amount_residual != 0
                  AND l.company_id = ANY(%(companies)s)
             GROUP BY s.customer_id""",
            today=scope.today,
            partners=scope.partners,
            companies=list(scope.company_ids),
        )

    @api.model
    def _lead_metrics(self, scope: MetricScope) -> SQL:
        """Opportunities in progress, in their own, their team's or salesperson's
        company."""
        return SQL(
            """SELECT s.customer_id, COUNT(*) AS lead_count,
                      SUM(l.expected_revenue) AS lead_amount,
                      NULL::date AS next_expiry_date
                 FROM crm_lead l
                 JOIN %(partners)s s ON s.partner_id = l.partner_id
            LEFT JOIN crm_team t ON t.id = l.team_id
            LEFT JOIN res_users u ON u.id = l.user_id
                WHERE l.active AND l.type = 'opportunity'
                  AND l.won_status = 'pending'
                  AND COALESCE(l.company_id, t.company_id, u.company_id)
                      = ANY(%(companies)s)
             GROUP BY s.customer_id""",
            partners=scope.partners,
            companies=list(scope.company_ids),
        )

    @api.model
    def _contact_metrics(self, scope: MetricScope) -> SQL:
        """What the ledger says: contacts by day in the company's time zone, and when
        the next one is due.

        Summed by partner first, on the moments as they are stored: turning each into
        a day would cost several times the reading.
        """
        zone = ZoneInfo(scope.tz)
        contact = SQL("t.is_contact AND t.date < %s", _day_after(scope.today, zone))
        window = SQL(
            "%s AND t.date >= %s", contact, day_start(scope.window_start, zone)
        )
        partners = SQL("t.partner_id IS NOT NULL")
        if not scope.everybody:
            partners = SQL(
                "t.partner_id IN (SELECT partner_id FROM %s s)", scope.partners
            )
        return SQL(
            CONTACT_SQL,
            tz=scope.tz,
            contact=contact,
            window=window,
            tomorrow=_day_after(scope.today, zone),
            days=WINDOW_DAYS,
            cadence=scope.company._get_crm_cadence_days(),
            company=scope.company.id,
            customers=scope.customers,
            partners=partners,
            scope=scope.partners,
            companies=list(scope.company_ids),
        )


def _day_after(day, zone: ZoneInfo):
    """Return the first moment that is not ``day`` any more, as naive UTC."""
    return day_start(day + timedelta(days=1), zone)


PURCHASE_COLUMNS = (
    "first_purchase_date",
    "last_purchase_date",
    "purchase_count",
    "purchase_day_count",
    "revenue_total",
    "purchase_count_12m",
    "revenue_12m",
)
ORDER_COLUMNS = (
    "quotation_count",
    "quotation_amount",
    "quotation_last_date",
    "order_count",
    "order_amount",
    "order_last_date",
)
CONTACT_COLUMNS = (
    "last_contact_in_date",
    "last_contact_out_date",
    "contact_count_12m",
    "next_contact_date",
)
CONTACT_SQL = """
    SELECT COALESCE(d.customer_id, c.partner_id) AS customer_id,
           d.last_contact_in_date, d.last_contact_out_date, d.contact_count_12m,
           CASE WHEN COALESCE(c.days, %(cadence)s) > 0
                THEN COALESCE(GREATEST(d.last_contact_in_date,
                                       d.last_contact_out_date), c.since)
                     + COALESCE(c.days, %(cadence)s)
           END AS next_contact_date,
           d.next_expiry_date
      FROM (SELECT q.customer_id, q.contact_count_12m,
                   (q.last_in AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                       AS last_contact_in_date,
                   (q.last_out AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                       AS last_contact_out_date,
                   LEAST((q.first_future AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date,
                         (q.first_window AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                             + %(days)s) AS next_expiry_date
              FROM (SELECT s.customer_id,
                           MAX(p.last_in) AS last_in, MAX(p.last_out) AS last_out,
                           SUM(p.contacts) AS contact_count_12m,
                           MIN(p.first_window) AS first_window,
                           MIN(p.first_future) AS first_future
                      FROM (SELECT t.partner_id,
                                   MAX(t.date) FILTER (WHERE %(contact)s
                                       AND t.direction = 'in') AS last_in,
                                   MAX(t.date) FILTER (WHERE %(contact)s
                                       AND t.direction = 'out') AS last_out,
                                   COUNT(*) FILTER (WHERE %(window)s) AS contacts,
                                   MIN(t.date) FILTER (WHERE %(window)s)
                                       AS first_window,
                                   MIN(t.date) FILTER (WHERE t.date >= %(tomorrow)s)
                                       AS first_future
                              FROM crm_touch t
                             WHERE t.company_id = ANY(%(companies)s)
                               AND %(partners)s
                          GROUP BY t.partner_id) p
                      JOIN %(scope)s s ON s.partner_id = p.partner_id
                  GROUP BY s.customer_id) q) d
 FULL JOIN (SELECT f.partner_id, f.days,
                   (f.create_date AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                       AS since
              FROM crm_followup_cadence f
              JOIN res_partner fp ON fp.id = f.partner_id
                                 AND fp.commercial_partner_id = fp.id
             WHERE f.company_id = %(company)s AND f.partner_id %(customers)s) c
        ON c.partner_id = d.customer_id"""
