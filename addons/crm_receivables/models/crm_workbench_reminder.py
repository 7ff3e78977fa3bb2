from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.worklists import Worklist

COLLECTOR = "crm_receivables.group_collector"
FAILED_DAYS = 30


class CrmWorkbench(models.AbstractModel):
    _inherit = "crm.workbench"

    @api.model
    def _worklists(self):
        # EXTENDS crm_relationship
        return [*super()._worklists(), *self._reminder_troubles()]

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
