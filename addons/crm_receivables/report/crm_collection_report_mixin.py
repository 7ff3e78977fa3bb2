from collections.abc import Set

from odoo import api, models
from odoo.fields import Domain

# So many customers at most are asked for one by one: then reading everybody is quicker.
FEW = 200
CUSTOMERS = "crm_collection_customers"


class CrmCollectionReportMixin(models.AbstractModel):
    """Reads only the customers a search is about: a case opens in milliseconds, while
    the list of everybody sums up every open item."""

    _name = "crm.collection.report.mixin"
    _description = "Collector's List"

    @api.model
    def _search(self, domain, *args, **kwargs):
        customers = self._named_customers(Domain(domain))
        if customers is None:
            return super()._search(domain, *args, **kwargs)
        few = self.with_context(**{CUSTOMERS: tuple(customers)})
        return super(CrmCollectionReportMixin, few)._search(domain, *args, **kwargs)

    @api.model
    def _read_customers(self) -> list[int] | None:
        """Return whom a search is about (:meth:`_search`), None: everybody."""
        customers = self.env.context.get(CUSTOMERS)
        return list(customers) if self._are_ids(customers) else None

    @api.model
    def _customers_of(self, name: str, ids: list[int]) -> list[int] | None:
        """Return the customers that values of a column name; None: it names none."""
        return ids if name == "customer_id" else None

    @api.model
    def _customers_of_cases(self, ids: list[int]) -> list[int]:
        """Return the customers of cases, whose ids are those of their profiles."""
        profiles = self.env["crm.customer.profile"].sudo().browse(ids)
        return profiles.exists().partner_id.ids

    @api.model
    def _named_customers(self, domain: Domain) -> list[int] | None:
        """Return the customers named in a domain, which may say more of them; None if
        it names none, or too many."""
        terms = list(domain)
        if "|" in terms or "!" in terms:
            return None
        for name, operator, value in (term for term in terms if term != "&"):
            ids = [value] if operator == "=" else value
            if operator not in ("=", "in") or not self._are_ids(ids):
                continue
            customers = self._customers_of(name, list(ids))
            if customers is not None:
                return customers
        return None

    @api.model
    def _are_ids(self, ids) -> bool:
        """Return whether this is a list of a few ids."""
        return (
            isinstance(ids, (list, tuple, Set))
            and len(ids) <= FEW
            and all(isinstance(one, int) and not isinstance(one, bool) for one in ids)
        )
