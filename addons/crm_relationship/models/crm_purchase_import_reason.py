from odoo import api, models

from ..core.purchase_rows import RowError


class CrmPurchaseImportReason(models.AbstractModel):
    """The sentences that tell why an imported row cannot be used."""

    _name = "crm.purchase.import.reason"
    _description = "Purchase Import: Reasons"

    @api.model
    def _texts(self) -> dict[str, str]:
        """Return the sentences by code, in the user's language.

        They still hold their placeholders: an error brings its own values.
        """
        return (
            self._value_texts()
            | self._purchase_texts()
            | self._customer_texts()
            | self._who_texts()
        )

    @api.model
    def _sentences(self, errors: list[RowError]) -> list[dict]:
        """Return errors as ``row``, ``field``, ``reason``."""
        texts = self._texts()
        return [
            {
                "row": error.row,
                "field": error.field,
                "reason": texts[error.code] % error.params,
            }
            for error in errors
        ]

    @api.model
    def _value_texts(self) -> dict[str, str]:
        """Return what may be wrong with one value."""
        return {
            "missing": self.env._("is missing"),
            "not_a_row": self.env._("a row must be a set of columns, not %(value)s"),
            "unknown_column": self.env._("there is no column “%(value)s”"),
            "not_text": self.env._("must be a text, not %(value)s"),
            "not_number": self.env._("“%(value)s” is not a number"),
            "not_id": self.env._("“%(value)s” is not the number of a contact"),
            "not_flag": self.env._("“%(value)s” is neither true nor false"),
            "not_choice": self.env._("“%(value)s” is none of: %(choices)s"),
            "not_email": self.env._("“%(value)s” is not an e-mail address"),
            "not_finite": self.env._("must be a finite number"),
            "huge": self.env._("is too large"),
            "long": self.env._("is longer than %(limit)s characters"),
            "control": self.env._("“%(value)s” contains control characters"),
            "not_date": self.env._("“%(value)s” is not a date written like 2024-01-31"),
            "no_such_date": self.env._("there is no day %(value)s"),
            "date_early": self.env._("%(value)s is too long ago to be true"),
            "date_late": self.env._("%(value)s lies in the future"),
        }

    @api.model
    def _purchase_texts(self) -> dict[str, str]:
        """Return what may be wrong with the rows of a purchase, taken together."""
        return {
            "differs": self.env._(
                "is %(value)s here but %(other)s in row %(other_row)s of the same "
                "purchase"
            ),
            "line_twice": self.env._(
                "line %(value)s was given in row %(other_row)s already, with "
                "another content; number the lines of a purchase in the column "
                "line_ref"
            ),
            "currency_lines": self.env._(
                "the currency changes from %(old)s to %(new)s, but the purchase's "
                "lines %(lines)s are not in this import"
            ),
            "missing_rate": self.env._(
                "there is no rate of %(currency)s on or before %(date)s; enter one "
                "in the accounting settings"
            ),
            "unknown_currency": self.env._(
                "“%(value)s” is not the code of an active currency"
            ),
            "unknown_channel": self.env._(
                "there is no channel with the code “%(value)s”; the codes are %(known)s"
            ),
            "ambiguous_product": self.env._(
                "%(count)s products have the code %(value)s"
            ),
        }

    @api.model
    def _customer_texts(self) -> dict[str, str]:
        """Return what may be wrong with a customer."""
        return {
            "no_customer": self.env._(
                "a new purchase needs a customer: give customer_ref, customer_id or"
                " customer_email"
            ),
            "ref_two_customers": self.env._(
                "reference %(ref)s stands for contact %(other)s and for contact "
                "%(value)s"
            ),
            "ref_other_customer": self.env._(
                "reference %(ref)s belongs to contact %(other)s already, not to "
                "%(value)s"
            ),
            "unknown_contact": self.env._(
                "there is no contact %(value)s that you may see"
            ),
            "foreign_contact": self.env._(
                "contact %(value)s belongs to another company"
            ),
            "unknown_customer": self.env._(
                "“%(value)s” is not known as a customer of the source “%(source)s”,"
                " and customers are not to be created (create_missing)"
            ),
            "may_not_create": self.env._(
                "“%(value)s” is not known as a customer of the source “%(source)s”,"
                " and you may not create contacts"
            ),
            "ambiguous_email": self.env._(
                "%(count)s contacts have the address %(value)s; give customer_id "
                "instead"
            ),
            "not_created": self.env._("the customer could not be created: %(reason)s"),
        }

    @api.model
    def _who_texts(self) -> dict[str, str]:
        """Return what may be wrong with what is said about a customer."""
        return {
            "unknown_country": self.env._(
                "“%(value)s” is not the two-letter code of a country"
            ),
            "unknown_region": self.env._("%(country)s has no region “%(value)s”"),
            "region_no_country": self.env._(
                "“%(value)s” needs the column customer_country, too"
            ),
            "unknown_industry": self.env._(
                "there is no industry “%(value)s”; an information manager can add it"
            ),
        }
