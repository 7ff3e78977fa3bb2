from dataclasses import replace

from odoo import models

COLLECTOR = "crm_receivables.group_collector"


class CrmOutboxRelease(models.Model):
    _inherit = "crm.outbox.release"

    def _decision_transitions(self):
        # EXTENDS crm_relationship: whether a reminder arrived, collectors decide, too
        transitions = super()._decision_transitions()
        if len(self) != 1 or not self._is_reminder():
            return transitions
        return [replace(t, groups=(*t.groups, COLLECTOR)) for t in transitions]

    def _is_reminder(self) -> bool:
        row = self.env["crm.outbox"].sudo().browse(self.outbox_key)
        return row.exists().origin_model == "crm.reminder"
