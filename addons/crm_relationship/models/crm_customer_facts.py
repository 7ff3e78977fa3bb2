from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

# Who belongs to a customer's document, for what hangs on documents without naming
# the customer: planned activities.
DOCUMENTS = (
    ("res.partner", "id"),
    ("crm.lead", "partner_id"),
    ("sale.order", "partner_id"),
)


class CrmCustomerFacts(models.AbstractModel):
    """Says which records of other models are a customer's.

    The domains restrict; they give no rights. Whoever searches with them does so as
    the current user, so that access rights and record rules apply to the result.
    """

    _name = "crm.customer.facts"
    _description = "Facts of a Customer"

    @api.model
    def _partners(self, partner) -> Query:
        """Return the sub-select of everybody who is this customer.

        These are the commercial partner and all its contacts, archived ones too.
        It says whose facts are read; what the reader may see of them is up to the
        rules of the facts, which is why it asks as superuser.
        """
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        return Partner._search(
            Domain("commercial_partner_id", "=", partner.commercial_partner_id.id)
        )

    @api.model
    def _union(self, model: str, *domains: Domain) -> Domain:
        """Return the records of ``model`` in any of ``domains``.

        An OR over different columns would make PostgreSQL read the whole table; a
        union of sub-selects uses the index of each. The rules of the reader apply
        to the search around it.
        """
        Model = self.env[model].sudo().with_context(active_test=False)
        selects = [Model._search(domain).subselect("id") for domain in domains]
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "%s IN (%s)",
                SQL.identifier(alias, "id"),
                SQL(" UNION ALL ").join(selects),
            )
        )

    @api.model
    def _invoices(self, partners: Query) -> Domain:
        """Return invoices and credit notes sent to the customer, or for its orders
        to somebody else who pays."""
        Order = self.env["sale.order"].sudo()
        elsewhere = Order._search(
            Domain("partner_id", "in", partners)
            & Domain("partner_invoice_id", "not in", partners)
        )
        return (
            Domain("move_type", "in", ("out_invoice", "out_refund", "out_receipt"))
            & Domain("state", "=", "posted")
            & self._union(
                "account.move",
                Domain("partner_id", "in", partners),
                Domain("line_ids.sale_line_ids.order_id", "in", elsewhere),
            )
        )

    @api.model
    def _messages(self, partners: Query) -> Domain:
        """Return what was written on, by or to the customer's contacts.

        What the system noted by itself (tracking, notifications) is no dialogue.
        """
        return Domain(
            "message_type", "not in", ("notification", "user_notification")
        ) & self._union(
            "mail.message",
            Domain("model", "=", "res.partner") & Domain("res_id", "in", partners),
            Domain("author_id", "in", partners),
            Domain("partner_ids", "in", partners),
        )

    @api.model
    def _activities(self, partners: Query) -> Domain:
        domains = []
        for model, column in DOCUMENTS:
            documents = (
                self.env[model]
                .sudo()
                .with_context(active_test=False)
                ._search(Domain(column, "in", partners))
            )
            domains.append(
                Domain("res_model", "=", model) & Domain("res_id", "in", documents)
            )
        return Domain("active", "=", True) & self._union(
            "mail.activity", *domains
        )

    @api.model
    def _meetings(self, partners: Query) -> Domain:
        """Return meetings with the customer, without other people's private ones:
        whom those are with is as private as their title."""
        Event = self.env["calendar.event"]
        leads = (
            self.env["crm.lead"]
            .sudo()
            .with_context(active_test=False)
            ._search(Domain("partner_id", "in", partners))
        )
        return self._union(
            "calendar.event",
            Domain("partner_ids", "in", partners),
            Domain("opportunity_id", "in", leads),
        ) & (
            Domain(Event._get_default_privacy_domain())
            | Domain("partner_ids", "in", self.env.user.partner_id.ids)
        )
