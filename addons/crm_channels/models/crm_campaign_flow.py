from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.decisions import DELETE, Transition

CAMPAIGN = "crm_relationship.group_campaign"
SEGMENTATION = "crm_relationship.group_segmentation"
CHANNEL = "crm_relationship.group_channel"
ANALYST = "crm_relationship.group_analyst"
VP = "crm_relationship.group_vp"
STOPPERS = (CAMPAIGN, CHANNEL, SEGMENTATION, VP)
DUE_HOURS = 48
# From here on customers have been written to, or nobody will be any more.
LOCKED = ("live", "paused", "stopped", "evaluated", "closed", "refused", "withdrawn")
OPEN = ("brief", "intent", "design", "budget", "contact", "approved")


class CrmCampaignFlow(models.AbstractModel):
    """Who decides what about a campaign, from the brief to what was learned.

    Everybody decides about their own part, nobody about content of their own, and only
    the segmentation manager whether customers are contacted: that refusal is final.
    """

    _name = "crm.campaign.flow"
    _description = "Way of a Campaign"
    _inherit = ["crm.campaign.checks", "crm.decision.mixin"]

    _decision_initial = "brief"
    _decision_locked = LOCKED

    @api.model
    def _decision_transitions(self):
        # OVERRIDE
        return [
            *self._intent_transitions(),
            *self._budget_transitions(),
            *self._contact_transitions(),
            *self._running_transitions(),
            *self._ending_transitions(),
            Transition(
                "withdraw",
                OPEN,
                "withdrawn",
                label=self.env._("Give up"),
                groups=(CAMPAIGN,),
            ),
            Transition(
                "redesign",
                ("budget", "contact", "approved"),
                "design",
                label=self.env._("Decide again"),
                groups=(CAMPAIGN, CHANNEL, SEGMENTATION),
            ),
            Transition(DELETE, ("brief",), groups=(CAMPAIGN, ANALYST)),
        ]

    @api.model
    def _intent_transitions(self) -> list[Transition]:
        return [
            Transition(
                "submit",
                ("brief",),
                "intent",
                label=self.env._("Propose"),
                groups=(CAMPAIGN, ANALYST),
                voids_to="brief",
                style="primary",
            ),
            Transition(
                "accept",
                ("intent",),
                "design",
                label=self.env._("Accept the intent"),
                groups=(SEGMENTATION,),
                two_person=True,
                asked=True,
                due_hours=DUE_HOURS,
                style="primary",
            ),
            Transition(
                "decline",
                ("intent",),
                "brief",
                label=self.env._("Send back"),
                groups=(SEGMENTATION,),
                needs_reason=True,
            ),
        ]

    @api.model
    def _budget_transitions(self) -> list[Transition]:
        return [
            Transition(
                "submit_design",
                ("design",),
                "budget",
                label=self.env._("Ask for the budget"),
                groups=(CAMPAIGN,),
                voids_to="design",
                style="primary",
            ),
            Transition(
                "approve_budget",
                ("budget",),
                "contact",
                label=self.env._("Approve the budget"),
                groups=(VP,),
                two_person=True,
                asked=True,
                due_hours=DUE_HOURS,
                voids_to="design",
                style="primary",
            ),
            Transition(
                "refuse_budget",
                ("budget",),
                "design",
                label=self.env._("Refuse the budget"),
                groups=(VP,),
                needs_reason=True,
            ),
        ]

    @api.model
    def _contact_transitions(self) -> list[Transition]:
        return [
            Transition(
                "approve_contact",
                ("contact",),
                "approved",
                label=self.env._("Customers may be contacted"),
                groups=(SEGMENTATION,),
                two_person=True,
                asked=True,
                due_hours=DUE_HOURS,
                voids_to="design",
                style="primary",
            ),
            Transition(
                "refuse_contact",
                ("contact", "approved"),
                "refused",
                label=self.env._("Refuse for good"),
                groups=(SEGMENTATION,),
                needs_reason=True,
                bars=("approve_contact", "launch"),
                style="danger",
            ),
        ]

    @api.model
    def _running_transitions(self) -> list[Transition]:
        senders = (CAMPAIGN, CHANNEL)
        return [
            Transition(
                "launch",
                ("approved",),
                "live",
                label=self.env._("Launch"),
                groups=senders,
                style="primary",
            ),
            Transition(
                "pause",
                ("live",),
                "paused",
                label=self.env._("Pause"),
                groups=STOPPERS,
            ),
            Transition(
                "resume",
                ("paused",),
                "live",
                label=self.env._("Go on"),
                groups=senders,
                style="primary",
            ),
        ]

    @api.model
    def _ending_transitions(self) -> list[Transition]:
        return [
            Transition(
                "stop",
                ("live", "paused"),
                "stopped",
                label=self.env._("Stop"),
                groups=STOPPERS,
                style="danger",
            ),
            Transition(
                "evaluate",
                ("live", "stopped"),
                "evaluated",
                label=self.env._("Evaluate"),
                groups=(CAMPAIGN, ANALYST),
            ),
            Transition(
                "close",
                ("evaluated",),
                "closed",
                label=self.env._("Close"),
                groups=(CAMPAIGN, ANALYST),
            ),
        ]

    @api.model
    def _decision_protected(self):
        # EXTENDS crm.decision.guard
        return super()._decision_protected() | {
            *("launch_date", "position", "is_launching", "end_date"),
            *("test_hash", "test_date", "test_user_id", "approved_plan_id"),
        }

    # ---- what follows from a decision -----------------------------------------------

    def _decision_enter(self, state):
        # EXTENDS crm.decision.mixin: other systems follow along; what is decided anew
        # forgets what was agreed to before.
        if state in OPEN and state != "approved":
            self._decision_set(approved_plan_id=False)
        result = super()._decision_enter(state)
        self.env["crm.change.feed"].sudo()._emit_query(
            SQL(
                """SELECT %s::int AS company_id, 'campaign' AS kind,
                          'updated' AS action, NULL::int AS partner_key,
                          %s::int AS res_key""",
                self.company_id.id,
                self.id,
            )
        )
        return result

    def _decision_done(self, transition, decision):
        # OVERRIDE
        launcher = self.env["crm.campaign.launcher"].sudo()
        match transition.name:
            case "approve_contact":
                # As it was when it was decided: the launch is held against it.
                self._decision_set(approved_plan_id=self._current_plan().id)
            case "launch":
                launcher._launch(self.sudo())
            case "pause" | "resume" | "stop":
                launcher._settle(self.sudo())
            case "evaluate":
                self._decision_set(end_date=fields.Datetime.now())
                self.env["crm.campaign.meter"].sudo()._measure(self.sudo())
                self._tell_analyst()

    def _segment_changed(self, before: dict[int, str]) -> None:
        """The rule of the segment changed: what was decided is about other customers.

        Its editor owns segments and has no hand in the campaign: no author.
        """
        for campaign in self.filtered(lambda c: c.state not in LOCKED):
            now = campaign._decision_content_hash()
            if now != before.get(campaign.id):
                campaign._decision_set(decision_hash=now)
                campaign._decision_void()
