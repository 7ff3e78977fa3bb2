from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from odoo.addons.crm_relationship.records import one

from .crm_campaign_flow import LOCKED

# Who may let a campaign be simulated or measured: everybody with a part in it.
ROLES = ",".join(
    f"crm_relationship.group_{role}"
    for role in ("vp", "analyst", "campaign", "segmentation", "channel")
)
COUNTED = ("planned", "held", "sent", "failed", "skipped", "unknown")
BY_LOT = Domain("state", "=", "skipped") & Domain("reason", "=", "holdout")


class CrmCampaignScreen(models.AbstractModel):
    """What the form of a campaign shows and opens; every number opens its records."""

    _name = "crm.campaign.screen"
    _description = "Screen of a Campaign"

    segment_facts = fields.Text(
        string="What is known", compute="_compute_segment_facts"
    )
    is_tested = fields.Boolean(string="Tested as it is", compute="_compute_is_tested")
    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Simulation",
        compute="_compute_plan_id",
        help="The last simulation of the content as it is now.",
    )
    result_id = fields.Many2one(
        comodel_name="crm.campaign.result", compute="_compute_result_id"
    )
    result_text = fields.Text(string="Result in words", compute="_compute_result_id")
    result_chart = fields.Html(string="Result as chart", compute="_compute_result_id")
    audience_count = fields.Integer(string="Recipients", compute="_compute_counts")
    planned_count = fields.Integer(string="Waiting", compute="_compute_counts")
    held_count = fields.Integer(string="Held", compute="_compute_counts")
    sent_count = fields.Integer(string="Sent", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    skipped_count = fields.Integer(
        string="Left out", compute="_compute_counts", help="A rule forbade it."
    )
    kept_out_count = fields.Integer(
        string="Kept out", compute="_compute_counts", help="By lot, to compare with."
    )
    unknown_count = fields.Integer(string="Unknown", compute="_compute_counts")
    progress = fields.Float(string="Progress (%)", compute="_compute_counts")

    # ---- what is shown --------------------------------------------------------------

    @api.depends("segment_id")
    def _compute_segment_facts(self):
        for campaign in self:
            campaign.segment_facts = (
                campaign.segment_id and campaign._segment_facts()
            ) or ""

    def _segment_facts(self) -> str:
        """Return in words what is known of the segment's customers."""
        segment = self.segment_id
        profiles = self.env["crm.customer.profile"]
        [(count, revenue, last)] = profiles._read_group(
            [
                ("segment_ids", "in", segment.ids),
                ("company_id", "=", segment.company_id.id),
            ],
            [],
            ["__count", "revenue_12m:sum", "last_purchase_date:max"],
        )
        return self.env._(
            "%(count)s customers; revenue of the last 12 months %(revenue)s; last "
            "purchase %(last)s.",
            count=count,
            revenue=format_amount(self.env, revenue or 0.0, segment.currency_id),
            last=format_date(self.env, last) if last else self.env._("none"),
        )

    @api.depends("test_hash", "decision_hash")
    def _compute_is_tested(self):
        for campaign in self:
            campaign.is_tested = campaign._is_tested()

    @api.depends("plan_ids.content_hash", "decision_hash")
    def _compute_plan_id(self):
        for campaign in self:
            campaign.plan_id = campaign._current_plan()

    def _compute_result_id(self):
        results = self.env["crm.campaign.result"].search(
            [("campaign_id", "in", self.ids)]
        )
        by_campaign = {result.campaign_id: result for result in results}
        for campaign in self:
            result = by_campaign.get(campaign, results.browse())
            campaign.result_id = result
            campaign.result_text = result.text
            campaign.result_chart = result.chart

    def _compute_counts(self):
        enrolments = self.env["crm.campaign.enrolment"]
        mine = Domain("campaign_id", "in", self.ids)
        groups = enrolments._read_group(mine, ["campaign_id", "state"], ["__count"])
        counts = {(campaign.id, state): count for campaign, state, count in groups}
        lots = enrolments._read_group(mine & BY_LOT, ["campaign_id"], ["__count"])
        lots = {campaign.id: count for campaign, count in lots}
        for campaign in self:
            found = {state: counts.get((campaign.id, state), 0) for state in COUNTED}
            campaign.kept_out_count = lots.get(campaign.id, 0)
            found["skipped"] -= campaign.kept_out_count
            for state, count in found.items():
                campaign[f"{state}_count"] = count
            total = sum(found.values()) + campaign.kept_out_count
            waiting = found["planned"] + found["held"]
            campaign.audience_count = total
            campaign.progress = 100.0 * (total - waiting) / total if total else 0.0

    # ---- buttons --------------------------------------------------------------------

    def action_test(self):
        """Send the message to oneself, as a customer would get it."""
        one(self)
        self.check_access("write")
        self.env["crm.campaign.tester"]._test(self)
        return True

    def action_simulate(self):
        """Compute whom the campaign would reach now, and keep the answer."""
        one(self)
        self._check_part()
        if self.state in LOCKED:
            raise UserError(
                self.env._("This campaign is decided: there is nothing to simulate.")
            )
        return self.env["crm.contact.simulator"]._simulate(self).action_open()

    def action_measure(self):
        """Read out the result as of now."""
        one(self)
        self._check_part()
        if not self.launch_date:
            raise UserError(self.env._("There is no result before the launch."))
        if self.state not in ("evaluated", "closed"):
            self.env["crm.campaign.meter"].sudo()._measure(self.sudo())
        return True

    def _check_part(self) -> None:
        """Refuse who has no part in campaigns."""
        if not self.env.user.has_groups(ROLES):
            raise AccessError(
                self.env._("Only roles with a part in campaigns may do this.")
            )

    def action_open_enrolments(self):
        """Show the recipients; by state if the button says so."""
        one(self)
        domain = Domain("campaign_id", "=", self.id)
        state = self.env.context.get("enrolment_state")
        if state == "holdout":
            domain &= BY_LOT
        elif state in COUNTED:
            domain &= Domain("state", "=", state)
        if state == "skipped":
            domain &= Domain("reason", "!=", "holdout")
        action = self._open("crm_campaign_enrolment_action", list(domain))
        return {**action, "context": {"one_campaign": True}}

    def action_open_result(self):
        """Show all figures of the last read-out."""
        one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Result"),
            "res_model": "crm.campaign.result",
            "res_id": self.result_id.id,
            "views": [(False, "form")],
        }

    def action_open_plans(self):
        """Show all simulations of this campaign side by side."""
        one(self)
        return self._open("crm_contact_plan_action", [("campaign_id", "=", self.id)])

    def action_open_unknown(self):
        """Show the messages somebody has to decide about."""
        one(self)
        rows = self.env["crm.campaign.enrolment"]._search(
            [("campaign_id", "=", self.id), ("state", "=", "unknown")]
        )
        found = self.env["crm.outbox"].search(
            [
                ("origin_model", "=", "crm.campaign.enrolment"),
                ("origin_key", "in", rows),
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_outbox_release_action"
        )
        return {**action, "domain": [("outbox_key", "in", found.ids)]}

    def action_export(self):
        """Download the result and the recipients as a spreadsheet."""
        one(self)
        self.env["crm.campaign.export"]._check_allowed(self)
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_channels/campaign/{self.id}/result.xlsx",
            "target": "download",
        }

    def _open(self, name: str, domain: list) -> dict:
        action = self.env["ir.actions.act_window"]._for_xml_id(f"crm_channels.{name}")
        return {**action, "domain": domain}

    def _log_export(self, count: int) -> None:
        """Note on the campaign who took its recipients out of the system."""
        self.ensure_one()
        self.sudo().message_post(
            author_id=self.env.user.partner_id.id,
            body=self.env._(
                "%(user)s exported %(count)s recipients.",
                user=self.env.user.name,
                count=count,
            ),
        )
