from odoo import fields, models


class CrmRfmMigration(models.Model):
    """How many customers a run moved from one cell to another; a row a pair."""

    _name = "crm.rfm.migration"
    _description = "RFM Migration"
    _order = "run_id desc, customer_count desc, id"
    _rec_name = "run_id"
    _log_access = False

    run_id = fields.Many2one(
        comodel_name="crm.rfm.run",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="scheme_id.company_id")
    currency_id = fields.Many2one(related="scheme_id.currency_id")
    date = fields.Date(string="Reference day", readonly=True)
    kind = fields.Selection(
        selection=[
            ("stayed", "Stayed"),
            ("moved", "Moved"),
            ("new", "New"),
            ("gone", "Gone"),
        ],
        required=True,
        readonly=True,
    )
    from_cell_id = fields.Many2one(
        comodel_name="crm.rfm.cell", string="From", readonly=True, ondelete="set null"
    )
    to_cell_id = fields.Many2one(
        comodel_name="crm.rfm.cell", string="To", readonly=True, ondelete="set null"
    )
    customer_count = fields.Integer(string="Customers", readonly=True)
    monetary = fields.Monetary(string="Monetary value", readonly=True)
