from odoo import api, fields, models
from odoo.exceptions import UserError
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
    _inherit = ["crm.decision.mixin"]

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
            *("test_hash", "test_date", "test_user_id"),
        }

    # ---- what a decision needs ------------------------------------------------------

    def _decision_check(self, transition):
        # OVERRIDE
        if check := getattr(self, f"_check_{transition.name}", None):
            check()

    def _check_submit_design(self) -> None:
        """What is asked money for is complete, tried, tested and simulated."""
        self._check_offer()
        if not self._is_tested():
            raise UserError(
                self.env._(
                    "Send a test to yourself first: the content changed since the "
                    "last one, or there was none."
                )
            )
        plan = self._current_plan()
        if not plan:
            raise UserError(
                self.env._(
                    "Simulate first: who decides must see whom this content reaches "
                    "and what it costs."
                )
            )
        if self.currency_id.compare_amounts(plan.cost, self.budget) > 0:
            raise UserError(
                self.env._(
                    "The simulated cost (%(cost)s) is above the budget (%(budget)s).",
                    cost=plan._amount_text(plan.cost),
                    budget=plan._amount_text(self.budget),
                )
            )

    def _check_approve_contact(self) -> None:
        if not self._current_plan():
            raise UserError(
                self.env._("Simulate first: you decide about whom it reaches.")
            )

    def _check_launch(self) -> None:
        self._check_offer()
        segment = self.sudo().segment_id
        if segment.state != "ready" or not segment.active:
            raise UserError(
                self.env._("The segment “%s” is not up to date.", segment.name)
            )
        if segment.is_change_large:
            raise UserError(
                self.env._(
                    "The members of “%s” changed by more than a fifth. Its owner must "
                    "confirm the change first.",
                    segment.name,
                )
            )

    def _check_evaluate(self) -> None:
        """It is over, and somebody says what it teaches."""
        waiting = [("campaign_id", "=", self.id), ("state", "in", ("planned", "held"))]
        Enrolment = self.env["crm.campaign.enrolment"].sudo()
        if self.is_launching or Enrolment.search_count(waiting, limit=1):
            raise UserError(
                self.env._("Messages are still to leave. Wait for them, or stop it.")
            )
        if not (self.learning or "").strip():
            raise UserError(self.env._("Write down what was learned first."))

    def _check_offer(self) -> None:
        """What is offered is complete, sellable, valid and said for this channel."""
        offer = self.sudo().offer_id
        if not offer:
            raise UserError(self.env._("Name the offer this campaign makes."))
        name = offer.display_name
        if offer.state != "ready":
            reason = offer.problems or self.env._("It is over.")
            raise UserError(
                self.env._(
                    "The offer “%(name)s” is not complete: %(why)s",
                    name=name,
                    why=reason,
                )
            )
        if not offer._is_sellable():
            raise UserError(
                self.env._(
                    "Try the offer “%s”: no trial quotation has shown that it can be "
                    "sold as it is now.",
                    name,
                )
            )
        if self.channel_id.kind not in offer.rendering_ids.mapped("kind"):
            raise UserError(
                self.env._(
                    "The offer “%(name)s” has no text for %(channel)s.",
                    name=name,
                    channel=self.channel_id.display_name,
                )
            )
        if self.date_start and self.date_start.date() > offer.date_to:
            raise UserError(
                self.env._("The offer “%s” is over before the campaign begins.", name)
            )

    # ---- what follows from a decision -----------------------------------------------

    def _decision_enter(self, state):
        # EXTENDS crm.decision.mixin: other systems follow along.
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
