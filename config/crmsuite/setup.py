"""Everything a target stands on, made when missing."""

from . import odoo, odooproc, postgres
from .util import setup_lock


def ground() -> odooproc.Ground:
    """Return Odoo and a running database server."""
    with setup_lock():
        found = odoo.ensure()
        server = postgres.ensure()
    return odooproc.Ground(found, server)
