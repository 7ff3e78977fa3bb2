from odoo import models

from ..models.crm_core_promotion import Held, Party


class SmsComposer(models.TransientModel):
    _inherit = "sms.composer"

    def _crm_company(self):
        return self.mailing_id._crm_company() or self.env.company

    def _prepare_mass_sms_values(self, records):
        # EXTENDS 'sms': who must not be written to is left out, by name of the rule.
        result = super()._prepare_mass_sms_values(records)
        if not (self._is_mass_sms() and self.use_exclusion_list):
            return result
        going = {i: vals for i, vals in result.items() if vals["state"] == "outgoing"}
        promotion = self.env["crm.core.promotion"]
        refusals = promotion._judge(
            self._crm_company(),
            "sms",
            self._crm_parties(going),
            {res_id: [values["number"]] for res_id, values in going.items()},
            since=self.mailing_id.crm_held_since or None,
        )
        can_wait = isinstance(self.env.context.get("crm_held"), Held)
        for res_id, refusal in refusals.items():
            if refusal.until and can_wait:
                going[res_id]["crm_hold"] = refusal.until
            else:
                self._crm_leave_out(going[res_id], refusal)
        return result

    def _crm_leave_out(self, values: dict, refusal) -> None:
        values.update(state="canceled", failure_type=refusal.failure)
        for command in values["mailing_trace_ids"]:
            command[2].update(
                trace_status="cancel",
                failure_type=refusal.failure,
                failure_reason=refusal.text,
            )

    def _crm_parties(self, values_all: dict) -> dict[int, Party]:
        """Return whom text messages are for, by record id."""
        promotion = self.env["crm.core.promotion"]
        nobody = [i for i, vals in values_all.items() if not vals.get("partner_id")]
        countries = promotion._countries(self.res_model, nobody)
        is_lead = self.res_model == "crm.lead"
        return {
            res_id: Party(0, res_id if is_lead else 0, countries[res_id])
            if res_id in countries
            else Party(values["partner_id"])
            for res_id, values in values_all.items()
        }

    def _filter_out_and_handle_revoked_sms_values(self, sms_values_all):
        # EXTENDS 'sms': those who wait are none of this run; the others are noted.
        held = self.env.context.get("crm_held")
        kept = {}
        for res_id, values in sms_values_all.items():
            if until := values.pop("crm_hold", None):
                held.moments.append(until)
            else:
                kept[res_id] = values
        results = super()._filter_out_and_handle_revoked_sms_values(kept)
        if self._is_mass_sms():
            self._crm_hand_over(results)
        return results

    def _crm_hand_over(self, values_all: dict) -> None:
        going = {
            i: vals for i, vals in values_all.items() if vals["state"] == "outgoing"
        }
        self.env["crm.core.promotion"]._hand_over(
            self._crm_company(),
            "sms",
            self._crm_parties(going),
            {res_id: values["uuid"] for res_id, values in going.items()},
            addresses={res_id: [values["number"]] for res_id, values in going.items()},
            purpose="promotion" if self.use_exclusion_list else "service",
            subject=self.mailing_id.subject,
            user_id=(self.mailing_id.user_id or self.env.user).id,
        )
