import time

from odoo import api, fields, models
from odoo.tools import SQL


class CrmContactSimulator(models.AbstractModel):
    """Asks the planner about a whole campaign and keeps the answer.

    Audience, hold-out, rules and their order are those of the launch.
    """

    _name = "crm.contact.simulator"
    _description = "Simulator of Campaigns"

    @api.model
    def _simulate(self, campaign):
        """Return a new simulation of a campaign as of now."""
        started = time.monotonic()
        campaign_sudo = campaign.sudo()
        now = fields.Datetime.now()
        self.env["crm.campaign.audience"].sudo()._judge(campaign_sudo, now)
        lines = self._lines(campaign)
        values = self._counts() | self._money(campaign_sudo, lines)
        plan = (
            self.env["crm.contact.plan"]
            .sudo()
            .create(
                {
                    "campaign_id": campaign.id,
                    "company_id": campaign.company_id.id,
                    "user_id": self.env.uid,
                    "date": now,
                    "content_hash": campaign.decision_hash,
                    "segment_id": campaign_sudo.segment_id.id,
                    "channel_id": campaign_sudo.channel_id.id,
                    "recipient_rule": self._rule_label(campaign),
                    "holdout_percent": campaign.holdout_percent,
                    "line_ids": [(0, 0, line) for line in lines],
                    "seconds": time.monotonic() - started,
                    **values,
                }
            )
        )
        campaign.invalidate_recordset(["plan_ids", "plan_id"])
        return self.env["crm.contact.plan"].browse(plan.id)

    @api.model
    def _rule_label(self, campaign) -> str:
        field = campaign._fields["recipient_rule"]
        labels = dict(field._description_selection(self.env))
        return labels[campaign.recipient_rule]

    # ---- what came out --------------------------------------------------------------

    @api.model
    def _lines(self, campaign) -> list[dict]:
        said = self.env["crm.campaign.audience"]._sentences()
        rules = self.env.execute_query_dict(
            SQL(
                """SELECT a.arm,
                          CASE WHEN a.arm = 'holdout' AND v.verdict != 'drop'
                               THEN 'out'
                               ELSE COALESCE(v.verdict, 'drop') END AS verdict,
                          CASE WHEN a.missing THEN 'no_contact'
                               WHEN a.arm = 'holdout' AND v.verdict != 'drop'
                               THEN 'holdout' ELSE v.rule END AS rule,
                          count(*) AS number
                     FROM crm_plan_audience a
                LEFT JOIN crm_plan_verdict v ON v.key = a.key
                 GROUP BY 1, 2, 3 ORDER BY 1 DESC, 4 DESC"""
            )
        )
        load = self.env.execute_query_dict(
            SQL(
                """SELECT 'treated' AS arm, v.verdict,
                          date_trunc('hour', v.send_at) AS hour, count(*) AS number
                     FROM crm_plan_audience a JOIN crm_plan_verdict v ON v.key = a.key
                    WHERE a.arm = 'treated' AND v.verdict != 'drop'
                 GROUP BY 2, 3 ORDER BY 3, 2"""
            )
        )
        company = {"company_id": campaign.company_id.id}
        return [
            *(
                {
                    **row,
                    **company,
                    "kind": "rule",
                    "text": said.get(row["rule"], row["rule"])
                    or self.env._("No rule forbids it."),
                }
                for row in rules
            ),
            *({**row, **company, "kind": "load"} for row in load),
        ]

    @api.model
    def _counts(self) -> dict:
        [counts] = self.env.execute_query_dict(
            SQL(
                """SELECT count(DISTINCT a.customer_id) AS customer_count,
                          count(*) AS recipient_count,
                          count(*) FILTER (WHERE v.verdict = 'send'
                                             AND a.arm = 'treated') AS send_count,
                          count(*) FILTER (WHERE v.verdict = 'hold'
                                             AND a.arm = 'treated') AS hold_count,
                          count(*) FILTER (WHERE v.verdict = 'drop'
                                              OR a.missing) AS drop_count,
                          count(*) FILTER (WHERE v.verdict != 'drop'
                                             AND a.arm = 'holdout') AS holdout_count,
                          min(v.send_at) FILTER (WHERE a.arm = 'treated')
                              AS first_send,
                          max(v.send_at) FILTER (WHERE a.arm = 'treated') AS last_send
                     FROM crm_plan_audience a
                LEFT JOIN crm_plan_verdict v ON v.key = a.key"""
            )
        )
        return counts

    @api.model
    def _money(self, campaign, lines: list[dict]) -> dict:
        """Return cost, and what the campaign manager expects to come of it.

        Who is expected to buy is a customer, however many of its contacts are
        written to.
        """
        leaving = sum(line["number"] for line in lines if line["kind"] == "load")
        [(reached,)] = self.env.execute_query(
            SQL(
                """SELECT count(DISTINCT a.customer_id) FROM crm_plan_audience a
                     JOIN crm_plan_verdict v ON v.key = a.key
                    WHERE a.arm = 'treated' AND v.verdict != 'drop'"""
            )
        )
        channel = campaign.channel_id
        cost = channel.currency_id._convert(
            channel.touch_cost * leaving, campaign.currency_id, campaign.company_id
        )
        orders = reached * campaign.expected_rate / 100
        margin = campaign.currency_id.round(orders * campaign.expected_margin)
        return {
            "cost": cost,
            "expected_orders": orders,
            "expected_margin": margin,
            "expected_net": margin - cost,
        }
