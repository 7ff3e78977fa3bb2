from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.crm_relationship.records import one

from ..core.consent_rows import EVERYTHING
from ..models.crm_consent import KIND_LABELS, PURPOSE_LABELS


class CrmConsentChange(models.TransientModel):
    """Enters what a customer said about being written to, with the proof of it."""

    _name = "crm.consent.change"
    _description = "Enter What Was Said"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Contact", ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(
        selection=[*KIND_LABELS, (EVERYTHING, "Every way")],
        string="By",
        required=True,
        default="email",
    )
    purpose = fields.Selection(
        selection=[*PURPOSE_LABELS, (EVERYTHING, "Everything that can be refused")],
        string="For",
        required=True,
        default="promotion",
    )
    change = fields.Selection(
        selection="_changes", string="What was said", required=True, default="withdrawn"
    )
    address = fields.Char(
        help="Empty means the contact's own, as it is entered there now."
    )
    date = fields.Datetime(
        string="Said on",
        required=True,
        default=fields.Datetime.now,
        help="The newest by this holds.",
    )
    until = fields.Datetime(string="Rest until")
    source = fields.Char(
        string="Where", help="Call, fair, form, letter … Needed when somebody agrees."
    )
    text_version = fields.Char(
        string="Version of the text", help="What they read when they agreed."
    )
    note = fields.Char()

    @api.model
    def _changes(self) -> list[tuple[str, str]]:
        return (
            self.env["crm.consent.event"]
            ._fields["change"]
            ._description_selection(self.env)
        )

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        context = self.env.context
        if context.get("active_model") == "crm.customer.profile":
            profile = self.env["crm.customer.profile"].search(
                Domain("id", "=", context.get("active_id"))
            )
            values["partner_id"] = profile.partner_id.id
        return values

    def action_record(self):
        """Record it."""
        one(self)
        service = self.env["crm.consent.service"]
        service._check_rights()
        answer = service._set_rows([self._row()], "manual")
        if answer["errors"]:
            raise UserError("\n".join(e["reason"] for e in answer["errors"]))
        return {"type": "ir.actions.act_window_close"}

    def _row(self) -> dict:
        """Return it as ``core/consent_rows`` reads it."""
        values = {
            "partner": self.partner_id.id,
            "address": (self.address or "").strip(),
            "channel": self.kind,
            "purpose": self.purpose,
            "change": self.change,
            "date": self.date and self.date.isoformat(),
            "until": self.change == "paused" and self.until and self.until.isoformat(),
            "source": (self.source or "").strip(),
            "text_version": (self.text_version or "").strip(),
            "note": (self.note or "").strip(),
        }
        return {name: value for name, value in values.items() if value}
