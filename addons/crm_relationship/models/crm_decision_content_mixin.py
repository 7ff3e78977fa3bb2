from odoo import api, models

from ..records import plain_content


class CrmDecisionContentMixin(models.AbstractModel):
    """Lines of a document that is decided on: changing them changes its content."""

    _name = "crm.decision.content.mixin"
    _description = "Content of what is Decided"

    #: Many2one to the document.
    _decision_parent: str = ""
    #: Fields a decision on the document is about.
    _decision_content: tuple[str, ...] = ()

    @api.model_create_multi
    def create(self, vals_list):
        parents = {vals.get(self._decision_parent) for vals in vals_list} - {None}
        Parent = self.env[self._fields[self._decision_parent].comodel_name]
        before = Parent.browse(filter(None, parents))._decision_content_hashes()
        lines = super().create(vals_list)
        lines[self._decision_parent]._decision_content_changed(before)
        return lines

    def write(self, vals):
        old = self[self._decision_parent]
        target = old.browse(filter(None, [vals.get(self._decision_parent)]))
        before = (old | target)._decision_content_hashes()
        result = super().write(vals)
        (old | self[self._decision_parent])._decision_content_changed(before)
        return result

    def unlink(self):
        parents = self[self._decision_parent]
        before = parents._decision_content_hashes()
        result = super().unlink()
        parents.exists()._decision_content_changed(before)
        return result

    def _decision_values(self) -> dict:
        """Return the content as plain values."""
        self.ensure_one()
        return plain_content(self, self._decision_content)
