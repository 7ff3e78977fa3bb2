from odoo import api, models
from odoo.tools import SQL


class CrmOutboxRules(models.AbstractModel):
    _inherit = "crm.outbox.rules"

    @api.model
    def _rule_sql(self, kind: SQL, purpose: SQL, address: SQL, company: SQL) -> SQL:
        # EXTENDS 'crm_relationship': consent, and for promotion vetoes and suppressed
        # domains.
        # Silence comes last: whoever does not mind it is still told of the others.
        return SQL(
            """COALESCE(%(others)s, (
                   SELECT COALESCE(NULLIF(said.rule, 'no_consent'),
                                   CASE WHEN %(purpose)s != 'promotion' THEN NULL
                                        WHEN %(suppressed)s THEN 'domain'
                                        WHEN %(vetoed)s THEN 'veto' END, said.rule)
                     FROM (SELECT %(refused)s AS rule OFFSET 0) said))""",
            others=super()._rule_sql(kind, purpose, address, company),
            refused=self.env["crm.consent"]._refused_sql(
                kind,
                purpose,
                self._consent_reach_sql(kind, self._reach_sql(kind, address)),
                company,
                customer=SQL("p.commercial_partner_id"),
            ),
            purpose=purpose,
            suppressed=self._suppressed_sql(kind, address, company),
            vetoed=self._vetoed_sql(company),
        )

    @api.model
    def _address_rule_sql(
        self, kind: SQL, purpose: SQL, address: SQL, company: SQL
    ) -> SQL:
        """Return the first rule that forbids writing to an address that is nobody's,
        else NULL. To be extended with ``super()``."""
        return SQL(
            """CASE WHEN COALESCE(%(address)s, '') = '' THEN 'no_address'
                    WHEN %(purpose)s = 'promotion' AND %(suppressed)s
                    THEN 'domain'
                    ELSE %(refused)s END""",
            address=address,
            purpose=purpose,
            suppressed=self._suppressed_sql(kind, address, company),
            refused=self.env["crm.consent"]._refused_sql(
                kind, purpose, address, company
            ),
        )

    @api.model
    def _consent_reach_sql(self, kind: SQL, reach: SQL) -> SQL:
        """Return where partner ``p`` is reached, as consents know it: in a house there
        are many letter boxes, so the name is part of a postal address."""
        return SQL(
            "CASE WHEN %s = 'letter' THEN concat_ws(', ', p.name, %s) ELSE %s END",
            kind,
            reach,
            reach,
        )

    @api.model
    def _suppressed_sql(self, kind: SQL, address: SQL, company: SQL) -> SQL:
        """Return whether an address ends in a domain the policy never writes to."""
        self.env["crm.contact.policy"].flush_model()
        return SQL(
            """%(kind)s = 'email' AND EXISTS (
                   SELECT FROM crm_contact_policy cp,
                          unnest(string_to_array(cp.domain_list, ' ')) AS domain
                    WHERE cp.active
                      AND cp.company_id = (%(root)s)
                      AND (lower(%(reach)s) LIKE '%%@' || domain
                           OR lower(%(reach)s) LIKE '%%.' || domain))""",
            kind=kind,
            root=self._root_sql(company),
            reach=self._reach_sql(kind, address),
        )

    @api.model
    def _vetoed_sql(self, company: SQL) -> SQL:
        """Return whether partner ``p``'s customer is in a segment whose owner wants no
        promotion to it."""
        for name in ("crm.segment", "crm.segment.member"):
            self.env[name].flush_model()
        return SQL(
            """EXISTS (SELECT FROM crm_segment s
                         JOIN crm_segment_member m ON m.segment_id = s.id
                        WHERE s.no_promotion AND s.active
                          AND s.company_id = (%(root)s)
                          AND m.partner_id = p.commercial_partner_id
                          AND m.date_out IS NULL)""",
            root=self._root_sql(company),
        )

    @api.model
    def _root_sql(self, company: SQL) -> SQL:
        return SQL(
            """SELECT split_part(rc.parent_path, '/', 1)::int FROM res_company rc
                WHERE rc.id = %s""",
            company,
        )

    @api.model
    def _fixed_sentences(self) -> dict[str, str]:
        # EXTENDS 'crm_relationship'
        return {
            **super()._fixed_sentences(),
            **self.env["crm.consent"]._rule_sentences(),
            "domain": self.env._("The contact policy forbids writing to this domain."),
            "veto": self.env._(
                "The owner of a segment this customer is in wants no promotion to it."
            ),
        }

    @api.model
    def _rule_sentence(self, rule: str) -> str:
        # EXTENDS 'crm_relationship': rules of the contact policy are records.
        found = self.env["crm.contact.rule"].sudo()._of_code(rule)
        return self._policy_sentence(found) if found else super()._rule_sentence(rule)

    @api.model
    def _rule_sentences(self) -> dict[str, str]:
        # EXTENDS 'crm_relationship'
        rules = self.env["crm.contact.rule"].sudo().with_context(active_test=False)
        return super()._rule_sentences() | {
            rule._code(): self._policy_sentence(rule)
            for rule in rules.search([])  # pylint: disable=no-search-all
        }

    @api.model
    def _policy_sentence(self, rule) -> str:
        return self.env._("Contact policy: %s", rule.summary)
