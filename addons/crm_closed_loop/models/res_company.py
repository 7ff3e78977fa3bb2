import ast
import logging

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

DEFAULT = "['|', ('receivable_overdue', '>', 0), ('promise_broken_date', '!=', False)]"


class ResCompany(models.Model):
    _inherit = "res.company"

    # A plain nullable column: empty means the default, so that what is better known
    # later needs no migration.
    crm_spared_customers = fields.Char(
        string="No promotion to",
        help="Customers who get no promotion for the time being. Left empty: those "
        "with overdue debts or a broken promise. A choice of all customers spares "
        "nobody.",
    )

    @api.constrains("crm_spared_customers")
    def _check_crm_spared_customers(self):
        for company in self:
            try:
                company._read_crm_spared_customers()
            except Exception as error:
                raise ValidationError(
                    self.env._("The choice of customers cannot be read: %s", error)
                ) from error

    def _read_crm_spared_customers(self) -> Domain:
        domain = Domain(ast.literal_eval(self.crm_spared_customers or DEFAULT))
        domain.validate(self.env["crm.customer.profile"])
        return domain

    @api.model
    def _get_usual_crm_spared_domain(self) -> Domain:
        """Return whom companies spare promotion that have not said otherwise."""
        return Domain(ast.literal_eval(DEFAULT))

    def _get_crm_spared_domain(self) -> Domain:
        """Return whom a company spares promotion, as a domain over customers.

        A choice that has become unreadable, as by a module that is no longer there,
        must not keep invoices and reminders from leaving: the default takes its place.
        """
        self.ensure_one()
        try:
            domain = self._read_crm_spared_customers()
        except Exception:
            _logger.warning(
                "Company %s: the choice of whom to spare promotion cannot be read; "
                "the default counts instead.",
                self.id,
                exc_info=True,
            )
            domain = self._get_usual_crm_spared_domain()
        # “Everybody” is what an emptied choice looks like: no promotion at all would
        # be a strange thing to mean by it.
        return Domain.FALSE if domain.is_true() else domain
