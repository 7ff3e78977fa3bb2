from odoo import api, fields, models
from odoo.tools import format_datetime

from ..core import policy
from .crm_contact_gate import Answer, Asking, Recipient


class CrmContactChecker(models.AbstractModel):
    """Asks the rules about single messages: those that leave, and those somebody asks
    about."""

    _name = "crm.contact.checker"
    _description = "Check of a Single Contact"

    @api.model
    def _check_rows(self, rows) -> dict[int, tuple]:
        """Reserve places for messages in hand and return those that have none, as
        ``crm.outbox._outbox_check`` does."""
        gate = self.env["crm.contact.gate"]
        policies = self.env["crm.contact.policy"]
        rules = self.env["crm.outbox.rules"]
        refusals, said = {}, {}
        for row in rows:
            if not row.partner_id or not policies._policy_of(row.company_id):
                continue
            who = Recipient(row.id, row.partner_id.id, row.address or "")
            asking = Asking(
                row.company_id,
                row.kind,
                row.purpose,
                gate._now(),
                (row.priority, -row.id),
                row.id,
                row.held_since or None,
            )
            gate._reserve(row.company_id, row.kind, [who])
            answer = gate._ask(asking, [who])[row.id]
            if answer.verdict == policy.SEND:
                continue
            if answer.rule not in said:
                said[answer.rule] = rules._rule_sentence(answer.rule)
            wait = (answer.at,) if answer.verdict == policy.HOLD else ()
            refusals[row.id] = (answer.rule, said[answer.rule], *wait)
        return refusals

    # ---- somebody asks --------------------------------------------------------------

    @api.model
    def _answer(self, partner, company, kind: str, purpose: str, at=None) -> Answer:
        """Return what the rules say about a message to a contact, with all rights."""
        gate = self.env["crm.contact.gate"].sudo()
        moment = max(at or gate._now(), gate._now()).replace(microsecond=0)
        asking = Asking(company.sudo(), kind, purpose, moment)
        return gate._ask(asking, [Recipient(1, partner.id)])[1]

    @api.model
    def _sentence(self, answer: Answer, partner=None, company=None) -> str:
        """Return an answer for people, in their language and time zone.

        :param partner, company: whose and in whose name, to tell the reason of a veto
        """
        if answer.verdict == policy.SEND:
            if answer.at > fields.Datetime.now():
                return self.env._(
                    "May be contacted at %s.", format_datetime(self.env, answer.at)
                )
            return self.env._("May be contacted now.")
        why = self._why(answer.rule, partner, company)
        if answer.verdict == policy.HOLD:
            return self.env._(
                "May be contacted from %(moment)s. Until then: %(why)s",
                moment=format_datetime(self.env, answer.at),
                why=why,
            )
        return self.env._("Must not be contacted: %(why)s", why=why)

    @api.model
    def _why(self, rule: str | None, partner=None, company=None) -> str:
        """Return the sentence of a rule; of a veto with its reason."""
        sentence = self.env["crm.outbox.rules"]._rule_sentences().get(rule)
        segments = self.env["crm.segment"]
        if rule == "veto" and partner and company and segments.has_access("read"):
            segments = segments._vetoes(partner, company)
            reasons = [f"{s.name}: {s.no_promotion_reason}" for s in segments]
            return " ".join([sentence, *reasons])
        return sentence or rule or ""
