"""What methods share that can be called from outside."""

from odoo.exceptions import UserError


def one(records):
    """Return the single record a public method is called on, which the user may read.

    Unlike ``ensure_one``, which is for programmers, a caller from outside who gives
    none or several gets a refusal that can be shown, not a server error.
    """
    if len(records) != 1:
        raise UserError(records.env._("This is done for one record at a time."))
    records.check_access("read")
    return records
