from odoo import api, models


class CrmCustomerChangeMixin(models.AbstractModel):
    """Documents that tell the change queue whose profile they touch."""

    _name = "crm.customer.change.mixin"
    _description = "Tells the Change Queue"

    #: Fields whose change moves a figure on a profile; empty: any field.
    _customer_change_fields: frozenset[str] = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._enqueue_customer_change()
        return records

    def write(self, vals):
        fields = self._customer_change_fields
        if fields and fields.isdisjoint(vals):
            return super().write(vals)
        # Before the change for whom they leave, after it for whom they join.
        self._enqueue_customer_change()
        result = super().write(vals)
        self._enqueue_customer_change()
        return result

    def unlink(self):
        self._enqueue_customer_change()
        return super().unlink()

    def _enqueue_customer_change(self) -> None:
        """Queue the customers of these records."""
        self.env["crm.customer.change"]._enqueue(self._customer_change_pairs())

    def _customer_change_pairs(self) -> list[tuple[int, int]]:
        """Return (company id, partner id) of the customers of these records."""
        return [(r.company_id.id, r.partner_id.id) for r in self.sudo()]
