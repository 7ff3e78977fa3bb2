from odoo import models

from ..core.outbox import Content


class CrmOutboxOriginMixin(models.AbstractModel):
    """Rows that ask for a message to somebody: a recipient of a mail, a step of a
    campaign, a level of dunning. They hold, or know, what the message says."""

    _name = "crm.outbox.origin.mixin"
    _description = "Origin of Outgoing Messages"

    def _outbox_content(self) -> Content:
        """Return what the message of this one row says; to be overridden."""
        raise NotImplementedError

    def _outbox_refusals(self) -> dict[int, tuple[str, str]]:
        """Return the rows that have been withdrawn, with rule and sentence.

        To be extended; asked right before each message leaves.
        """
        return {}

    def _outbox_moved(self, outbox) -> None:
        """Take note of the new state of messages asked for by these rows."""
