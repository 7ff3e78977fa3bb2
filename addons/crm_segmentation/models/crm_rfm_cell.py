from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rfm import NAMED_CELLS


class CrmRfmCell(models.Model):
    """A name for a rectangle of the grid recency × frequency of one scheme.

    Where rectangles overlap, the first in order has the square. Changed borders count
    from the scheme's next run on.
    """

    _name = "crm.rfm.cell"
    _description = "RFM Cell"
    _order = "scheme_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="scheme_id.company_id")
    sequence = fields.Integer(default=10)
    r_from = fields.Integer(
        string="Recency from", required=True, default=1, aggregator=None
    )
    r_to = fields.Integer(
        string="Recency to", required=True, default=5, aggregator=None
    )
    f_from = fields.Integer(
        string="Frequency from", required=True, default=1, aggregator=None
    )
    f_to = fields.Integer(
        string="Frequency to", required=True, default=5, aggregator=None
    )
    advice = fields.Text(
        translate=True,
        help="What to do with these customers; the heat map shows it.",
    )

    _r_range = models.Constraint(
        "CHECK (1 <= r_from AND r_from <= r_to AND r_to <= 5)",
        "Recency scores run from 1 to 5, the lower one first.",
    )
    _f_range = models.Constraint(
        "CHECK (1 <= f_from AND f_from <= f_to AND f_to <= 5)",
        "Frequency scores run from 1 to 5, the lower one first.",
    )

    # ---- CRUD -----------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        cells = super().create(vals_list)
        cells.scheme_id._mark_outdated()
        return cells

    def write(self, vals):
        if "scheme_id" in vals and self.scheme_id.ids != [vals["scheme_id"]]:
            raise UserError(
                self.env._(
                    "A cell stays in its scheme, because scores and segments refer to "
                    "it. Make a new cell in the other scheme instead."
                )
            )
        result = super().write(vals)
        if {"sequence", "r_from", "r_to", "f_from", "f_to"} & vals.keys():
            self.scheme_id._mark_outdated()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_marks_scheme_outdated(self):
        self.scheme_id._mark_outdated()

    # ---- the standard cells ---------------------------------------------------------

    @api.model
    def _prepare_standard_values(self) -> list[dict]:
        """Return values, in the user's language, for the cells of a new scheme."""
        texts = self._standard_texts()
        return [
            {
                "sequence": 10 * position,
                "name": texts[cell.code][0],
                "advice": texts[cell.code][1],
                "r_from": cell.r_from,
                "r_to": cell.r_to,
                "f_from": cell.f_from,
                "f_to": cell.f_to,
            }
            for position, cell in enumerate(NAMED_CELLS, 1)
        ]

    @api.model
    def _standard_texts(self) -> dict[str, tuple[str, str]]:
        """Return name and advice of each standard cell by its code."""
        advice = self._standard_advice()
        return {
            code: (name, advice[code]) for code, name in self._standard_names().items()
        }

    @api.model
    def _standard_names(self) -> dict[str, str]:
        """Return the name of each standard cell by its code."""
        return {
            "champions": self.env._("Champions"),
            "loyal": self.env._("Loyal customers"),
            "potential": self.env._("Potential loyalists"),
            "new": self.env._("New customers"),
            "promising": self.env._("Promising"),
            "attention": self.env._("Need attention"),
            "about_to_sleep": self.env._("About to sleep"),
            "cannot_lose": self.env._("Cannot lose them"),
            "at_risk": self.env._("At risk"),
            "hibernating": self.env._("Hibernating"),
            "lost": self.env._("Lost"),
        }

    @api.model
    def _standard_advice(self) -> dict[str, str]:
        """Return what to do with the customers of each standard cell."""
        return {
            "champions": self.env._(
                "Bought just now and buy often: thank them, show them news first."
            ),
            "loyal": self.env._(
                "Buy often and came not long ago: offer more, ask them for advice."
            ),
            "potential": self.env._(
                "Recent, with a few purchases: membership or a second product line."
            ),
            "new": self.env._(
                "Bought just now for the first time: help them make good use of it."
            ),
            "promising": self.env._(
                "Bought once, not long ago: a reason to come back works best now."
            ),
            "attention": self.env._(
                "Average in both: a limited offer on what they bought before."
            ),
            "about_to_sleep": self.env._(
                "Few purchases and going quiet: remind them before they are gone."
            ),
            "cannot_lose": self.env._(
                "Bought very often, gone for long: talk to them in person."
            ),
            "at_risk": self.env._(
                "Bought often, but not for a while: win them back before others do."
            ),
            "hibernating": self.env._(
                "Few purchases, long ago: a small and cheap reminder at most."
            ),
            "lost": self.env._("Bought once, long ago: do not spend much on them."),
        }
