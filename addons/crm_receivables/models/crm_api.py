from odoo import api, models
from odoo.exceptions import AccessError


class CrmApi(models.AbstractModel):
    _inherit = "crm.api"

    @api.model
    @api.readonly
    def receivable_get(self, partner) -> dict:
        """Return what a customer owes and could come to owe, by company.

        For those who may read the ledger, and for salespeople about their customers.
        What changed is in :meth:`changes`: a customer whose figures moved is
        ``updated``.

        :param partner: see :meth:`customer_get`
        :return: ``id``, ``name`` and ``companies``: for each of the caller's with
            something to say ``company_id``, ``company``, ``currency`` (code), ``open``
            (net of ``credits``), ``overdue`` (net), ``oldest_due`` (day), ``exposure``
            with ``open``, ``ordered_delivered`` and ``ordered_undelivered`` (confirmed,
            not invoiced), ``total``; ``ageing`` (``label``, optional ``from`` and
            ``to`` in days late, ``amount``; they add up to ``open``); ``currencies``
            (``currency``, ``open``, ``overdue`` in that currency); ``days`` with what
            is known of ``sales_outstanding``, ``best_possible``, ``delinquent``,
            ``count_back``, ``late`` (average); ``delivery`` with ``lines``,
            ``on_time_in_full`` (per cent) of 12 months and ``late``
        """
        customer = self._api_partner(partner).commercial_partner_id
        self._receivable_check(customer)
        reader = self.env["crm.receivable.reader"]
        return self._api_plain(
            {
                "id": customer.id,
                "name": customer.display_name,
                "companies": reader._companies(customer),
            }
        )

    @api.model
    def _receivable_check(self, customer) -> None:
        """Refuse whoever may not know what this customer owes."""
        if not self.env["crm.receivable.reader"]._readable(customer):
            raise AccessError(
                self.env._(
                    "What customers owe is for finance and collectors, and for "
                    "salespeople about the customers they look after."
                )
            )
