from odoo import fields, models
from odoo.tools import SQL


class CrmSegmentMovement(models.Model):
    """Members entering and leaving segments: the stays of the members as events."""

    _name = "crm.segment.movement"
    _description = "Segment Movement"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "partner_id"
    _depends = {
        "crm.segment.member": ["segment_id", "partner_id", "date_in", "date_out"]
    }

    segment_id = fields.Many2one(comodel_name="crm.segment", readonly=True)
    company_id = fields.Many2one(related="segment_id.company_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    date = fields.Datetime(readonly=True)
    kind = fields.Selection(
        selection=[("in", "Entered"), ("out", "Left")], readonly=True
    )
    entered = fields.Integer(readonly=True)
    left = fields.Integer(readonly=True)
    change = fields.Integer(
        readonly=True, help="+1 for who entered, -1 for who left: summed up, the size."
    )

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """SELECT 2 * id AS id, segment_id, partner_id, date_in AS date,
                      'in' AS kind, 1 AS entered, 0 AS left, 1 AS change
                 FROM crm_segment_member
            UNION ALL
               SELECT 2 * id + 1, segment_id, partner_id, date_out,
                      'out', 0, 1, -1
                 FROM crm_segment_member
                WHERE date_out IS NOT NULL"""
        )
