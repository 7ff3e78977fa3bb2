from odoo import api, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.timeline import TimelineSource


class CrmTimeline(models.AbstractModel):
    _inherit = "crm.timeline"

    @api.model
    def _timeline_sources(self):
        # EXTENDS crm_relationship: reminders are there already, as mails and contacts
        own = (self._timeline_deliveries(), self._timeline_promises())
        return [*super()._timeline_sources(), *own]

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

    @api.model
    def _timeline_promises(self) -> TimelineSource:
        return TimelineSource(
            kind="promise",
            label=self.env._("Promises to pay"),
            noun=self.env._("Promise to pay"),
            model="crm.payment.promise",
            restrict=lambda partners: [Domain("partner_id", "in", partners)],
            date="date_made",
            columns={
                "title": "display_name",
                "detail": "user_id",
                "amount": "amount",
                "currency": "currency_id",
                "state": "state",
                "partner": "partner_id",
            },
            icon="fa-handshake-o",
        )
