from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ..rfm import EQUAL_COUNT, QUANTILE_EDGES, R_PACKAGE
from ..rfm.engine import PROBABILITIES

DIMENSIONS = ("recency", "frequency", "monetary")


class CrmRfmScorer(models.AbstractModel):
    """The rules of the package ``rfm`` as SQL, for any number of customers."""

    _name = "crm.rfm.scorer"
    _description = "RFM Scorer"

    @api.model
    def _compute_difference(self, run) -> None:
        """Leave new scores beside the stored ones in the table ``crm_rfm_diff``.

        Temporary, gone with the transaction. A row per customer with ``kind`` (new,
        gone, moved, stayed), ``is_rescored`` (some score differs), ``is_stale`` (the
        stored row must be written), the new values and ``score_id``.
        """
        self.env.cr.execute(
            SQL(
                """DROP TABLE IF EXISTS crm_rfm_input, crm_rfm_diff;
                   CREATE TEMP TABLE crm_rfm_input ON COMMIT DROP AS
                   SELECT i.*, GREATEST(%s - last_date, 0)::float8 AS days,
                          GREATEST(monetary, 0)::float8 AS spent
                     FROM (%s) i""",
                run.reference_date,
                self._input_sql(run),
            )
        )
        run.edges = self._freeze_edges(run)
        self._compare(run)

    @api.model
    def _compare(self, run) -> None:
        """Join the scores under the frozen edges to the stored ones."""
        self.env.cr.execute(
            SQL(
                """CREATE TEMP TABLE crm_rfm_diff ON COMMIT DROP AS
                   SELECT COALESCE(n.partner_id, s.partner_id) AS partner_id,
                          s.id AS score_id, n.last_date, n.frequency, n.monetary,
                          n.r, n.f, n.m, s.old_cell_id, n.cell_id,
                          COALESCE(n.monetary, s.monetary) AS value,
                          CASE WHEN s.id IS NULL THEN 'new'
                               WHEN n.partner_id IS NULL THEN 'gone'
                               WHEN s.old_cell_id IS DISTINCT FROM n.cell_id
                               THEN 'moved'
                               ELSE 'stayed' END AS kind,
                          (s.r, s.f, s.m) IS DISTINCT FROM (n.r, n.f, n.m)
                              AS is_rescored,
                          (s.r, s.f, s.m, s.last_date, s.frequency, s.monetary)
                              IS DISTINCT FROM
                          (n.r, n.f, n.m, n.last_date, n.frequency, n.monetary)
                              AS is_stale
                     FROM (SELECT *, %(old_cell)s AS old_cell_id
                             FROM crm_rfm_score
                            WHERE scheme_id = %(scheme)s) s
                FULL JOIN (SELECT *, %(new_cell)s AS cell_id
                             FROM (%(scored)s) x) n
                       ON n.partner_id = s.partner_id;
                   ANALYZE crm_rfm_diff (kind, is_stale)""",
                old_cell=_cell_sql(run.scheme_id._frozen_cell_ids()),
                new_cell=_cell_sql(run.cells),
                scheme=run.scheme_id.id,
                scored=self._scored_sql(run),
            )
        )

    @api.model
    def _input_sql(self, run) -> SQL:
        """Return ``partner_id, last_date, frequency, monetary`` of who has purchases.

        Archived customers are left out, as they are in the list of customers.
        """
        # Purchases are counted in the profile already, or anew for a shorter period.
        counted, period = SQL("p"), SQL()
        if run.period_months:
            counted = SQL("t")
            period = SQL(
                "JOIN (%s) t ON t.customer_id = p.partner_id", self._period_sql(run)
            )
        monetary = {
            "total": SQL("%s.revenue_total", counted),
            "last_12m": SQL("p.revenue_12m"),
            "average": SQL(
                """ROUND(%(t)s.revenue_total / NULLIF(%(t)s.purchase_count, 0),
                         %(digits)s)""",
                t=counted,
                digits=run.scheme_id.currency_id.decimal_places,
            ),
        }[run.monetary_basis]
        return SQL(
            """SELECT p.partner_id, %(t)s.last_purchase_date AS last_date,
                      %(t)s.purchase_day_count AS frequency,
                      COALESCE(%(monetary)s, 0) AS monetary
                 FROM crm_customer_profile p %(period)s
                WHERE p.company_id = %(company)s AND p.active
                  AND %(t)s.last_purchase_date IS NOT NULL
                  AND %(t)s.purchase_day_count > 0""",
            t=counted,
            monetary=monetary,
            period=period,
            company=run.company_id.id,
        )

    @api.model
    def _period_sql(self, run) -> SQL:
        """Return the purchase columns of a profile, counted in the period only."""
        scope = self.env["crm.customer.metrics"]._everybody_scope(run.company_id)
        start = run.reference_date - relativedelta(months=run.period_months)
        documents = SQL(" UNION ALL ").join(
            SQL("SELECT d.* FROM (%s) d", source.documents(scope))
            for source in self.env["crm.transaction.source"]._transaction_sources(scope)
        )
        return SQL(
            """SELECT s.customer_id,
                      MAX(d.date) FILTER (WHERE d.is_purchase) AS last_purchase_date,
                      COUNT(DISTINCT d.date) FILTER (WHERE d.is_purchase)
                          AS purchase_day_count,
                      COUNT(*) FILTER (WHERE d.is_purchase) AS purchase_count,
                      ROUND(SUM(d.amount), %s) AS revenue_total
                 FROM (%s) d JOIN %s s ON s.partner_id = d.partner_id
                WHERE d.date > %s AND d.date <= %s
             GROUP BY s.customer_id""",
            run.scheme_id.currency_id.decimal_places,
            documents,
            scope.partners,
            start,
            run.reference_date,
        )

    @api.model
    def _freeze_edges(self, run) -> dict[str, list[float]]:
        """Return the four edges of each dimension; none for groups of equal size."""
        if run.method == EQUAL_COUNT:
            return dict.fromkeys(DIMENSIONS, [])
        shift = 1.0 if run.method == R_PACKAGE else 0.0
        [row] = self.env.execute_query(
            SQL(
                """SELECT percentile_cont(%(at)s) WITHIN GROUP (ORDER BY days),
                          percentile_cont(%(at)s) WITHIN GROUP (ORDER BY frequency),
                          percentile_cont(%(at)s) WITHIN GROUP (ORDER BY spent)
                     FROM crm_rfm_input""",
                at=SQL("%s::float8[]", list(PROBABILITIES)),
            )
        )
        return {
            name: [edge + shift for edge in edges or []]
            for name, edges in zip(DIMENSIONS, row, strict=True)
        }

    @api.model
    def _scored_sql(self, run) -> SQL:
        """Return the input with ``r``, ``f`` and ``m`` under the frozen edges."""
        if run.method == EQUAL_COUNT:
            r = _group_sql(SQL("days DESC"))
            f, m = _group_sql(SQL("frequency")), _group_sql(SQL("spent"))
        else:
            edges = run.edges
            r = SQL("6 - (%s)", _edges_sql("days", edges["recency"], run.method))
            f = _edges_sql("frequency", edges["frequency"], run.method)
            m = _edges_sql("spent", edges["monetary"], run.method)
        return SQL(
            """SELECT partner_id, last_date, frequency, monetary,
                      (%s)::int AS r, (%s)::int AS f, (%s)::int AS m
                 FROM crm_rfm_input""",
            r,
            f,
            m,
        )


def _edges_sql(column: str, edges: list[float], method: str) -> SQL:
    """Return 1 + the edges below a column's value (not above it: ``r_package``)."""
    above = SQL(">") if method == QUANTILE_EDGES else SQL(">=")
    terms = [
        SQL("(%s %s %s::float8)::int", SQL.identifier(column), above, edge)
        for edge in edges
    ]
    return SQL(" + ").join([SQL("1"), *terms])


def _group_sql(order: SQL) -> SQL:
    """Return ceil(5 · rank / n) of the rows in an order, from worst to best."""
    return SQL(
        """(5 * row_number() OVER (ORDER BY %s, last_date, partner_id)
            + count(*) OVER () - 1) / count(*) OVER ()""",
        order,
    )


def _cell_sql(cell_ids: list[int | None]) -> SQL:
    """Return the cell id of the square of the columns ``r`` and ``f``."""
    return SQL("(%s::int[])[(r - 1) * 5 + f]", cell_ids)
