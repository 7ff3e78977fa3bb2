from collections.abc import Callable
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..records import one

LEDGER_GROUPS = "account.group_account_invoice,account.group_account_readonly"


class PageCounter(NamedTuple):
    """A number on the 360° page and the records behind it.

    :param field: integer field that shows it
    :param title: name of the list it opens
    :param model: what is counted
    :param domain: ``customer (res.partner) -> Domain`` of its records
    :param views: XML ids of the list and the form to open, or nothing for the usual
    """

    field: str
    title: str
    model: str
    domain: Callable[[Any], Domain]
    views: tuple[str, ...] = ()


class CrmCustomerPageMixin(models.AbstractModel):
    """What the 360° page of a customer shows live, with the reader's own rights.

    A counter shows what its button opens: both are the same search by the same user.
    Nothing is stored. The counters cost one search each and belong on forms.
    """

    _name = "crm.customer.page.mixin"
    _description = "Customer Page"

    page_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency of the page",
        compute="_compute_page_currency_id",
    )
    page_money_live = fields.Boolean(
        string="Amounts from the ledger",
        compute="_compute_page_money",
        help="Whether the open amounts were read from the ledger just now.",
    )
    page_open_amount = fields.Monetary(
        string="Open receivables",
        currency_field="page_currency_id",
        compute="_compute_page_money",
    )
    page_overdue_amount = fields.Monetary(
        string="Of these overdue",
        currency_field="page_currency_id",
        compute="_compute_page_money",
    )
    page_quotation_count = fields.Integer(
        string="Open quotations", compute="_compute_page_counts"
    )
    page_order_count = fields.Integer(
        string="Confirmed orders", compute="_compute_page_counts"
    )
    page_invoice_count = fields.Integer(
        string="Posted invoices", compute="_compute_page_counts"
    )
    page_overdue_count = fields.Integer(
        string="Overdue invoices", compute="_compute_page_counts"
    )
    page_lead_count = fields.Integer(
        string="Opportunities in progress", compute="_compute_page_counts"
    )
    page_history_count = fields.Integer(
        string="Imported purchases", compute="_compute_page_counts"
    )
    page_meeting_count = fields.Integer(
        string="Meetings held or planned", compute="_compute_page_counts"
    )

    # ---- to be said by whoever has a page -------------------------------------------

    def _page_customer(self):
        """Return the customer of one record, as commercial partner."""
        raise NotImplementedError

    def _page_company(self):
        """Return the root company one record's page is about, or none for all
        companies the user works in."""
        return self.env["res.company"]

    def _page_stored_money(self) -> tuple[float, float]:
        """Return open and overdue as last computed, for those who may read this record
        but not the ledger."""
        return 0.0, 0.0

    # ---- money --------------------------------------------------------------------

    @api.depends_context("company")
    def _compute_page_currency_id(self):
        for record in self:
            company = record._page_company() or self.env.company
            record.page_currency_id = company.currency_id

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_page_money(self):
        live = self._page_reads_ledger()
        amounts = {}
        if live:
            for company, records in self.grouped(lambda r: r._page_company()).items():
                amounts |= records._page_ledger_money(company or self.env.company)
        for record in self:
            money = amounts[record.id] if live else record._page_stored_money()
            record.page_money_live = live
            record.page_open_amount, record.page_overdue_amount = money

    @api.model
    def _page_reads_ledger(self) -> bool:
        """Return whether the user may read the ledger as a whole.

        A salesperson's rule on journal items shows the own invoices, without the
        payments of all: half a ledger is no balance.
        """
        return self.env.user.has_groups(LEDGER_GROUPS)

    def _page_ledger_money(self, company) -> dict[int, tuple[float, float]]:
        """Return open and overdue receivables of each record, from the ledger now.

        Net of credit notes and payments, in the company's currency. Due is a day in
        the company's time zone; overdue begins the day after. Open credits pay what is
        overdue first, whatever their own date is: overdue is what is open beyond the
        debts that are not due.
        """
        today = self.env["crm.customer.metrics"]._today(company)
        customers = {record.id: record._page_customer() for record in self}
        path = "partner_id.commercial_partner_id"
        open_items = (
            Domain(path, "in", [i for c in customers.values() for i in c.ids])
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("company_id", "in", self._page_company_ids(company))
        )
        not_due = Domain("amount_residual", ">", 0) & (
            Domain("date_maturity", ">=", today)
            | (Domain("date_maturity", "=", False) & Domain("date", ">=", today))
        )
        sums = [
            dict(
                self.env["account.move.line"]._read_group(
                    domain, [path], ["amount_residual:sum"]
                )
            )
            for domain in (open_items, open_items & not_due)
        ]
        money = {}
        for record_id, customer in customers.items():
            owed, later = (amounts.get(customer._origin, 0.0) for amounts in sums)
            money[record_id] = owed, max(0.0, company.currency_id.round(owed - later))
        return money

    @api.model
    def _page_company_ids(self, company) -> list[int]:
        """Return the ids of a company's root and branches the user works in."""
        return company.root_id._accessible_branches().ids

    # ---- counters -------------------------------------------------------------------

    @api.model
    def _page_counters(self) -> list[PageCounter]:
        """Return the counters of the page. To be extended with ``super() + [...]``."""
        return [
            *self._page_order_counters(),
            *self._page_invoice_counters(),
            *self._page_contact_counters(),
        ]

    @api.model
    def _page_having(self, *conditions) -> Callable:
        """Return ``customer -> Domain``: the customer's records that fulfil all."""
        condition = Domain.AND([Domain(*condition) for condition in conditions])
        return lambda customer: self._page_owned(customer) & condition

    @api.model
    def _page_order_counters(self) -> list[PageCounter]:
        return [
            PageCounter(
                field="page_quotation_count",
                title=self.env._("Open quotations"),
                model="sale.order",
                domain=self._page_having(("state", "in", ("draft", "sent"))),
                views=("sale.view_quotation_tree", "sale.view_order_form"),
            ),
            PageCounter(
                field="page_order_count",
                title=self.env._("Confirmed orders"),
                model="sale.order",
                domain=self._page_having(("state", "=", "sale")),
                views=("sale.view_order_tree", "sale.view_order_form"),
            ),
            PageCounter(
                field="page_history_count",
                title=self.env._("Imported purchases"),
                model="crm.purchase.history",
                domain=self._page_having(("state", "=", "done")),
            ),
        ]

    @api.model
    def _page_contact_counters(self) -> list[PageCounter]:
        return [
            PageCounter(
                field="page_lead_count",
                title=self.env._("Opportunities in progress"),
                model="crm.lead",
                domain=self._page_having(
                    ("type", "=", "opportunity"), ("won_status", "=", "pending")
                ),
                views=("crm.crm_case_tree_view_oppor", "crm.crm_lead_view_form"),
            ),
            PageCounter(
                field="page_meeting_count",
                title=self.env._("Meetings"),
                model="calendar.event",
                domain=self._page_meetings,
            ),
        ]

    @api.model
    def _page_invoice_counters(self) -> list[PageCounter]:
        views = ("account.view_out_invoice_tree", "account.view_move_form")
        posted = ("state", "=", "posted")
        return [
            PageCounter(
                field="page_invoice_count",
                title=self.env._("Posted invoices"),
                model="account.move",
                domain=self._page_having(
                    posted, ("move_type", "in", ("out_invoice", "out_refund"))
                ),
                views=views,
            ),
            PageCounter(
                field="page_overdue_count",
                title=self.env._("Overdue invoices"),
                model="account.move",
                domain=self._page_having(
                    posted,
                    ("move_type", "=", "out_invoice"),
                    ("payment_state", "in", ("not_paid", "partial")),
                    ("invoice_date_due", "<", fields.Date.context_today(self)),
                ),
                views=views,
            ),
        ]

    @api.model
    def _page_owned(self, customer) -> Domain:
        return Domain("partner_id.commercial_partner_id", "in", customer.ids)

    @api.model
    def _page_meetings(self, customer) -> Domain:
        """Return the meetings the timeline shows, by id: which of them are somebody
        else's private ones cannot be said in a domain that the client may send."""
        facts = self.env["crm.customer.facts"]
        partners, _ids = facts._partners(customer)
        parts = facts._meetings(partners)
        Event = self.env["calendar.event"]
        ids = {event_id for part in parts for event_id in Event._search(part)}
        return Domain("id", "in", sorted(ids))

    def _page_counter_domain(self, counter: PageCounter) -> Domain:
        self.ensure_one()
        domain = counter.domain(self._page_customer())
        company = self._page_company()
        columns = self.env[counter.model]._fields
        if company and "company_id" in columns:
            ids = [*self._page_company_ids(company), False]
            domain &= Domain("company_id", "in", ids)
        return domain

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_page_counts(self):
        for counter in self._page_counters():
            Model = self.env[counter.model]
            readable = Model.has_access("read")
            for record in self:
                record[counter.field] = (
                    Model.search_count(record._page_counter_domain(counter))
                    if readable
                    else 0
                )

    def action_open_page_records(self):
        """Open the records behind a counter: the one named by ``page_counter`` in the
        context, as a button's ``context`` says."""
        one(self)
        counters = {counter.field: counter for counter in self._page_counters()}
        counter = counters.get(self.env.context.get("page_counter"))
        if not counter:
            raise UserError(self.env._("This page has no such number to open."))
        views = [self.env.ref(view).id for view in counter.views] or [False, False]
        return {
            "type": "ir.actions.act_window",
            "name": counter.title,
            "res_model": counter.model,
            "domain": list(self._page_counter_domain(counter)),
            "views": list(zip(views, ("list", "form"), strict=True)),
            "context": {"create": False},
        }
