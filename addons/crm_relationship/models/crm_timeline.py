from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import timeline
from ..core.timeline import FactKey, TimelineSource

# Rows a call may examine in search of visible ones before it gives back what it has.
BUDGET = 5000

# Columns of sale.order, and with two others those of an imported purchase.
ORDER = {
    "title": "name",
    "detail": "user_id",
    "amount": "amount_untaxed",
    "currency": "currency_id",
    "state": "state",
    "partner": "partner_id",
}


class CrmTimeline(models.AbstractModel):
    """Reads what happened with a customer, newest first, as the current user.

    There is no table behind it: every branch is a search of the fact's own model,
    with the reader's access rights and record rules, so nobody sees here what they
    would not see there.
    """

    _name = "crm.timeline"
    _description = "Customer Timeline"

    # ------------------------------------------------------------
    # Sources
    # ------------------------------------------------------------

    @api.model
    def _timeline_sources(self) -> list[TimelineSource]:
        """Return where facts are found. To be extended with ``super() + [...]``."""
        return [
            self._timeline_purchases(),
            *self._timeline_orders(),
            self._timeline_opportunities(),
            self._timeline_invoices(),
            self._timeline_payments(),
            self._timeline_contacts(),
            self._timeline_messages(),
            self._timeline_activities(),
            self._timeline_meetings(),
        ]

    @api.model
    def _timeline_purchases(self) -> TimelineSource:
        return TimelineSource(
            kind="purchase",
            label=self.env._("Imported purchases"),
            noun=self.env._("Imported purchase"),
            model="crm.purchase.history",
            restrict=lambda partners: [Domain("partner_id", "in", partners)],
            date="date",
            columns={**ORDER, "title": "external_ref", "detail": "channel_id"},
            untaxed=True,
            icon="fa-shopping-bag",
        )

    @api.model
    def _timeline_orders(self) -> list[TimelineSource]:
        def having(operator):
            return lambda partners: [
                Domain("partner_id", "in", partners) & Domain("state", operator, "sale")
            ]

        orders = TimelineSource(
            kind="order",
            label=self.env._("Orders"),
            noun=self.env._("Order"),
            model="sale.order",
            restrict=having("="),
            date="date_order",
            columns=ORDER,
            untaxed=True,
            icon="fa-shopping-cart",
        )
        quotations = orders._replace(
            kind="quotation",
            label=self.env._("Quotations"),
            noun=self.env._("Quotation"),
            restrict=having("!="),
            icon="fa-file-text-o",
        )
        return [orders, quotations]

    @api.model
    def _timeline_opportunities(self) -> TimelineSource:
        return TimelineSource(
            kind="opportunity",
            label=self.env._("Opportunities"),
            noun=self.env._("Opportunity"),
            model="crm.lead",
            restrict=lambda partners: [Domain("partner_id", "in", partners)],
            date="create_date",
            columns={
                "title": "name",
                "detail": "stage_id",
                "amount": "expected_revenue",
                "currency": "company_currency",
                "state": "won_status",
                "partner": "partner_id",
            },
            archived=True,
            icon="fa-star-o",
        )

    @api.model
    def _timeline_invoices(self) -> TimelineSource:
        return TimelineSource(
            kind="invoice",
            label=self.env._("Invoices"),
            noun=self.env._("Invoice"),
            model="account.move",
            restrict=self.env["crm.customer.facts"]._invoices,
            date="invoice_date",
            columns={
                "title": "name",
                "detail": "ref",
                "amount": "amount_untaxed_in_currency_signed",
                "currency": "currency_id",
                "state": "payment_state",
                "partner": "partner_id",
            },
            untaxed=True,
            icon="fa-file-text",
        )

    @api.model
    def _timeline_payments(self) -> TimelineSource:
        done = Domain("partner_type", "=", "customer")
        done &= Domain("state", "in", ("in_process", "paid"))
        return TimelineSource(
            kind="payment",
            label=self.env._("Payments"),
            noun=self.env._("Payment"),
            model="account.payment",
            restrict=lambda partners: [done & Domain("partner_id", "in", partners)],
            date="date",
            columns={
                "title": "name",
                "detail": "memo",
                "amount": "amount_signed",
                "currency": "currency_id",
                "state": "state",
                "partner": "partner_id",
            },
            icon="fa-money",
        )

    @api.model
    def _timeline_contacts(self) -> TimelineSource:
        """Contacts, but for those that are a message or a meeting shown already."""
        shown = ("calendar.event", "mail.message")
        elsewhere = Domain("source_model", "not in", (*shown, "crm.outbox"))
        # Calls and letters of the outbox are on no page, and messages can be deleted.
        unseen = Domain("source_model", "=", "crm.outbox")
        unseen &= Domain("message_id", "=", False)
        return TimelineSource(
            kind="contact",
            label=self.env._("Contacts"),
            noun=self.env._("Logged contact"),
            model="crm.touch",
            restrict=lambda partners: [
                contacts & Domain("partner_id", "in", partners)
                for contacts in (elsewhere, unseen)
            ],
            date="date",
            columns={
                "title": "subject",
                "detail": "channel_id",
                "state": "direction",
                "partner": "partner_id",
            },
            decorate=self.env["crm.timeline.row"]._decorate_contacts,
            icon="fa-comments-o",
        )

    @api.model
    def _timeline_messages(self) -> TimelineSource:
        return TimelineSource(
            kind="message",
            label=self.env._("Messages"),
            noun=self.env._("Message"),
            model="mail.message",
            restrict=self.env["crm.customer.facts"]._messages,
            date="date",
            columns={"title": "subject", "detail": "author_id"},
            filtered=True,
            decorate=self.env["crm.timeline.row"]._decorate_messages,
            icon="fa-envelope-o",
        )

    @api.model
    def _timeline_activities(self) -> TimelineSource:
        return TimelineSource(
            kind="activity",
            label=self.env._("Planned activities"),
            noun=self.env._("Planned activity"),
            model="mail.activity",
            restrict=self.env["crm.customer.facts"]._activities,
            date="date_deadline",
            columns={"title": "display_name", "detail": "user_id", "state": "state"},
            filtered=True,
            decorate=self.env["crm.timeline.row"]._decorate_activities,
            icon="fa-clock-o",
        )

    @api.model
    def _timeline_meetings(self) -> TimelineSource:
        return TimelineSource(
            kind="meeting",
            label=self.env._("Meetings"),
            noun=self.env._("Meeting"),
            model="calendar.event",
            restrict=self.env["crm.customer.facts"]._meetings,
            date="start",
            columns={"title": "name", "detail": "user_id"},
            decorate=self.env["crm.timeline.row"]._decorate_meetings,
            icon="fa-calendar",
        )

    # ------------------------------------------------------------
    # Paging
    # ------------------------------------------------------------

    @api.model
    def _timeline_page(
        self, partner, before=None, kinds=None, limit=30, company=None
    ) -> dict:
        """Return a page of what happened with a customer, newest first.

        :param partner: any contact of the customer, one ``res.partner``
        :param str before: ``next`` of the page above; nothing for the first page
        :param kinds: codes of the kinds wanted; nothing for all
        :param int limit: most rows
        :param company: leave out documents of companies outside its tree; nothing
            for all companies the user works in
        :return: ``rows`` (see ``crm.timeline.row``), ``hidden`` (kinds that the
            user has no right to read) and, if there is more, ``next``
        :raise AccessError: the user may not read the partner
        :raise UserError: unknown kind or page mark
        """
        partner.ensure_one()
        partner.check_access("read")
        after = self._timeline_decode(before) if before else None
        sources = self._timeline_select(kinds)
        readable = [s for s in sources if self.env[s.model].has_access("read")]
        tz = ZoneInfo((company or self.env.company)._get_crm_tz())
        customer = self.env["crm.customer.facts"]._partners(partner)
        Branch = self.env["crm.timeline.branch"]
        branches = [
            Branch._facts(source, customer, company, after, tz, limit)
            for source in readable
        ]
        keys, after = timeline.merge_page(branches, limit, BUDGET)
        page = {
            "rows": self.env["crm.timeline.row"]._read_facts(readable, keys, partner),
            "hidden": [s.kind for s in sources if s not in readable],
        }
        if after:
            page["next"] = timeline.encode_mark(after)
        return page

    @api.model
    def _timeline_decode(self, before) -> FactKey:
        try:
            return timeline.decode_mark(before)
        except ValueError as error:
            raise UserError(
                self.env._(
                    "This page mark is not one that a timeline page gave back. Leave "
                    "it out to start with the newest facts."
                )
            ) from error

    @api.model
    def _timeline_select(self, kinds) -> list[TimelineSource]:
        sources = self._timeline_sources()
        if kinds is None:
            return sources
        unknown = set(kinds) - {source.kind for source in sources}
        if unknown:
            raise UserError(
                self.env._(
                    "Unknown kind of fact: %(unknown)s. Known kinds: %(known)s.",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(source.kind for source in sources),
                )
            )
        return [source for source in sources if source.kind in kinds]
