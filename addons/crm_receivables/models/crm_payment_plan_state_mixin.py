from collections import defaultdict
from datetime import date

from odoo import api, models
from odoo.fields import Domain

from ..core import plan


class CrmPaymentPlanStateMixin(models.AbstractModel):
    """Finds lines of payment plans by their state, which depends on the day.

    A day is that of the company a line belongs to: while it is still the 1st in one,
    it may be the 2nd in another.
    """

    _name = "crm.payment.plan.state.mixin"
    _description = "State of Planned Payments"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        domains = self._state_domains()
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _state_domains(self) -> dict[str | bool, Domain]:
        """Return the lines of each state; none or one state holds for a line."""
        days = self._days()
        live = Domain("in_force", "=", True)
        unpaid = live & Domain("settlement", "=", "open")
        part = live & Domain("settlement", "=", "part")
        late = self._due_domain("<", days)
        in_time = self._due_domain(">=", days) | Domain("date_due", "=", False)
        ready = Domain("invoiced_amount", "!=", 0)
        ready |= Domain("milestone_date", "!=", False)
        ready |= self._due_domain("=", days)
        return {
            plan.VOID: live & Domain("settlement", "=", "void"),
            plan.PAID: live & Domain("settlement", "=", "paid"),
            plan.OVERDUE: (unpaid | part) & late,
            plan.PART: part & in_time,
            plan.DUE: unpaid & in_time & ready,
            plan.WAITING: unpaid & in_time & ~ready,
            False: ~live,
        }

    @api.model
    def _days(self) -> dict[date, list[int]]:
        """Return the days it is at this moment, each with the companies where it is."""
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        days = defaultdict(list)
        for company in companies.search([]):  # pylint: disable=no-search-all
            days[self._today(company)].append(company.id)
        return days

    @api.model
    def _due_domain(self, operator: str, days: dict[date, list[int]]) -> Domain:
        """Return the lines due before, on or after the day of their own company."""
        domains = [
            Domain("date_due", operator, day) & Domain("company_id", "in", companies)
            for day, companies in days.items()
        ]
        # One day everywhere, as usual: who the line belongs to does not matter.
        return (
            Domain("date_due", operator, next(iter(days)))
            if len(days) == 1
            else Domain.OR(domains)
        )

    @api.model
    def _today(self, company) -> date:
        """Return the day it is where a company works."""
        return self.env["crm.customer.metrics"]._today(company)
