from odoo import api, models


class CrmEntryNameMixin(models.AbstractModel):
    """A row about a journal entry, called as the entry is.

    Salespeople see what their customers owe and have paid, but Odoo shows them no
    payments: the number of the entry they may know.
    """

    _name = "crm.entry.name.mixin"
    _description = "Called as its Entry"

    @api.depends("move_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.sudo().move_id.display_name

    @api.model
    def _search_display_name(self, operator, value):
        moves = self.env["account.move"].sudo()
        return [("move_id", "in", moves._search([("name", operator, value)]))]
