from odoo import api, models


class CrmCampaignReader(models.AbstractModel):
    """What other systems read of a campaign, with the caller's rights."""

    _name = "crm.campaign.reader"
    _description = "Read-out of a Campaign for Other Systems"

    @api.model
    def _read_out(self, campaign) -> dict:
        """Return a campaign as values; what is empty is None."""
        return {
            "id": campaign.id,
            "name": campaign.name,
            "company": campaign.company_id.id,
            "state": campaign.state,
            "goal": campaign.goal or None,
            "segment": campaign.segment_id.id,
            "offer": campaign.offer_id.id or None,
            "channel": campaign.channel_id.code,
            "utm_campaign": campaign.sudo().utm_campaign_id.name,
            "holdout_percent": campaign.holdout_percent,
            "budget": campaign.budget,
            "currency": campaign.currency_id.name,
            "launched": campaign.launch_date or None,
            "counts": self._counts(campaign),
            "simulation": self._simulation(campaign.plan_id),
            "result": self._result(campaign.result_id),
            "learning": campaign.learning or None,
        }

    @api.model
    def _counts(self, campaign) -> dict:
        states = ("planned", "held", "sent", "failed", "skipped", "unknown")
        counts = {state: campaign[f"{state}_count"] for state in states}
        return counts | {"kept_out": campaign.kept_out_count}

    @api.model
    def _simulation(self, plan) -> dict | None:
        if not plan:
            return None
        return {
            "date": plan.date,
            "customers": plan.customer_count,
            "send": plan.send_count,
            "hold": plan.hold_count,
            "drop": plan.drop_count,
            "holdout": plan.holdout_count,
            "cost": plan.cost,
            "expected_net": plan.expected_net,
            "rules": {
                line.rule: line.number
                for line in plan.line_ids
                if line.kind == "rule" and line.rule and line.arm == "treated"
            },
        }

    @api.model
    def _result(self, result) -> dict | None:
        if not result:
            return None
        answer = {
            "date": result.date,
            "from": result.date_from,
            "to": result.date_to,
            "final": result.is_final,
            "verdict": result.verdict,
            "cost": result.cost,
            "linked_orders": result.linked_order_count,
            "linked_revenue": result.linked_revenue,
        }
        for name in ("delivered", "opened", "clicked", "replied", "bounced"):
            answer[name] = result[f"{name}_count"]
        answer["opted_out"] = result.opted_out_count
        for arm in ("treated", "holdout"):
            answer[arm] = {
                "customers": result[f"{arm}_count"],
                "buyers": result[f"{arm}_buyers"],
                "purchases": result[f"{arm}_orders"],
                "revenue": result[f"{arm}_revenue"],
                "margin": result[f"{arm}_margin"] if result.has_margin else None,
            }
        if result.has_effect:
            answer["effect"] = self._effect(result)
        return answer

    @api.model
    def _effect(self, result) -> dict:
        answer = {
            name: {
                "value": result[f"extra_{name}"],
                "low": result[f"extra_{name}_low"],
                "high": result[f"extra_{name}_high"],
            }
            for name in ("buyers", "margin")
        }
        if not result.has_margin:
            return answer | {"margin": None, "net": None}
        return answer | {"net": result.net}
