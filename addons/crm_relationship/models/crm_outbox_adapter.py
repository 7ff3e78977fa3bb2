from typing import NamedTuple

from odoo import models

from ..core.outbox import Parcel
from ..core.smtp import Receipt


class Route(NamedTuple):
    """Which way a message takes; the same for many of them.

    :param server_key: id of the mail server; 0 = the one of the configuration file
    :param envelope: address that decided the choice of the server
    :param author_id: id of the partner in whose name it is sent
    :param sender: what the recipient sees as sender
    :param reply_to: where answers go
    """

    server_key: int = 0
    envelope: str = ""
    author_id: int = 0
    sender: str = ""
    reply_to: str = ""


class CrmOutboxAdapter(models.AbstractModel):
    """How messages of one kind of channel leave.

    An adapter either sends over a network: then :meth:`_routes`, :meth:`_connect`,
    :meth:`_prepare` and :meth:`_deliver` are called in this order, and only the second
    and the last may touch the network, outside any transaction. Or it only writes in
    the database: then :meth:`_perform` does all of it in the transaction that records
    the message as sent.
    """

    _name = "crm.outbox.adapter"
    _description = "Way Out"

    # Whether messages leave over a network, so that a broken connection leaves doubt.
    _over_network = True

    def _routes(self, rows) -> dict[int, Route]:
        """Return which way each message takes, by its id."""
        return dict.fromkeys(rows.ids, Route())

    def _connect(self, route: Route):
        """Open and return a connection; raise ``OSError`` or ``SMTPException``."""
        raise NotImplementedError

    def _disconnect(self, connection) -> None:
        """Close a connection, also a broken one."""

    def _prepare(self, row, route: Route, connection) -> Parcel:
        """Return a message ready to leave, and write what must exist before it does."""
        raise NotImplementedError

    def _deliver(self, connection, parcel: Parcel) -> Receipt:
        """Hand a message over and say what is certain. No database here."""
        raise NotImplementedError

    def _perform(self, row) -> str:
        """Do it all in the database; return a sentence about what was done."""
        raise NotImplementedError

    def _content(self, row):
        """Return what a message says (``core/outbox.py``)."""
        return self.env[row.origin_model].browse(row.origin_key)._outbox_content()

    def _author(self, row) -> int:
        """Return the author of a message (``core/outbox.py``)."""
        return self.env[row.origin_model].browse(row.origin_key)._outbox_author()

    def _note(self, row) -> None:
        """Take note of the state a message has now."""
