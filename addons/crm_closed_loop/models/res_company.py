import ast

from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

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

    def _get_crm_spared_domain(self) -> Domain:
        """Return whom a company spares promotion, as a domain over customers."""
        self.ensure_one()
        text = self.crm_spared_customers or DEFAULT
        try:
            domain = Domain(ast.literal_eval(text))
            domain.validate(self.env["crm.customer.profile"])
        except Exception as error:
            raise ValidationError(
                self.env._("The choice of customers cannot be read: %s", error)
            ) from error
        # “Everybody” is what an emptied choice looks like: no promotion at all would
        # be a strange thing to mean by it.
        return Domain.FALSE if domain.is_true() else domain
