from odoo import api, models
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError

from odoo.addons.crm_relationship.transactions import database_now

SAMPLE = 3
REFUSALS = (UserError, ValidationError, AccessError, RedirectWarning)


class CrmOfferTrial(models.AbstractModel):
    """Can the ERP sell what is offered? A trial quotation says so.

    Customer file, price, tax, payment terms and invoice are tried for a few customers
    in a savepoint that is taken back: nothing remains, no number is used up.
    """

    _name = "crm.offer.trial"
    _description = "Trial Quotation of an Offer"

    @api.model
    def _try(self, offer, partners=None) -> bool:
        """Try to sell an offer; note on it what came out.

        :param partners: whom to try it for; else the latest buyers of the company
        """
        partners = partners or self._sample(offer)
        lines = []
        good = bool(partners)
        for partner in partners:
            problems = self._problems(offer, partner)
            good = good and not problems
            said = "; ".join(problems) or self.env._("can be sold and invoiced")
            lines.append(f"{partner.display_name}: {said}")
        if not partners:
            lines.append(self.env._("There is no customer to try it for."))
        # As superuser: nobody else writes what came out of a trial.
        offer.sudo().write(
            {
                "trial_hash": offer._trial_terms(),
                "trial_date": database_now(self.env),
                "trial_ok": good,
                "trial_text": "\n".join(lines),
            }
        )
        return good

    @api.model
    def _sample(self, offer):
        """Return those who bought last, whom the user may see."""
        profiles = self.env["crm.customer.profile"].search(
            [("company_id", "=", offer.company_id.root_id.id)],
            limit=SAMPLE,
        )
        return profiles.partner_id

    @api.model
    def _problems(self, offer, partner) -> list[str]:
        """Return why an offer could not be sold to a customer."""
        problems = []
        savepoint = self.env.cr.savepoint()
        try:
            order = self._quotation(offer, partner)
            problems += self._order_problems(offer, order)
            order._prepare_invoice()
            for line in order.order_line:
                problems += self._line_problems(line)
        except REFUSALS as error:
            problems.append(str(error).strip())
        finally:
            savepoint.close(rollback=True)
        return problems

    @api.model
    def _quotation(self, offer, partner):
        """Write a quotation. As superuser: who designs offers need not sell."""
        orders = self.env["sale.order"].sudo().with_company(offer.company_id)
        orders = orders.with_context(tracking_disable=True, mail_create_nolog=True)
        values = {
            # A name of its own takes none out of the numbering.
            "name": "TRIAL",
            "partner_id": partner.id,
            "company_id": offer.company_id.id,
            "currency_id": offer.currency_id.id,
        }
        if offer.payment_term_id:
            values["payment_term_id"] = offer.payment_term_id.id
        order = orders.create(values)
        for line in offer.line_ids:
            sold = order.order_line.create(
                {
                    "order_id": order.id,
                    "product_id": line.product_id.id,
                    "product_uom_qty": line.quantity,
                }
            )
            if line.kind == "price":
                sold.price_unit = offer.currency_id._convert(
                    line.price, order.currency_id, offer.company_id, order.date_order
                )
            else:
                sold.discount = line.discount
        return order

    @api.model
    def _order_problems(self, offer, order) -> list[str]:
        """Return what is wrong with a quotation; to be extended with ``super()``."""
        problems = []
        if not order.partner_id.active:
            problems.append(self.env._("the customer is archived"))
        if not order.partner_invoice_id:
            problems.append(self.env._("there is no address to invoice"))
        if order.currency_id.compare_amounts(order.amount_total, 0.0) <= 0:
            problems.append(self.env._("the quotation is worth nothing"))
        return problems

    @api.model
    def _line_problems(self, line) -> list[str]:
        product = line.product_id
        name = product.display_name
        problems = []
        if not product.active or not product.sale_ok:
            problems.append(self.env._("%s is not for sale", name))
        if not line.price_unit:
            problems.append(self.env._("%s has no price", name))
        templates = product.product_tmpl_id.with_company(line.company_id)
        accounts = templates.get_product_accounts(line.order_id.fiscal_position_id)
        if not accounts["income"]:
            problems.append(self.env._("%s has no income account", name))
        line._prepare_invoice_line()
        return problems
