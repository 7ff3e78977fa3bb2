"""The sentences that tell why an imported row cannot be used."""

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

REASONS = {
    "missing": _lt("is missing"),
    "not_a_row": _lt("a row must be a set of columns, not %(value)s"),
    "unknown_column": _lt("there is no column “%(value)s”"),
    "not_text": _lt("must be a text, not %(value)s"),
    "not_number": _lt("“%(value)s” is not a number"),
    "not_id": _lt("“%(value)s” is not the number of a contact"),
    "not_flag": _lt("“%(value)s” is neither true nor false"),
    "not_choice": _lt("“%(value)s” is none of: %(choices)s"),
    "not_email": _lt("“%(value)s” is not an e-mail address"),
    "not_finite": _lt("must be a finite number"),
    "huge": _lt("is too large"),
    "long": _lt("is longer than %(limit)s characters"),
    "control": _lt("“%(value)s” contains control characters"),
    "not_date": _lt("“%(value)s” is not a date written like 2024-01-31"),
    "no_such_date": _lt("there is no day %(value)s"),
    "date_early": _lt("%(value)s is too long ago to be true"),
    "date_late": _lt("%(value)s lies in the future"),
    "differs": _lt(
        "is %(value)s here but %(other)s in row %(other_row)s of the same purchase"
    ),
    "line_twice": _lt(
        "line %(value)s was given in row %(other_row)s already, with another content; "
        "number the lines of a purchase in the column line_ref"
    ),
    "currency_lines": _lt(
        "the currency changes from %(old)s to %(new)s, but the purchase's lines "
        "%(lines)s are not in this import"
    ),
    "ref_two_customers": _lt(
        "reference %(ref)s stands for contact %(other)s and for contact %(value)s"
    ),
    "ref_other_customer": _lt(
        "reference %(ref)s belongs to contact %(other)s already, not to %(value)s"
    ),
    "no_customer": _lt(
        "a new purchase needs a customer: give customer_ref, customer_id or "
        "customer_email"
    ),
    "unknown_contact": _lt("there is no contact %(value)s that you may see"),
    "foreign_contact": _lt("contact %(value)s belongs to another company"),
    "unknown_customer": _lt(
        "“%(value)s” is not known as a customer of the source “%(source)s”, and "
        "customers are not to be created (create_missing)"
    ),
    "may_not_create": _lt(
        "“%(value)s” is not known as a customer of the source “%(source)s”, and you "
        "may not create contacts"
    ),
    "ambiguous_email": _lt(
        "%(count)s contacts have the address %(value)s; give customer_id instead"
    ),
    "not_created": _lt("the customer could not be created: %(reason)s"),
    "unknown_country": _lt("“%(value)s” is not the two-letter code of a country"),
    "unknown_region": _lt("%(country)s has no region “%(value)s”"),
    "region_no_country": _lt("“%(value)s” needs the column customer_country, too"),
    "unknown_industry": _lt(
        "there is no industry “%(value)s”; an information manager can add it"
    ),
    "unknown_channel": _lt(
        "there is no channel with the code “%(value)s”; the codes are %(known)s"
    ),
    "unknown_currency": _lt("“%(value)s” is not the code of an active currency"),
    "missing_rate": _lt(
        "there is no rate of %(currency)s on or before %(date)s; enter one in the "
        "accounting settings"
    ),
    "ambiguous_product": _lt("%(count)s products have the code %(value)s"),
}
