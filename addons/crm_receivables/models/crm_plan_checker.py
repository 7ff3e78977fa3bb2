from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from .crm_payment_plan import INVOICING, MANAGER, PAST


class CrmPlanChecker(models.AbstractModel):
    """Refuses plans that cannot be kept, and milestones nobody can have reached."""

    _name = "crm.plan.checker"
    _description = "Checks of Payment Plans"

    @api.model
    def _check(self, plan) -> None:
        """Check a plan somebody proposes or approves.

        :raise UserError: the plan cannot be kept; the text says what to change
        """
        if plan.order_id.state == "cancel":
            raise UserError(
                self.env._(
                    "%s is cancelled: there is nothing to plan.", plan.order_id.name
                )
            )
        if not plan.line_ids:
            raise UserError(self.env._("A plan needs at least one payment."))
        self._check_sum(plan)
        self._check_days(plan)

    @api.model
    def _check_sum(self, plan) -> None:
        total = plan._units(plan.order_total)
        if sum(plan._units(line.amount_planned) for line in plan.line_ids) != total:
            currency = plan.currency_id
            raise UserError(
                self.env._(
                    "The payments add up to %(planned)s, the order to %(total)s. "
                    "Correct the payments: %(left)s are left to plan.",
                    planned=currency.format(plan.planned_amount),
                    total=currency.format(plan.order_total),
                    left=currency.format(plan.unplanned_amount),
                )
            )

    @api.model
    def _check_days(self, plan) -> None:
        """A payment due on a day nobody said would wait for ever."""
        undated = plan.line_ids.filtered(
            lambda line: line.trigger == "date" and not line.date_planned
        )
        if undated:
            raise UserError(
                self.env._(
                    "Due on a day, but which one? Fill in “Expected on” of %s, or make "
                    "it due when a milestone is reached.",
                    ", ".join(f"“{line.name}”" for line in undated),
                )
            )

    @api.model
    def _check_reached(self, lines) -> None:
        """A milestone is reached once it is, not in advance."""
        for line in lines:
            if line.milestone_date and line.milestone_date > line._today(
                line.company_id
            ):
                raise ValidationError(
                    self.env._(
                        "“%s” cannot have been reached on a day to come. Say when it "
                        "is expected in the plan, and tick it on the day.",
                        line.name,
                    )
                )

    @api.model
    def _check_kept(self, lines, day) -> None:
        """What was reached makes a payment due: taking it back is no matter of whoever
        is to be paid by it. What a replaced version knew is no matter of anybody.

        :param day: what is to be written; nothing for not reached
        """
        past = lines.filtered(lambda line: line.plan_id.state in PAST)
        if past:
            raise UserError(
                self.env._(
                    "“%(line)s” belongs to %(plan)s, a version that was replaced or "
                    "withdrawn: it stays as it was. Open the plan in force.",
                    line=past[0].name,
                    plan=past.plan_id[0].display_name,
                )
            )
        if self.env.su or self.env.user.has_groups(f"{MANAGER},{INVOICING}"):
            return
        day = lines._fields["milestone_date"].convert_to_cache(day, lines[:1])
        for line in lines:
            if line.in_force and line.milestone_date and line.milestone_date != day:
                raise UserError(
                    self.env._(
                        "“%s” was reached, and its payment counts from that day. Only "
                        "a sales manager or accounting takes that back.",
                        line.name,
                    )
                )
