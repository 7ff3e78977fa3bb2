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
        profiles = self.env["crm.customer.profile"].sudo()
        roots = self.env["res.company"].sudo().search([("parent_id", "=", False)])
        parts = []
        for root in roots:
            domain = root._get_crm_spared_domain()
            if domain.is_false():
                continue
            query = profiles.with_context(active_test=False)._search(
                domain & Domain("company_id", "=", root.id)
            )
            query.add_where(
                SQL(
                    "%s = p.commercial_partner_id",
                    SQL.identifier(query.table, "partner_id"),
                )
            )
            parts.append(
                SQL(
                    "((%s) = %s AND EXISTS (%s))",
                    self._root_sql(company),
                    root.id,
                    query.select(SQL("1")),
                )
            )
        return SQL("(%s)", SQL(" OR ").join(parts)) if parts else SQL("FALSE")

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
