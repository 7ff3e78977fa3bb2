from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.transactions import database_now, in_transaction

from ..core import effect
from .crm_campaign_result import AT_LEAST

# Orders by a link are put down to a campaign for at most so long.
LINK_DAYS = 30
RUNNING = ("live", "paused", "stopped")


class CrmCampaignMeter(models.AbstractModel):
    """Reads out what came of a campaign: set-based, a fixed number of statements
    however many were written to."""

    _name = "crm.campaign.meter"
    _description = "Read-out of Campaigns"

    @api.model
    def _cron_measure(self) -> None:
        """Read out every campaign that runs or waits for its evaluation."""
        cron = self.env["ir.cron"]
        running = self.env["crm.campaign"].search(
            [("state", "in", RUNNING), ("launch_date", "!=", False)], order="id"
        )
        for done, campaign in enumerate(running, 1):
            in_transaction(self.env, self._measure, campaign)
            if not cron._commit_progress(1, remaining=len(running) - done):
                return

    @api.model
    def _measure(self, campaign):
        """Read out a campaign as of now; return its result."""
        campaign.ensure_one()
        self.env.flush_all()
        window = self._window(campaign)
        self._note_responses(campaign)
        lines, unknown = self._note_purchases(campaign, *window)
        self._note_linked(campaign)
        self.env["crm.campaign.enrolment"].invalidate_model()
        values = {
            "campaign_id": campaign.id,
            "company_id": campaign.company_id.id,
            "date": database_now(self.env),
            "date_from": window[0],
            "date_to": window[1],
            "is_final": window[1] < self._today(campaign),
            "line_count": lines,
            "unknown_cost_count": unknown,
            "has_margin": effect.costs_known(lines, unknown),
            "cost": self._cost(campaign),
            **self._response_counts(campaign),
            **self._linked(campaign),
        }
        values |= self._compare(campaign, values["cost"], values["has_margin"])
        result = self.env["crm.campaign.result"].search(
            [("campaign_id", "=", campaign.id)]
        )
        if result:
            result.write(values)
        else:
            result = result.create(values)
        campaign.invalidate_recordset(["result_id"])
        return result

    # ---- when -----------------------------------------------------------------------

    @api.model
    def _today(self, campaign):
        return self.env["crm.customer.metrics"]._today(campaign.company_id.root_id)

    @api.model
    def _window(self, campaign) -> tuple:
        """Return first and last day of purchases that count, the same for both groups:
        from the first message to some days after the last."""
        [(first, last)] = self.env.execute_query(
            SQL(
                """SELECT min(sent_date), max(sent_date) FROM crm_campaign_enrolment
                    WHERE campaign_id = %s""",
                campaign.id,
            )
        )
        begin = max(campaign.date_start or campaign.launch_date, campaign.launch_date)
        zone = ZoneInfo(campaign.company_id.root_id._get_crm_tz())
        days = [
            moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
            for moment in (first or begin, last or begin)
        ]
        return days[0], days[1] + timedelta(days=campaign.window_days)

    # ---- responses ------------------------------------------------------------------

    @api.model
    def _note_responses(self, campaign) -> None:
        """Bring the responses of the ledger to the recipients."""
        self.env.execute_query(
            SQL(
                """UPDATE crm_campaign_enrolment e SET response = t.response
                     FROM crm_touch t
                    WHERE e.campaign_id = %s AND %s
                      AND e.response IS DISTINCT FROM t.response
                RETURNING e.id""",
                campaign.id,
                self._touch_of_sql(),
            )
        )

    @api.model
    def _touch_of_sql(self) -> SQL:
        """Return the condition for the contact ``t`` that recipient ``e`` had: a call
        stands in the ledger by itself, when somebody has made it."""
        return SQL(
            """t.source_model = CASE WHEN e.activity_key > 0 THEN 'mail.activity'
                                     ELSE 'crm.outbox' END
               AND t.source_key = CASE WHEN e.activity_key > 0 THEN e.activity_key
                                       ELSE e.outbox_key END::text"""
        )

    @api.model
    def _response_counts(self, campaign) -> dict:
        counted = SQL(", ").join(
            SQL(
                "count(*) FILTER (WHERE response = ANY(%s)) AS %s",
                list(values),
                SQL.identifier(f"{name}_count"),
            )
            for name, values in AT_LEAST.items()
        )
        [counts] = self.env.execute_query_dict(
            SQL(
                """SELECT count(*) FILTER (WHERE state = 'sent') AS sent_count, %s
                     FROM crm_campaign_enrolment WHERE campaign_id = %s""",
                counted,
                campaign.id,
            )
        )
        return counts

    @api.model
    def _cost(self, campaign) -> float:
        """Return what the contacts cost, by the ledger; calls nobody has made yet cost
        what their channel says."""
        rows = self.env.execute_query(
            SQL(
                """SELECT COALESCE(t.currency_id, c.currency_id),
                          sum(COALESCE(t.cost, c.touch_cost))
                     FROM crm_campaign_enrolment e
                     JOIN crm_channel c ON c.id = %s
                LEFT JOIN crm_touch t ON %s
                    WHERE e.campaign_id = %s AND e.state = 'sent' GROUP BY 1""",
                campaign.channel_id.id,
                self._touch_of_sql(),
                campaign.id,
            )
        )
        currencies = self.env["res.currency"]
        return sum(
            currencies.browse(currency)._convert(
                float(amount or 0.0), campaign.currency_id, campaign.company_id
            )
            for currency, amount in rows
            if currency
        )

    # ---- purchases ------------------------------------------------------------------

    @api.model
    def _note_purchases(self, campaign, date_from, date_to) -> tuple[int, int]:
        """Write to each customer's row what it bought in the window; return the number
        of lines, and of those without a cost."""
        scope = self._bought_scope(campaign)
        rows = self.env.execute_query(
            SQL(
                """WITH bought AS (
                       SELECT w.customer_id, t.*
                         FROM (%(lines)s) t
                         JOIN %(partners)s w ON w.partner_id = t.partner_id
                   ), sums AS (
                       SELECT customer_id,
                              count(DISTINCT (model, res_id))
                                  FILTER (WHERE amount > 0) AS orders,
                              sum(amount) AS revenue,
                              sum(amount - cost) AS margin,
                              count(*) AS lines,
                              count(*) FILTER (WHERE cost IS NULL) AS unknown
                         FROM bought GROUP BY customer_id
                   ), noted AS (
                       UPDATE crm_campaign_enrolment e
                          SET order_count = COALESCE(s.orders, 0),
                              revenue = COALESCE(s.revenue, 0),
                              margin = COALESCE(s.margin, 0)
                         FROM crm_campaign_enrolment h
                    LEFT JOIN sums s ON s.customer_id = h.partner_key
                        WHERE h.id = e.id AND h.campaign_id = %(campaign)s
                          AND h.is_head
                          AND (COALESCE(h.order_count, 0), COALESCE(h.revenue, 0),
                               COALESCE(h.margin, 0))
                              IS DISTINCT FROM
                              (COALESCE(s.orders, 0), COALESCE(s.revenue, 0),
                               COALESCE(s.margin, 0))
                    RETURNING e.id)
                   SELECT COALESCE(sum(lines), 0)::int,
                          COALESCE(sum(unknown), 0)::int FROM sums""",
                lines=self._bought_lines(scope, date_from, date_to),
                partners=scope.partners,
                campaign=campaign.id,
            )
        )
        return rows[0]

    @api.model
    def _bought_scope(self, campaign):
        """Return the customers of a campaign, as what they bought is asked for."""
        return self.env["crm.customer.metrics"]._make_scope(
            campaign.company_id.root_id,
            SQL(
                """IN (SELECT partner_key FROM crm_campaign_enrolment
                        WHERE campaign_id = %s AND is_head)""",
                campaign.id,
            ),
        )

    @api.model
    def _bought_lines(self, scope, date_from, date_to) -> SQL:
        """Return what customers bought between two dates, from every source."""
        return SQL(" UNION ALL ").join(
            SQL(
                "SELECT model, res_id, partner_id, amount, cost FROM (%s) s "
                "WHERE date BETWEEN %s AND %s",
                source.lines(scope),
                date_from,
                date_to,
            )
            for source in self.env["crm.transaction.source"]._transaction_sources(scope)
        )

    @api.model
    def _linked_sql(self, campaign) -> SQL:
        """Return orders by recipients that came by a link of the campaign soon after
        its messages to them, in company currency; what was credited is taken off."""
        companies = self._bought_scope(campaign).company_ids
        return SQL(
            """SELECT o.id AS order_id, w.customer_id,
                      o.amount_untaxed / NULLIF(o.currency_rate, 0)
                      - COALESCE(%(credited)s, 0) AS revenue
                 FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                 JOIN (SELECT partner_key AS customer_id, min(sent_date) AS first,
                              max(sent_date) AS last
                         FROM crm_campaign_enrolment
                        WHERE campaign_id = %(campaign)s AND state = 'sent'
                     GROUP BY 1) w ON w.customer_id = p.commercial_partner_id
                WHERE o.campaign_id = %(utm)s AND o.state = 'sale'
                  AND o.company_id = ANY(%(companies)s)
                  AND o.date_order BETWEEN w.first
                                   AND w.last + make_interval(days => %(days)s)""",
            credited=self._credited_sql(SQL("o.id")),
            campaign=campaign.id,
            utm=campaign.utm_campaign_id.id,
            companies=list(companies),
            days=min(LINK_DAYS, campaign.window_days),
        )

    @api.model
    def _credited_sql(self, order: SQL) -> SQL:
        """Return what was credited for an order until now, in company currency."""
        return SQL(
            """(SELECT sum(l.balance) FROM account_move_line l
                  JOIN account_move m ON m.id = l.move_id
                   AND m.state = 'posted' AND m.move_type = 'out_refund'
                 WHERE l.id IN (SELECT r.invoice_line_id
                                  FROM sale_order_line_invoice_rel r
                                  JOIN sale_order_line ol ON ol.id = r.order_line_id
                                 WHERE ol.order_id = %s))""",
            order,
        )

    @api.model
    def _linked_orders(self, campaign) -> list[int]:
        """Return the ids of the orders that are counted as by a link."""
        self.env.flush_all()
        query = SQL("SELECT order_id FROM (%s) o", self._linked_sql(campaign))
        return [row[0] for row in self.env.execute_query(query)]

    @api.model
    def _note_linked(self, campaign) -> None:
        self.env.execute_query(
            SQL(
                """UPDATE crm_campaign_enrolment e
                      SET linked_order_count = COALESCE(s.orders, 0),
                          linked_revenue = COALESCE(s.revenue, 0)
                     FROM crm_campaign_enrolment h
                LEFT JOIN (SELECT customer_id, count(*) AS orders,
                                  sum(revenue) AS revenue
                             FROM (%s) o GROUP BY customer_id) s
                       ON s.customer_id = h.partner_key
                    WHERE h.id = e.id AND h.campaign_id = %s AND h.is_head
                      AND (COALESCE(h.linked_order_count, 0),
                           COALESCE(h.linked_revenue, 0))
                          IS DISTINCT FROM
                          (COALESCE(s.orders, 0), COALESCE(s.revenue, 0))
                RETURNING e.id""",
                self._linked_sql(campaign),
                campaign.id,
            )
        )

    @api.model
    def _linked(self, campaign) -> dict:
        [(orders, revenue)] = self.env.execute_query(
            SQL("SELECT count(*), sum(revenue) FROM (%s) o", self._linked_sql(campaign))
        )
        return {"linked_order_count": orders, "linked_revenue": revenue or 0.0}

    # ---- against those kept out -----------------------------------------------------

    @api.model
    def _compare(self, campaign, cost: float, has_margin: bool) -> dict:
        """Return the figures of both groups and what the campaign caused.

        :param has_margin: whether enough costs are known to speak of margin
        """
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT arm, count(*) AS count,
                          count(*) FILTER (WHERE order_count > 0) AS buyers,
                          sum(order_count) AS orders, sum(revenue)::float AS revenue,
                          sum(margin)::float AS margin,
                          sum(margin::float ^ 2) AS squares
                     FROM crm_campaign_enrolment
                    WHERE campaign_id = %s AND is_head GROUP BY arm""",
                campaign.id,
            )
        )
        arms = {row.pop("arm"): row for row in rows}
        none = dict.fromkeys(
            ("count", "buyers", "orders", "revenue", "margin", "squares"), 0
        )
        one, two = (arms.get(arm, none) for arm in ("treated", "holdout"))
        values = {}
        for arm, row in (("treated", one), ("holdout", two)):
            for name in ("count", "buyers", "orders", "revenue", "margin"):
                values[f"{arm}_{name}"] = row[name] or 0
            rate = 100.0 * row["buyers"] / row["count"] if row["count"] else 0.0
            values[f"{arm}_rate"] = rate
        return values | self._effect(one, two, cost, has_margin)

    @api.model
    def _effect(self, one: dict, two: dict, cost: float, has_margin: bool) -> dict:
        buyers = margin = None
        if effect.enough(one["count"], two["count"], one["buyers"] + two["buyers"]):
            buyers = effect.difference_of_shares(
                one["buyers"], one["count"], two["buyers"], two["count"]
            ).times(one["count"])
            samples = [
                effect.sample(a["count"], a["margin"], a["squares"]) for a in (one, two)
            ]
            margin = has_margin and effect.difference_of_means(*samples).times(
                one["count"]
            )
        none = effect.Interval(0.0, 0.0, 0.0)
        shown, money = buyers or none, margin or none
        return {
            "has_effect": buyers is not None,
            "verdict": effect.verdict(buyers).value,
            "margin_verdict": effect.verdict(margin or None).value,
            "extra_buyers": shown.value,
            "extra_buyers_low": shown.low,
            "extra_buyers_high": shown.high,
            "extra_margin": money.value,
            "extra_margin_low": money.low,
            "extra_margin_high": money.high,
            "net": money.value - cost if margin else 0.0,
        }
