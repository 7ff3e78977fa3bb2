from odoo import api, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.privacy import DataSource


class CrmDataSubject(models.AbstractModel):
    _inherit = "crm.data.subject"

    @api.model
    def _erasure_sources(self):
        # EXTENDS 'crm_relationship'
        def is_partner(subject):
            return Domain("partner_id", "in", subject.partner_ids)

        return super()._erasure_sources() + [
            DataSource(
                "crm.segment.member",
                self.env._("Segments"),
                is_partner,
                ("segment_id", "date_in", "date_out"),
                delete=True,
            ),
            DataSource(
                "crm.rfm.score",
                self.env._("Scores"),
                is_partner,
                ("scheme_id", "r", "f", "m", "last_date"),
                delete=True,
            ),
        ]
