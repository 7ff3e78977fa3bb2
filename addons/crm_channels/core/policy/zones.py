"""Which clock hangs on the recipient's wall. No Odoo here."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def recipient_zones(
    zone: str | None,
    country: str | None,
    company_zone: str,
    zones_of: Mapping[str, Collection[str]],
) -> tuple[str, ...]:
    """Return the zones a recipient may be in; quiet hours of all of them count.

    Odoo gives a new contact the zone of whoever entered it, so a zone that is none of
    the country's is not believed. Without a zone it may be any of the country's, and
    what is quiet in one of them is quiet. Without a country, the contact's zone and
    then the company's is the best guess there is.

    :param zone: the contact's own zone
    :param country: two letters
    :param company_zone: zone of the company that writes
    :param zones_of: zones by country
    """
    of_country = zones_of.get((country or "").upper()) or ()
    if of_country:
        return (zone,) if zone in of_country else tuple(sorted(of_country))
    return (zone or company_zone or "UTC",)
