from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmOutboxRules(models.AbstractModel):
    _inherit = "crm.outbox.rules"

    @api.model
    def _rule_sql(self, kind: SQL, purpose: SQL, address: SQL, company: SQL) -> SQL:
        # EXTENDS crm_channels: asking for money and for an order in one week looks
        # as if one hand did not know what the other does.
        return SQL(
            """COALESCE(%(others)s, CASE WHEN %(purpose)s = 'promotion' AND %(spared)s
                                         THEN 'owes' END)""",
            others=super()._rule_sql(kind, purpose, address, company),
            purpose=purpose,
            spared=self._spared_sql(company),
        )

    @api.model
    def _spared_sql(self, company: SQL) -> SQL:
        """Return whether partner ``p``'s customer is spared promotion.

        Asked by customer, by the key of the profiles: as quick for one message as for
        each of a million. With all rights: an administrator chose whom, and whoever
        sends need not see what customers owe.
        """
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        own = companies.search(
            [("parent_id", "=", False), ("crm_spared_customers", "!=", False)]
        )
        # Few companies choose for themselves; for all others one question is asked.
        choices = [(SQL("= %s", c.id), c._get_crm_spared_domain()) for c in own]
        usual = companies._get_usual_crm_spared_domain()
        choices.append((SQL("!= ALL(%s)", own.ids), usual))
        parts = [
            self._spared_by(domain, self._root_sql(company), which)
            for which, domain in choices
            if not domain.is_false()
        ]
        return SQL("(%s)", SQL(" OR ").join(parts)) if parts else SQL("FALSE")

    @api.model
    def _spared_by(self, domain: Domain, root: SQL, which: SQL) -> SQL:
        """Return whether a choice of some root companies spares partner ``p``."""
        profiles = self.env["crm.customer.profile"].sudo()
        query = profiles.with_context(active_test=False)._search(domain)
        table = query.table
        for column, value in (
            ("company_id", SQL("(%s)", root)),
            ("partner_id", SQL("p.commercial_partner_id")),
        ):
            query.add_where(SQL("%s = %s", SQL.identifier(table, column), value))
        return SQL("((%s) %s AND EXISTS (%s))", root, which, query.select(SQL("1")))

    @api.model
    def _fixed_sentences(self) -> dict[str, str]:
        # EXTENDS crm_channels
        return {
            **super()._fixed_sentences(),
            "owes": self.env._(
                "The customer owes overdue money or broke a promise to pay: no "
                "promotion until that is settled (Settings, Collection)."
            ),
        }
