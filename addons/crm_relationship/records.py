"""What methods share that can be called from outside."""

from odoo.exceptions import UserError

from .core.decisions import content_hash


def one(records):
    """Return the single record a public method is called on, which the user may read.

    Unlike ``ensure_one``, which is for programmers, a caller from outside who gives
    none or several gets a refusal that can be shown, not a server error.
    """
    if len(records) != 1:
        raise UserError(records.env._("This is done for one record at a time."))
    records.check_access("read")
    return records


def plain_content(record, names) -> dict:
    """Return fields of a record as plain values that compare over time.

    Lines are given by their own content, so that a line made anew with the same
    content is the same; other records by id.
    """
    return {name: _plain_value(record, name) for name in names}


def _plain_value(record, name: str):
    field, value = record._fields[name], record[name]
    if field.type == "one2many":
        return sorted((line._decision_values() for line in value), key=content_hash)
    if field.relational:
        return sorted(value.ids)
    if field.type in ("float", "monetary"):
        return round(value, 6)
    return str(value) if value or value == 0 else ""
