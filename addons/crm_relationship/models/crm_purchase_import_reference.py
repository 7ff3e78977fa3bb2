from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from odoo import api, models
from odoo.tools import SQL


class CrmPurchaseImportReference(models.AbstractModel):
    """Finds what imported rows refer to by code or name, all at once.

    Everything is looked up as the current user and in the current company.
    """

    _name = "crm.purchase.import.reference"
    _description = "Purchase Import: References"

    @api.model
    def _company_domain(self) -> list:
        """What belongs to nobody, to the company or to one above it."""
        above = self.env.company.sudo().parent_ids.ids
        return [("company_id", "in", [False, *above])]

    @api.model
    def _currencies(self, codes: Iterable[str]) -> dict[str, int]:
        """Return the ids of active currencies by ISO code."""
        currencies = self.env["res.currency"].search_fetch(
            [("name", "in", list(codes))], ["name"]
        )
        return {currency.name: currency.id for currency in currencies}

    @api.model
    def _channels(self, codes: Iterable[str]) -> dict[str, int]:
        """Return the ids of channels by code; the company's own before shared ones."""
        channels = self.env["crm.channel"].with_context(active_test=False)
        channels = channels.search_fetch(
            [("code", "in", list(codes)), *self._company_domain()],
            ["code", "company_id"],
        ).sorted(lambda channel: len(channel.company_id.sudo().parent_ids))
        return {channel.code: channel.id for channel in channels}

    @api.model
    def _channel_codes(self) -> str:
        """Return the codes a row may use, for an error message."""
        channels = self.env["crm.channel"].search_fetch(
            self._company_domain(), ["code"], limit=50
        )
        return ", ".join(sorted(set(channels.mapped("code"))))

    @api.model
    def _products(self, codes: Iterable[str]) -> dict[str, list[int]]:
        """Return the products of each code; archived ones only where no other is."""
        found = self.env["product.product"].with_context(active_test=False)
        found = found.search_fetch(
            [("default_code", "in", list(codes)), *self._company_domain()],
            ["default_code", "active"],
        )
        products = defaultdict(list)
        for product in found.sorted(lambda product: (not product.active, product.id)):
            if product.active or not products[product.default_code]:
                products[product.default_code].append(product.id)
        return products

    @api.model
    def _categories(self, names: Iterable[str]) -> dict[str, int]:
        """Return product categories by full or plain name, where that tells which."""
        names = list(names)
        if not names:
            return {}
        found = defaultdict(set)
        for category in self.env["product.category"].search_fetch(
            ["|", ("complete_name", "in", names), ("name", "in", names)],
            ["complete_name", "name"],
        ):
            found[category.complete_name].add(category.id)
            found[category.name].add(category.id)
        return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}

    @api.model
    def _rates(
        self, wanted: set[tuple[int, date]]
    ) -> dict[tuple[int, date], float | None]:
        """Return company currency per unit of each currency on each day.

        The root company's rates count, before those shared by all companies. None
        where a currency has no rate on or before the day: taking 1, or a later rate,
        would make up money.
        """
        company = self.env.company
        own = company.currency_id.id
        pairs = sorted(wanted | {(own, day) for _currency, day in wanted})
        if not pairs:
            return {}
        found = self._stored_rates(pairs)
        result = {}
        for currency, day in wanted:
            rate, _kept = found[currency, day]
            base, base_kept = found[own, day]
            if currency == own:
                result[currency, day] = 1.0
            elif rate and (base or not base_kept):
                # Where all others are rated against it, a company's own currency
                # needs no rates.
                result[currency, day] = (base or 1.0) / rate
            else:
                result[currency, day] = None
        return result

    @api.model
    def _stored_rates(
        self, pairs: list[tuple[int, date]]
    ) -> dict[tuple[int, date], tuple[float | None, bool]]:
        """Return the rate valid on each day, and whether the currency has any rate."""
        self.env["res.currency.rate"].flush_model()
        found = self.env.execute_query(
            SQL(
                """SELECT w.currency_id, w.day, v.rate,
                          EXISTS (SELECT FROM res_currency_rate a
                                   WHERE a.currency_id = w.currency_id
                                     AND (a.company_id IS NULL
                                          OR a.company_id = %(company)s))
                     FROM unnest(%(currencies)s::int[], %(days)s::date[])
                            AS w(currency_id, day)
                LEFT JOIN LATERAL (
                           SELECT r.rate
                             FROM res_currency_rate r
                            WHERE r.currency_id = w.currency_id AND r.name <= w.day
                              AND (r.company_id IS NULL OR r.company_id = %(company)s)
                         ORDER BY r.company_id, r.name DESC
                            LIMIT 1) v ON TRUE""",
                company=self.env.company.root_id.id,
                currencies=[currency for currency, _day in pairs],
                days=[day for _currency, day in pairs],
            )
        )
        return {(currency, day): (rate, kept) for currency, day, rate, kept in found}

    @api.model
    def _countries(self, codes: Iterable[str]) -> dict[str, int]:
        """Return countries by two-letter code in capitals."""
        countries = self.env["res.country"].search_fetch(
            [("code", "in", [code.upper() for code in codes])], ["code"]
        )
        return {country.code: country.id for country in countries}

    @api.model
    def _regions(self, country_ids: Iterable[int]) -> dict[tuple[int, str], int]:
        """Return regions by country and code or name, in lower case."""
        regions = {}
        states = self.env["res.country.state"].search_fetch(
            [("country_id", "in", list(country_ids))], ["code", "name", "country_id"]
        )
        for state in states:
            regions.setdefault((state.country_id.id, state.name.lower()), state.id)
        for state in states:
            # A code tells more than a name that happens to look like it.
            regions[state.country_id.id, state.code.lower()] = state.id
        return regions

    @api.model
    def _industries(self) -> dict[str, int]:
        """Return industries by name in the user's language and in English."""
        industries = {}
        for lang in ("en_US", self.env.lang or "en_US"):
            for industry in (
                self.env["res.partner.industry"]
                .with_context(lang=lang, active_test=False)
                .search_fetch([], ["name"])
            ):
                industries[(industry.name or "").lower()] = industry.id
        return industries
