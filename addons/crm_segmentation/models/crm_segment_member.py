from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one


class CrmSegmentMember(models.Model):
    """A customer's stay in a segment; open while ``date_out`` is empty.

    Rows are never reused: who leaves and comes back has two. Segments write here,
    people do not.
    """

    _name = "crm.segment.member"
    _description = "Segment Member"
    _order = "date_in desc, id desc"
    _rec_name = "partner_id"
    _log_access = False

    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="segment_id.company_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    date_in = fields.Datetime(string="Entered", required=True, readonly=True)
    date_out = fields.Datetime(string="Left", readonly=True)

    _open_uniq = models.UniqueIndex(
        "(segment_id, partner_id) WHERE date_out IS NULL",
        "A customer is in a segment only once at a time.",
    )
    _segment_idx = models.Index("(segment_id, date_in)")
    _left_idx = models.Index("(segment_id, date_out) WHERE date_out IS NOT NULL")

    @api.model
    def _open_page(self, segment, after: int, limit: int):
        """Return open stays of a segment by partner id, as the current user.

        One index range: the last page costs what the first one does.

        :param after: partner id of the last row before
        """
        # The ORM compares a many2one by its name, not by its number.
        behind = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s > %s", model._field_to_sql(alias, "partner_id", query), after
            )
        )
        domain = Domain("segment_id", "=", segment.id) & Domain("date_out", "=", False)
        return self.search(domain & behind, order="partner_id.id", limit=limit)

    def action_open_customer(self):
        """Open the customer's page."""
        one(self)
        profile = self.env["crm.customer.profile"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )
        record = profile or self.partner_id
        return record.get_formview_action()

    def action_remove(self):
        """Take these customers out of their hand-picked segments."""
        for segment, members in self.grouped("segment_id").items():
            segment._remove_partners(members.partner_id.ids)
        return True
