import ast
from collections.abc import Iterator

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

MAX_RULE_LENGTH = 20_000
DATE_PARTS = {
    "year_number",
    "quarter_number",
    "month_number",
    "iso_week_number",
    "day_of_year",
    "day_of_month",
    "day_of_week",
}
SUBDOMAIN_OPERATORS = {"any", "not any"}


class CrmSegmentRule(models.AbstractModel):
    """What a segment's rule may ask, checked when it is saved and before it is used.

    A rule runs again every night with its owner's rights. It must not become a way to
    ask for what the owner's colleagues may not see: secrets, users, payroll, payment
    data. A rule is data: read by ``ast.literal_eval``, never evaluated.
    """

    _name = "crm.segment.rule"
    _description = "Segment Rule"

    @api.model
    def _refused_models(self) -> tuple[str, ...]:
        """Return names of models no rule may look into; a final dot means all below."""
        return (
            *("res.users.", "res.groups.", "res.partner.bank.", "res.config."),
            *("ir.", "base.", "bus.", "auth.", "iap.", "fetchmail."),
            *("mail.", "sms.", "discuss.", "hr.", "payment."),
        )

    @api.model
    def _searched_fields(self) -> dict[str, set[str]]:
        """Return fields without a column that rules may use: they search by SQL."""
        return {
            "crm.customer.profile": {
                *("rfm_score_ids", "segment_ids", "purchase_line_ids"),
            }
        }

    @api.model
    def _member_domain(self, segment) -> Domain:
        """Return the domain over customer profiles that makes a member.

        :raise UserError: when the rule is not possible for the current user
        """
        company = Domain("company_id", "in", segment.company_id.ids)
        if segment.kind == "rfm":
            return company & self._rfm_domain(segment)
        domain = self._parse(segment.domain)
        self._check(domain)
        return company & domain

    @api.model
    def _rfm_domain(self, segment) -> Domain:
        """Return customers whose scores are in the named cells or squares.

        Named cells mean the squares they had in the scheme's last run.
        """
        frozen = segment.rfm_scheme_id.sudo()._frozen_cell_ids()
        chosen = set(segment.rfm_cell_ids.ids)
        wanted = set(self._parse_squares(segment.rfm_squares)) | {
            divmod(position, 5)
            for position, cell_id in enumerate(frozen)
            if cell_id in chosen
        }
        in_squares = Domain.OR(
            Domain("r", "=", r + 1) & Domain("f", "=", f + 1) for r, f in sorted(wanted)
        )
        scheme = Domain("scheme_id", "=", segment.rfm_scheme_id.id)
        return Domain("rfm_score_ids", "any", scheme & in_squares)

    @api.model
    def _parse_squares(self, text: str | None) -> list[tuple[int, int]]:
        """Return squares as (recency, frequency), both counted from 0."""
        squares = []
        for word in (text or "").split():
            if len(word) != 2 or not set(word) <= set("12345"):
                raise ValidationError(
                    self.env._(
                        "“%s” is no square of the heat map. Write recency and "
                        "frequency, each from 1 to 5: 55 54.",
                        word,
                    )
                )
            squares.append((int(word[0]) - 1, int(word[1]) - 1))
        return squares

    @api.model
    def _parse(self, text: str | None) -> Domain:
        """Return the domain a rule's text stands for.

        :raise UserError: when it is no plain domain
        """
        text = (text or "[]").strip()
        if len(text) > MAX_RULE_LENGTH:
            raise UserError(self.env._("This rule is too long to be checked."))
        try:
            value = ast.literal_eval(text)
            if not isinstance(value, list):
                raise ValueError("not a list")
            return Domain(value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as err:
            raise UserError(
                self.env._(
                    "This rule cannot be read. A rule is a list of conditions on "
                    "fields with plain values; formulas and variables are not "
                    "possible, but dates such as 'today' or '-30d' are."
                )
            ) from err

    @api.model
    def _check(self, domain: Domain) -> None:
        """Check every condition of a rule on customers, as the current user.

        :raise UserError: naming the field and what is wrong with it
        """
        self._check_domain(self.env["crm.customer.profile"], domain)

    @api.model
    def _check_domain(self, model, domain: Domain) -> None:
        for condition in domain.iter_conditions():
            operator, value = condition.operator, condition.value
            if operator.endswith("!"):
                self._refuse(condition, self.env._("this operator is for programs"))
            field = self._check_path(model, condition)
            if operator in SUBDOMAIN_OPERATORS:
                if not field.relational:
                    self._refuse(condition, self.env._("it is no related record"))
                self._check_model(field.comodel_name, condition)
                self._check_domain(self.env[field.comodel_name], Domain(value))
            elif field.relational and not _is_plain_ids(value):
                # Searching by text looks into the other record's name, login, …
                self._check_model(field.comodel_name, condition)

    @api.model
    def _check_path(self, model, condition):
        """Return the last field of a condition's path, having checked all of it."""
        field = None
        for name, is_last in _steps(condition.field_expr):
            if field is not None:
                if field.type in ("date", "datetime") and is_last:
                    if name in DATE_PARTS:
                        return field
                    self._refuse(condition, self.env._("dates have no such part"))
                if not field.relational:
                    self._refuse(condition, self.env._("it is no related record"))
                self._check_model(field.comodel_name, condition)
                model = self.env[field.comodel_name]
            field = model._fields.get(name)
            if field is None:
                self._refuse(condition, self.env._("there is no such field"))
            self._check_field(model, field, condition)
        return field

    @api.model
    def _check_field(self, model, field, condition) -> None:
        if not model._has_field_access(field, "read"):
            self._refuse(condition, self.env._("you may not see this field"))
        if field.store or field.name in self._searched_fields().get(model._name, ()):
            return
        if not field.related:
            self._refuse(condition, self.env._("this field is not stored"))
        for name in field.related.split("."):
            part = model._fields[name]
            self._check_field(model, part, condition)
            if part.relational:
                model = self.env[part.comodel_name]

    @api.model
    def _check_model(self, name: str, condition) -> None:
        if any(f"{name}.".startswith(refused) for refused in self._refused_models()):
            self._refuse(condition, self.env._("rules may not look into these records"))
        if not self.env[name].has_access("read"):
            self._refuse(condition, self.env._("you may not see these records"))

    @api.model
    def _refuse(self, condition, reason: str) -> None:
        raise UserError(
            self.env._(
                "The condition on “%(field)s” is not possible in a segment: "
                "%(reason)s. Choose another field, or ask your information manager "
                "to provide the fact on the customer.",
                field=condition.field_expr,
                reason=reason,
            )
        )


def _steps(path: str) -> Iterator[tuple[str, bool]]:
    """Yield the names of a path, and whether it is the last one."""
    names = path.split(".")
    for position, name in enumerate(names, 1):
        yield name, position == len(names)


def _is_plain_ids(value) -> bool:
    """Tell whether a value names records by id, or asks whether there are any."""
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    return all(isinstance(v, (int, type(None))) for v in values)
