from odoo import api, fields, models


class CrmRfmScore(models.Model):
    """The scores of one customer under one scheme, as the scheme's last run left them.

    One row per (scheme, customer); only ``crm.rfm.run`` writes here, by SQL. Dates
    are stored, never ages: a day passing rewrites nothing.
    """

    _name = "crm.rfm.score"
    _description = "RFM Score"
    _order = "scheme_id, r desc, f desc, m desc, id"
    _rec_name = "partner_id"
    _log_access = False

    scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="scheme_id.company_id")
    currency_id = fields.Many2one(related="scheme_id.currency_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    run_id = fields.Many2one(
        comodel_name="crm.rfm.run",
        string="Scored in",
        readonly=True,
        ondelete="set null",
        help="The run that gave these scores; later runs came to the same ones.",
    )
    last_date = fields.Date(string="Last purchase", readonly=True)
    frequency = fields.Integer(string="Purchase days", readonly=True)
    monetary = fields.Monetary(string="Monetary value", readonly=True)
    r = fields.Integer(readonly=True, aggregator="avg")
    f = fields.Integer(readonly=True, aggregator="avg")
    m = fields.Integer(readonly=True, aggregator="avg")
    previous_r = fields.Integer(
        readonly=True, aggregator=None, help="Before the scores changed; 0: none."
    )
    previous_f = fields.Integer(readonly=True, aggregator=None)
    previous_m = fields.Integer(readonly=True, aggregator=None)
    cell_id = fields.Many2one(comodel_name="crm.rfm.cell", compute="_compute_cell_id")
    previous_cell_id = fields.Many2one(
        comodel_name="crm.rfm.cell", compute="_compute_cell_id"
    )

    _scheme_partner_uniq = models.Constraint(
        "UNIQUE(scheme_id, partner_id)",
        "A customer has one score per scheme.",
    )

    @api.depends("scheme_id.last_run_id", "r", "f", "previous_r", "previous_f")
    def _compute_cell_id(self):
        for scheme, scores in self.grouped("scheme_id").items():
            cells = scheme._frozen_cell_ids()
            for score in scores:
                score.cell_id = cells[_position(score.r, score.f)]
                previous = _position(score.previous_r, score.previous_f)
                score.previous_cell_id = cells[previous] if score.previous_r else False


def _position(r: int, f: int) -> int:
    """Return where a square stands in a list of 25."""
    return (r - 1) * 5 + f - 1
