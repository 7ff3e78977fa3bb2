from odoo import models
from odoo.tools import SQL


class CrmStage(models.Model):
    _inherit = "crm.stage"

    def write(self, vals):
        result = super().write(vals)
        if "is_won" in vals:
            # Every lead in the stage is won or open again, without being written to.
            self.env.flush_all()
            self.env["crm.customer.change"].sudo()._enqueue_query(
                SQL(
                    """SELECT COALESCE(l.company_id, t.company_id, u.company_id)
                                  AS company_id, l.partner_id
                         FROM crm_lead l
                    LEFT JOIN crm_team t ON t.id = l.team_id
                    LEFT JOIN res_users u ON u.id = l.user_id
                        WHERE l.stage_id = ANY(%s)""",
                    self.ids,
                )
            )
        return result
