from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.worklists import SALES, Worklist

COLLECTOR = "crm_receivables.group_collector"
FINANCE = "account.group_account_invoice"
ANSWERED_DAYS = 30
FAILED_DAYS = 30


class CrmWorkbench(models.AbstractModel):
    _inherit = "crm.workbench"

    @api.model
    def _worklists(self):
        # EXTENDS crm_relationship
        return [
            *super()._worklists(),
            *self._collector_customers(),
            self._collector_answers(),
            *self._reminder_troubles(),
            *self._collector_dates(),
            *self._plan_worklists(),
        ]

    @api.model
    def _roles(self):
        # EXTENDS crm_relationship: before the mere reader
        *roles, reader = super()._roles()
        return [*roles, COLLECTOR, FINANCE, reader]

    @api.model
    def _role_texts(self):
        # EXTENDS crm_relationship
        return {
            **super()._role_texts(),
            COLLECTOR: (
                self.env._("Collection"),
                self.env._("Nothing waits: everybody paid, promised or was reminded."),
            ),
            FINANCE: (
                self.env._("Finance"),
                self.env._("Nothing waits for your decision."),
            ),
        }

    @api.model
    def _collector_customers(self) -> list[Worklist]:
        status = Domain("status", "in", ("broken", "overdue"))
        mine = Domain("user_id", "=", self.env.uid)
        return [
            Worklist(
                code="promise_broken",
                label=self.env._("Customers who broke a promise to pay"),
                groups=(COLLECTOR,),
                model="crm.collection.customer",
                domain=lambda: Domain("status", "=", "broken"),
                date="oldest_due",
                due=True,
                sequence=20,
                help=self.env._("Call them first: what was promised has not come."),
            ),
            Worklist(
                code="collect_overdue",
                label=self.env._("Customers to ask for payment"),
                groups=(COLLECTOR,),
                model="crm.collection.customer",
                domain=lambda: Domain("status", "=", "overdue"),
                date="oldest_due",
                due=True,
                sequence=30,
                help=self.env._("Overdue, neither promised nor on hold."),
            ),
            Worklist(
                code="own_overdue",
                label=self.env._("Customers of yours who owe overdue money"),
                groups=(SALES,),
                model="crm.collection.customer",
                domain=lambda: mine & status,
                date="oldest_due",
                due=True,
                sequence=45,
                help=self.env._("Know it before the next quotation."),
            ),
        ]

    @api.model
    def _collector_answers(self) -> Worklist:
        since = fields.Datetime.now() - timedelta(days=ANSWERED_DAYS)
        return Worklist(
            code="reminder_answered",
            label=self.env._("Answers to reminders"),
            groups=(COLLECTOR,),
            model="crm.reminder",
            domain=lambda: (
                Domain("is_answered", "=", True) & Domain("sent_date", ">=", since)
            ),
            date="sent_date",
            sequence=25,
            help=self.env._(
                "Of the last 30 days: read the answer on the customer's page and take "
                "the promise or the dispute."
            ),
        )

    @api.model
    def _collector_dates(self) -> list[Worklist]:
        today = fields.Date.context_today(self)
        return [
            Worklist(
                code="promise_today",
                label=self.env._("Promises due today"),
                groups=(COLLECTOR,),
                model="crm.payment.promise",
                domain=lambda: (
                    Domain("state", "=", "open") & Domain("date", "<=", today)
                ),
                date="date",
                due=True,
                sequence=40,
                help=self.env._("Has the money come? If not, ask again tomorrow."),
            ),
            Worklist(
                code="hold_ending",
                label=self.env._("Holds that end"),
                groups=(COLLECTOR,),
                model="crm.collection.block",
                domain=lambda: (
                    Domain("state", "=", "active")
                    & Domain("date_until", "<=", today + timedelta(days=3))
                ),
                date="date_until",
                due=True,
                sequence=50,
                help=self.env._("Settle the dispute, or hold it for longer."),
            ),
        ]

    @api.model
    def _reminder_troubles(self) -> list[Worklist]:
        since = fields.Date.context_today(self) - timedelta(days=FAILED_DAYS)
        return [
            Worklist(
                code="reminder_unknown",
                label=self.env._("Reminders that may not have arrived"),
                groups=(COLLECTOR,),
                model="crm.reminder",
                domain=lambda: Domain("state", "=", "unknown"),
                date="sent_date",
                sequence=26,
                help=self.env._("Decide whether each arrived or is sent again."),
            ),
            Worklist(
                code="reminder_failed",
                label=self.env._("Reminders that failed"),
                groups=(COLLECTOR,),
                model="crm.reminder",
                domain=lambda: (
                    Domain("state", "=", "failed") & Domain("date", ">=", since)
                ),
                date="date",
                sequence=27,
                help=self.env._(
                    "Of the last 30 days, mostly bad addresses: mend them, or call."
                ),
            ),
        ]

    @api.model
    def _plan_worklists(self) -> list[Worklist]:
        """Return what planned payments ask of a salesperson."""
        mine = Domain("user_id", "=", self.env.uid) & Domain("in_force", "=", True)
        late = mine & Domain("state", "=", "overdue")
        ready = mine & Domain("state", "in", ("due", "overdue"))
        usual = {"model": "crm.payment.plan.line", "date": "date_due", "due": True}
        return [
            Worklist(
                code="plan_overdue",
                label=self.env._("Overdue payments of your orders"),
                groups=(SALES,),
                domain=lambda: late & Domain("invoiced_amount", "!=", 0),
                sequence=70,
                help=self.env._(
                    "Invoiced, due and not paid: ask before you sell more."
                ),
                **usual,
            ),
            Worklist(
                code="plan_to_invoice",
                label=self.env._("Planned payments nobody invoiced"),
                groups=(SALES,),
                domain=lambda: ready & Domain("invoiced_amount", "=", 0),
                sequence=71,
                help=self.env._("The day or the milestone is there; no invoice is."),
                **usual,
            ),
        ]
