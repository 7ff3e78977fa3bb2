from odoo import fields, models
from odoo.exceptions import UserError

# Percent of the customers decided about that may have changed until the launch.
MOST_CHANGED = 20


class CrmCampaignChecks(models.AbstractModel):
    """What a campaign must have before somebody decides about it; each refusal says
    what to do."""

    _name = "crm.campaign.checks"
    _description = "Checks of a Campaign"

    def _decision_check(self, transition):
        # OVERRIDE
        result = super()._decision_check(transition)
        if check := getattr(self, f"_check_{transition.name}", None):
            check()
        return result

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
        self._check_cost(plan.cost)

    def _check_approve_budget(self) -> None:
        # Simulated again meanwhile, it may reach more than was asked money for.
        self._check_cost(self._current_plan().cost)

    def _check_approve_contact(self) -> None:
        plan = self._current_plan()
        if not plan:
            raise UserError(
                self.env._("Simulate first: you decide about whom it reaches.")
            )
        self._check_cost(plan.cost)

    def _check_cost(self, cost: float) -> None:
        if self.currency_id.compare_amounts(cost, self.budget) > 0:
            raise UserError(
                self.env._(
                    "The simulated cost (%(cost)s) is above the budget (%(budget)s).",
                    cost=self._amount_text(cost),
                    budget=self._amount_text(self.budget),
                )
            )

    def _check_launch(self) -> None:
        self._check_offer()
        self._check_segment()
        self._check_reach()

    def _check_resume(self) -> None:
        self._check_offer()

    def _check_segment(self) -> None:
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

    def _check_reach(self) -> None:
        """It reaches about those who were decided about, for the money agreed to.

        Content is the rule of the segment, not its members: those move on.
        """
        plan = self.approved_plan_id
        if not plan:
            raise UserError(
                self.env._(
                    "The simulation this was decided with is gone: choose “Decide "
                    "again” and simulate."
                )
            )
        audience = self.env["crm.campaign.audience"].sudo()
        count, changed = audience._drift(self.sudo(), plan, fields.Datetime.now())
        if 100 * changed > MOST_CHANGED * plan.customer_count:
            raise UserError(
                self.env._(
                    "It was decided about %(then)s customers; of them and the "
                    "%(now)s of today %(changed)s entered or left. Choose “Decide "
                    "again” and simulate.",
                    then=plan.customer_count,
                    now=count,
                    changed=changed,
                )
            )
        cost = self._expected_cost(plan, count)
        if self.currency_id.compare_amounts(cost, self.budget) > 0:
            raise UserError(
                self.env._(
                    "To reach the customers of today costs about %(cost)s, more than "
                    "the budget (%(budget)s). Choose “Decide again” and simulate.",
                    cost=self._amount_text(cost),
                    budget=self._amount_text(self.budget),
                )
            )

    def _expected_cost(self, plan, customers: int) -> float:
        """Return what it costs to reach so many customers, as many messages to each
        as were simulated, at the channel's cost of today."""
        messages = (plan.send_count + plan.hold_count) * customers
        channel = self.sudo().channel_id
        return channel.currency_id._convert(
            channel.touch_cost * messages / (plan.customer_count or 1),
            self.currency_id,
            self.company_id,
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
