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
        lines = super().create(vals_list)
        # What was not there before is a change of every document it belongs to.
        lines._decision_documents()._decision_content_changed({})
        return lines

    def write(self, vals):
        old = self._decision_documents()
        before = old._decision_content_hashes()
        result = super().write(vals)
        (old | self._decision_documents())._decision_content_changed(before)
        return result

    def unlink(self):
        documents = self._decision_documents()
        before = documents._decision_content_hashes()
        result = super().unlink()
        documents.exists()._decision_content_changed(before)
        return result

    def _decision_documents(self):
        """Return the documents these rows are content of."""
        return self[self._decision_parent]

    def _decision_values(self) -> dict:
        """Return the content as plain values."""
        self.ensure_one()
        return plain_content(self, self._decision_content)
