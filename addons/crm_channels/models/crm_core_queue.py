from typing import NamedTuple

from odoo import api, models

from .crm_core_promotion import Party, Refusal


class Leaving(NamedTuple):
    """A message Odoo is about to send.

    :param reference: see ``crm.contact.reservation``
    :param addresses: where it goes as things are now
    """

    reference: str
    addresses: list[str]


class CrmCoreQueue(models.AbstractModel):
    """Asks again about promotions when they leave Odoo's queues.

    Between a message's making and its leaving may be a night: a customer refuses, quiet
    hours begin, a mail that failed is tried again after a week.
    """

    _name = "crm.core.queue"
    _description = "Promotion Leaving Odoo's Queues"

    @api.model
    def _ask_again(self, kind: str, leaving: list[Leaving]) -> dict[str, Refusal]:
        """Return, by reference, which of some messages must not leave now. The others
        take their places at this moment.

        What may leave by an answer of this transaction is not asked about again:
        nothing else would be seen. Nor what is no promotion.
        """
        addresses = {message.reference: message.addresses for message in leaving}
        reservations = self.env["crm.contact.reservation"].sudo()
        rows = reservations.search(
            [
                ("reference", "in", list(addresses)),
                ("purpose", "=", "promotion"),
                "|",
                "|",
                ("asked_in", "!=", reservations._this_transaction()),
                ("date", "!=", self.env["crm.contact.gate"]._now()),
                ("idle", "=", True),
            ],
            order="id",
        )
        refusals = {}
        # Mailings are made by many at a moment: there are few groups.
        for group in rows.grouped(lambda r: (r.company_id, r.waits_since)).values():
            refusals |= self._ask_group(kind, group, addresses)
        return refusals

    @api.model
    def _ask_group(self, kind: str, group, addresses: dict) -> dict[str, Refusal]:
        """Ask about messages of one company that wait since the same moment."""
        by_reference = group.grouped("reference")
        numbers = dict(enumerate(by_reference))
        parties, where = {}, {}
        for number, reference in numbers.items():
            rows = by_reference[reference]
            first = rows[0]
            parties[number] = Party(
                first.partner_id.id or 0, first.lead_id.id or 0, first.country or ""
            )
            known = [row.address for row in rows if row.address]
            where[number] = list(dict.fromkeys(known + addresses[reference]))
        found = self.env["crm.core.promotion"]._judge(
            group[0].company_id,
            kind,
            parties,
            where,
            since=group[0].waits_since or None,
            without=list(by_reference),
        )
        refusals = {numbers[number]: refusal for number, refusal in found.items()}
        self._move(group, refusals)
        return refusals

    @api.model
    def _move(self, rows, refusals: dict[str, Refusal]) -> None:
        """Give messages the places they take from now on."""
        now = self.env["crm.contact.gate"]._now()
        rows.asked_in = rows._this_transaction()
        moved = rows.grouped(lambda row: _moment(refusals.get(row.reference), now))
        for moment, same in moved.items():
            if moment is None:
                same.idle = True
                continue
            same.write({"date": moment, "idle": False})
            if moment > now:
                same.filtered(lambda row: not row.waits_since).waits_since = now


def _moment(refusal: Refusal | None, now):
    """Return when a message leaves; None: not at all."""
    return refusal.until if refusal else now
