from odoo import fields, models

from odoo.addons.crm_relationship.records import one


class CrmReceivableAsOf(models.TransientModel):
    """Asks for a day and opens what was open at its end."""

    _name = "crm.receivable.as.of"
    _description = "Open Items as of a Day"

    date = fields.Date(
        string="At the end of", required=True, default=fields.Date.context_today
    )

    def action_open(self):
        """Open the ageing as it was at the end of the day."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_receivable_item_action"
        )
        # A list of its own, so that going back and forth does not mix two days.
        action.pop("path", None)
        return {
            **action,
            "name": self.env._("Ageing at the end of %s", self.date),
            "context": {"receivable_at": str(self.date)},
            "target": "current",
        }
