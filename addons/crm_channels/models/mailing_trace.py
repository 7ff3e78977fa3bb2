from odoo import fields, models

LEFT = {"pending", "sent", "open", "reply", "bounce"}
FAILED = {"error", "cancel"}
RESPONSES = {"open": "opened", "reply": "replied", "bounce": "bounced"}


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    failure_type = fields.Selection(
        selection_add=[("crm_refused", "Consent or contact policy")]
    )

    def write(self, vals):
        # EXTENDS 'mass_mailing': the ledger follows what becomes of each message.
        result = super().write(vals)
        if "trace_status" in vals:
            self._crm_moved(vals["trace_status"])
        if vals.get("links_click_datetime"):
            self._crm_touches()._respond("clicked")
        return result

    def _crm_moved(self, status: str) -> None:
        reservations = self.env["crm.contact.reservation"]
        references = self._crm_references()
        if not references:
            return
        if status in LEFT:
            reservations._left(references)
        elif status in FAILED:
            reservations._release(list(references))
        if status in RESPONSES:
            self._crm_touches()._respond(RESPONSES[status])

    def _crm_references(self) -> dict[str, tuple[str, str]]:
        """Return model and key of the contact each of these becomes, by how the queue
        names its message."""
        found = {}
        for trace in self.sudo():
            source = ("mailing.trace", str(trace.id))
            if trace.trace_type == "sms":
                found |= dict.fromkeys(trace.sms_tracker_ids.mapped("sms_uuid"), source)
            elif trace.message_id:
                found[trace.message_id] = source
        return found

    def _crm_touches(self):
        """Return the contacts recorded from these."""
        return (
            self.env["crm.touch"]
            .sudo()
            .search(
                [
                    ("source_model", "=", self._name),
                    ("source_key", "in", [str(trace_id) for trace_id in self.ids]),
                ]
            )
        )
