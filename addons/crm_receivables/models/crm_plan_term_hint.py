from odoo import api, models


class CrmPlanTermHint(models.AbstractModel):
    """Says when a plan was made from a payment term its order does not have any more.

    The plan in force stays: invoices may stand on it, and the customer may have been
    told. Whoever may change it decides.
    """

    _name = "crm.plan.term.hint"
    _description = "Hint about another Payment Term"

    @api.model
    def _of(self, record) -> str | bool:
        """Return the hint for a plan in the user's language; False without one."""
        if not self._is_other(record):
            return False
        # Who sees the plan may see what its terms are called.
        names = {
            "then": record.term_id.sudo().display_name,
            "now": record.order_id.sudo().payment_term_id.display_name,
        }
        if not names["now"]:
            return self.env._(
                "The order has no payment term any more; this plan was made from "
                "“%(then)s”. If it should not stay, press “Change plan” on the plan.",
                **names,
            )
        if self._is_free(record):
            return self.env._(
                "The order's payment term is now “%(now)s”; this plan was made from "
                "“%(then)s”. Press “Change plan” on the plan to follow it.",
                **names,
            )
        return self.env._(
            "The order's payment term is now “%(now)s”; this plan was made from "
            "“%(then)s”. There are invoices already: to follow it, press “Change "
            "plan” on the plan and write its days and amounts.",
            **names,
        )

    @api.model
    def _is_other(self, record) -> bool:
        """Return whether a plan in force with something open was made from another
        term than its order has; of older plans nobody knows."""
        order = record.order_id.sudo()
        return (
            record.in_force
            and record.origin == "term"
            and bool(record.term_id)
            and bool(record.open_amount)
            and order.state == "sale"
            and order.payment_term_id != record.term_id
        )

    @api.model
    def _is_free(self, record) -> bool:
        """Return whether a plan can take the payments of its order's term of now:
        nothing of it is invoiced, be it by a draft."""
        order = record.order_id.sudo()
        return (
            self._is_other(record)
            and bool(order.payment_term_id)
            and set(order.invoice_ids.mapped("state")) <= {"cancel"}
        )
