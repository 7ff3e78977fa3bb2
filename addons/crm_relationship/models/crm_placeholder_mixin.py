from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import placeholders


class CrmPlaceholderMixin(models.AbstractModel):
    """Texts filled in for each customer: ``subject`` and ``body``."""

    _name = "crm.placeholder.mixin"
    _description = "Text with Placeholders"

    placeholder_help = fields.Char(compute="_compute_placeholder_help")

    def _compute_placeholder_help(self):
        self.placeholder_help = self.env._(
            "Filled in for each customer: %s", self._written(self._placeholders())
        )

    def _placeholders(self) -> dict[str, str]:
        """Return the placeholders a text may have, with what they stand for."""
        return {}

    @api.model
    def _written(self, names) -> str:
        """Return placeholders as they are written in a text."""
        return ", ".join(f"{{{{ {name} }}}}" for name in names)

    @api.constrains("subject", "body")
    def _check_placeholders(self):
        for record in self:
            known = record._placeholders()
            bad = placeholders.unknown(record.subject, known)
            bad += placeholders.unknown(record.body, known)
            if bad:
                raise ValidationError(
                    self.env._(
                        "There is no placeholder %(unknown)s. There are: %(known)s.",
                        unknown=record._written(bad),
                        known=record._written(known),
                    )
                )
