from odoo import api, models
from odoo.fields import Domain
from odoo.tools import Query

# More contacts than this are left as a sub-select.
MOST_NAMED = 1000


class CrmCustomerFacts(models.AbstractModel):
    """Says which records of other models are a customer's.

    The domains restrict; they give no rights. Whoever searches with them does so as
    the current user, so that access rights and record rules apply to the result.
    """

    _name = "crm.customer.facts"
    _description = "Facts of a Customer"

    @api.model
    def _partners(self, partner) -> tuple[Query, tuple[int, ...]]:
        """Return the sub-select of everybody who is this customer, and their ids if
        they are few (else no ids).

        These are the commercial partner and all its contacts, archived ones too.
        It says whose facts are read; what the reader may see of them is up to the
        rules of the facts, which is why it asks as superuser.
        """
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        return self._named(
            Partner._search(
                Domain("commercial_partner_id", "in", partner.commercial_partner_id.ids)
            )
        )

    @api.model
    def _named(self, query: Query) -> tuple[Query, tuple[int, ...]]:
        """Return ``query`` with its ids spelled out if they are few, and these ids.

        PostgreSQL knows how often each partner occurs in a table, but not how often
        those of a sub-select do: a customer with 20,000 facts would get the plans
        that are right for one with ten.
        """
        query.limit = MOST_NAMED + 1
        ids = tuple(row_id for (row_id,) in self.env.execute_query(query.select()))
        query.limit = None
        if len(ids) > MOST_NAMED:
            return query, ()
        named = Query(self.env, query.table)
        named.set_result_ids(ids, ordered=False)
        return named, ids

    @api.model
    def _invoices(self, partners: Query) -> list[Domain]:
        """Return invoices and credit notes sent to the customer, or for its orders
        to somebody else who pays."""
        Order = self.env["sale.order"].sudo()
        orders = Domain("partner_id", "in", partners)
        orders &= Domain("partner_invoice_id", "not in", partners)
        elsewhere, _ids = self._named(Order._search(orders))
        kind = Domain("move_type", "in", ("out_invoice", "out_refund", "out_receipt"))
        kind &= Domain("state", "=", "posted")
        domains = [kind & Domain("partner_id", "in", partners)]
        if not elsewhere.is_empty():
            lines = (
                self.env["account.move.line"]
                .sudo()
                ._search(Domain("sale_line_ids.order_id", "in", elsewhere))
            )
            domains.append(kind & Domain("line_ids", "in", lines))
        return domains

    @api.model
    def _messages(self, partners: Query) -> list[Domain]:
        """Return what was written on, by or to the customer's contacts.

        What the system noted by itself (tracking, notifications) is no dialogue.
        """
        kind = Domain("message_type", "not in", ("notification", "user_notification"))
        return [
            kind
            & Domain("model", "=", "res.partner")
            & Domain("res_id", "in", partners),
            kind & Domain("author_id", "in", partners),
            kind & Domain("partner_ids", "in", partners),
        ]

    @api.model
    def _activities(self, partners: Query) -> list[Domain]:
        """Return planned activities on the customer, its leads and its orders."""
        domains = [Domain("res_model", "=", "res.partner")]
        domains[0] &= Domain("res_id", "in", partners)
        for model in ("crm.lead", "sale.order"):
            Document = self.env[model].sudo().with_context(active_test=False)
            documents = Document._search(Domain("partner_id", "in", partners))
            domains.append(
                Domain("res_model", "=", model) & Domain("res_id", "in", documents)
            )
        return domains

    @api.model
    def _meetings(self, partners: Query) -> list[Domain]:
        """Return meetings with the customer, without other people's private ones:
        whom those are with is as private as their title."""
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)
        leads = Lead._search(Domain("partner_id", "in", partners))
        mine = Domain("partner_ids", "in", self.env.user.partner_id.ids)
        public = Domain(self.env["calendar.event"]._get_default_privacy_domain())
        return [
            (mine | public) & Domain("partner_ids", "in", partners),
            (mine | public) & Domain("opportunity_id", "in", leads),
        ]
