from odoo import api, models

COLLECTOR = "crm_receivables.group_collector"
# Who collects letters of every kind.
ALL_LETTERS = (
    "sales_team.group_sale_manager,crm_relationship.group_campaign,"
    "crm_relationship.group_segmentation,crm_relationship.group_channel"
)


class CrmLetterBatch(models.Model):
    _inherit = "crm.letter.batch"

    @api.model
    def _waiting_domain(self):
        # EXTENDS crm_relationship: collectors print what they have confirmed, no more
        domain = super()._waiting_domain()
        if not self.env.user.has_groups(ALL_LETTERS):
            domain = [*domain, ("purpose", "=", "dunning")]
        return domain
