from odoo import api, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.worklists import SALES, Worklist


class CrmWorkbench(models.AbstractModel):
    _inherit = "crm.workbench"

    @api.model
    def _worklists(self):
        # EXTENDS crm_relationship
        return [*super()._worklists(), *self._plan_worklists()]

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
