from odoo import api, fields, models
from odoo.tools.misc import format_date, formatLang

from odoo.addons.crm_relationship.records import one


class CrmReceivableOrderMixin(models.AbstractModel):
    """Tells the seller what the payer owes before the next quotation goes out.

    From the payer's profile, as the current user: who may not see it reads nothing.
    """

    _name = "crm.receivable.order.mixin"
    _description = "What the Payer Owes"

    crm_position_note = fields.Text(
        string="What the payer owes",
        compute="_compute_crm_position_note",
        groups="base.group_user",
    )

    @api.depends("partner_invoice_id", "company_id")
    @api.depends_context("uid", "lang")
    def _compute_crm_position_note(self):
        profiles = self._crm_payer_profiles()
        for order in self:
            payer = order.partner_invoice_id.commercial_partner_id._origin
            found = profiles.filtered(
                lambda p, payer=payer, root=order.company_id.root_id: (
                    p.partner_id == payer and p.company_id == root
                )
            )
            order.crm_position_note = order._crm_position_text(found)

    def _crm_payer_profiles(self):
        """Return the profiles of who is to pay, as far as the user sees them."""
        profiles = self.env["crm.customer.profile"].with_context(active_test=False)
        if not profiles.has_access("read"):
            return profiles
        payers = self.partner_invoice_id.commercial_partner_id._origin
        return profiles.search(
            [
                ("partner_id", "in", payers.ids),
                ("company_id", "in", self.company_id.root_id.ids),
            ]
        )

    def _crm_position_text(self, profile) -> str:
        """Return sentences on what is overdue, promised, and at stake."""
        if not profile or profile.receivable_overdue <= 0:
            return ""

        def money(amount):
            return formatLang(self.env, amount, currency_obj=profile.currency_id)

        sentences = [
            self.env._(
                "%(payer)s owes %(open)s, of it %(overdue)s overdue. With orders that "
                "are not invoiced, %(exposure)s are at stake.",
                payer=profile.partner_id.sudo().name,
                open=money(profile.receivable_open),
                overdue=money(profile.receivable_overdue),
                exposure=money(profile.exposure_total),
            )
        ]
        if profile.promise_broken_date:
            sentences.append(
                self.env._(
                    "It broke a promise to pay by %s.",
                    format_date(self.env, profile.promise_broken_date),
                )
            )
        if profile.promise_date:
            sentences.append(
                self.env._(
                    "It promised to pay by %s.",
                    format_date(self.env, profile.promise_date),
                )
            )
        if profile.payment_count_12m and profile.payment_days_late > 0:
            sentences.append(
                self.env._(
                    "It pays %(days)s days late on average.",
                    days=round(profile.payment_days_late),
                )
            )
        return " ".join(sentences)

    def action_open_crm_payer(self):
        """Open the page of the customer who is to pay."""
        one(self)
        return self.partner_invoice_id.action_open_crm_customer()
