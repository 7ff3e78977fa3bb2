from odoo import api, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.timeline import TimelineSource


class CrmTimeline(models.AbstractModel):
    _inherit = "crm.timeline"

    @api.model
    def _timeline_sources(self):
        # EXTENDS crm_relationship
        return [*super()._timeline_sources(), self._timeline_deliveries()]

    @api.model
    def _timeline_deliveries(self) -> TimelineSource:
        """Deliveries and returns that were done, to the customer or its addresses."""
        moved = Domain("state", "=", "done")
        moved &= Domain("picking_type_code", "in", ("outgoing", "incoming"))
        return TimelineSource(
            kind="delivery",
            label=self.env._("Deliveries"),
            noun=self.env._("Delivery"),
            model="stock.picking",
            restrict=lambda partners: [moved & Domain("partner_id", "in", partners)],
            date="date_done",
            columns={
                "title": "name",
                "detail": "origin",
                "state": "state",
                "partner": "partner_id",
            },
            icon="fa-truck",
        )
