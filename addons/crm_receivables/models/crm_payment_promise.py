from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.crm_relationship.records import one

# What follows from the books and is never entered.
FOLLOWS = {"state", "received", "kept_date", "judged_date", "last_date", "date_made"}
FOLLOWS |= {"owed_before", "settled_before", "last_booked"}
EDITABLE = {"note"}
# Days a promise may reach ahead where a company has not said otherwise.
LONGEST = 90


class CrmPaymentPromise(models.Model):
    """A customer has promised to pay so much by a day.

    While it runs nobody is reminded of its items. Whether it was kept follows from the
    journal items by itself, in the transaction that books a payment, and by the day
    passing; nobody enters it. A day is a day in the company's time zone.
    """

    _name = "crm.payment.promise"
    _description = "Promise to Pay"
    _order = "date desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        ondelete="cascade",
    )
    salesperson_id = fields.Many2one(
        related="partner_id.user_id", string="Salesperson of the customer"
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Taken by",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    # The web client saves no form with an empty required field, shown or not.
    date_made = fields.Date(
        string="Taken on",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self._default_date_made(),
    )
    date = fields.Date(
        string="Will pay by",
        required=True,
        help="Money counts that is booked with this date or an earlier one, plus the "
        "company's days for the bank.",
    )
    last_date = fields.Date(
        string="Money counts until", readonly=True, copy=False, help="With bank days."
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    amount = fields.Monetary(
        string="Promised",
        required=True,
        default=0.0,
        help="Left at 0, all that is open on the items. If it is less, reminders stop "
        "for those it pays wholly, the oldest first; the others are still asked for.",
    )
    line_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="crm_payment_promise_line_rel",
        column1="promise_id",
        column2="line_id",
        string="Items",
        copy=False,
        domain="[('account_type', '=', 'asset_receivable'), "
        "('parent_state', '=', 'posted'), ('reconciled', '=', False), "
        "('partner_id', 'child_of', partner_id), ('amount_residual', '>', 0), "
        "('company_id', 'child_of', company_id)]",
        help="What is going to be paid. Left empty, everything open that is due by "
        "the promised day.",
    )
    note = fields.Text()
    state = fields.Selection(
        selection=[
            ("open", "Running"),
            ("kept", "Kept"),
            ("partly", "Partly kept"),
            ("broken", "Broken"),
            ("void", "Nothing left to pay"),
            ("replaced", "Replaced by a later one"),
            ("cancelled", "Withdrawn"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    received = fields.Monetary(
        readonly=True,
        copy=False,
        help="Money booked on the items since the promise, up to its day.",
    )
    kept_date = fields.Date(string="Kept on", readonly=True, copy=False)
    judged_date = fields.Date(string="Decided on", readonly=True, copy=False)

    # How the items stood when it was made, in its currency.
    owed_before = fields.Monetary(string="Open then", readonly=True, copy=False)
    settled_before = fields.Monetary(readonly=True, copy=False)
    # Key of the newest journal item then: money that was in the books already is not
    # what was promised.
    last_booked = fields.Integer(readonly=True, copy=False, aggregator=None)

    _crm_timeline_idx = models.Index("(partner_id, date_made DESC, id DESC)")
    _open_idx = models.Index("(last_date) WHERE state = 'open'")
    _amount_check = models.Constraint(
        "CHECK(amount >= 0)", "A promise is about an amount above zero."
    )

    @api.depends("partner_id", "date", "amount", "currency_id")
    def _compute_display_name(self):
        for promise in self:
            promise.display_name = self.env._(
                "%(customer)s: %(amount)s by %(date)s",
                customer=promise.sudo().partner_id.name or "",
                amount=promise.currency_id.format(promise.amount or 0.0)
                if promise.currency_id
                else promise.amount,
                date=fields.Date.to_string(promise.date) or "",
            )

    # ---- making one -----------------------------------------------------------------

    @api.model
    def _default_date_made(self):
        return self.env["crm.collection.ledger"]._today(self.env.company.sudo())

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        judge = self.env["crm.promise.judge"].sudo()
        if not self.env.su:
            for vals in vals_list:
                self._check_given(vals)
            # Given, so that a default_… of the caller's context does nothing.
            blank = dict.fromkeys(FOLLOWS, False)
            blank |= {"state": "open", "user_id": self.env.uid}
            vals_list = [{**vals, **blank} for vals in vals_list]
        promises = super().create([judge._complete(vals) for vals in vals_list])
        promises.sudo()._check_items()
        promises.sudo()._check_term()
        judge._replace_earlier(promises.sudo())
        judge._judge(promises.sudo().filtered(lambda p: p.state == "open"))
        judge._tell_profiles(promises.sudo())
        return promises

    def write(self, vals):
        if not self.env.su and vals.keys() - EDITABLE:
            raise UserError(
                self.env._(
                    "A promise does not change, or nobody could tell whether it was "
                    "kept. Take a new one: it replaces this one."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_none(self):
        if not self.env.su:
            raise UserError(
                self.env._(
                    "Promises are kept as history: withdraw it instead of deleting it."
                )
            )

    def _check_given(self, vals: dict) -> None:
        """Refuse columns that follow from the books."""
        for name in FOLLOWS & vals.keys():
            if vals[name] and (name, vals[name]) != ("state", "open"):
                raise UserError(
                    self.env._(
                        "“%s” is not entered: it follows from what is booked.",
                        self._fields[name].get_description(self.env)["string"],
                    )
                )

    @api.onchange("partner_id", "currency_id", "company_id")
    def _onchange_partner_id(self):
        """Propose everything that is due by the promised day."""
        judge = self.env["crm.promise.judge"].sudo()
        customer = self.partner_id.commercial_partner_id._origin
        if not (customer and self.currency_id and self.company_id):
            self.line_ids = False
            return
        day = self.date or fields.Date.context_today(self)
        lines = judge._due_lines(self.company_id, customer, self.currency_id, day)
        self.line_ids = lines
        self.amount = judge._standing(lines, self.currency_id)["owed_before"]

    def _check_items(self) -> None:
        for promise in self:
            if not promise.line_ids:
                continue
            owners = promise.line_ids.partner_id.commercial_partner_id
            if owners - promise.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "These items are not all of %s: a promise is one customer's.",
                        promise.partner_id.display_name,
                    )
                )
            books = promise.line_ids.company_id.root_id
            if books != promise.company_id.root_id:
                raise ValidationError(
                    self.env._(
                        "These items are in the books of %(books)s: take a promise to "
                        "%(company)s for its own items, and another one for those.",
                        books=", ".join(books.mapped("name")),
                        company=promise.company_id.root_id.name,
                    )
                )
            home = promise.company_id.root_id.currency_id
            others = promise.line_ids.currency_id - promise.currency_id
            if others and promise.currency_id != home:
                raise ValidationError(
                    self.env._(
                        "A promise in %(currency)s cannot be about items in "
                        "%(others)s: no rate was agreed. Take one promise for each "
                        "currency, or one in %(home)s for all of them.",
                        currency=promise.currency_id.name,
                        others=", ".join(others.mapped("name")),
                        home=home.name,
                    )
                )

    def _check_term(self) -> None:
        """Refuse days that are over, which nobody can keep any more, and days so far
        away that they would only stop reminders."""
        for promise in self:
            if promise.date < promise.date_made:
                raise ValidationError(
                    self.env._(
                        "%(day)s is over, and a promise is about a day to come: it "
                        "would be broken at once. Choose %(today)s or a later day.",
                        day=format_date(self.env, promise.date),
                        today=format_date(self.env, promise.date_made),
                    )
                )
            longest = promise.company_id.root_id.crm_promise_longest or LONGEST
            last = promise.date_made + timedelta(days=longest)
            if promise.date > last:
                raise ValidationError(
                    self.env._(
                        "A promise reaches %(days)s days ahead at most (Settings, "
                        "Collection), so until %(last)s. If more time was agreed, put "
                        "the items on hold or change the payment plan.",
                        days=longest,
                        last=format_date(self.env, last),
                    )
                )

    # ---- buttons --------------------------------------------------------------------

    def action_cancel(self):
        """Withdraw a running promise: it was taken by mistake."""
        one(self).check_access("write")
        if self.state == "open":
            self.sudo().write({"state": "cancelled"})
            self.env["crm.promise.judge"].sudo()._tell_profiles(self.sudo())
        return True

    def action_open_items(self):
        """Show the journal items it is about."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        return {**action, "domain": [("id", "in", self.sudo().line_ids.ids)]}

    # ---- for other models -----------------------------------------------------------

    @api.model
    def _take(self, customer, company, values: dict):
        """Take a promise of a customer for whoever may see the customer; the caller
        has checked that.

        :param values: ``date``, and optional ``amount``, ``currency_id``, ``note``,
            ``line_ids`` (ids)
        """
        lines = values.pop("line_ids", None)
        if lines:
            values["line_ids"] = [Command.set(lines)]
        return self.sudo().create(
            {
                "partner_id": customer.commercial_partner_id.id,
                "company_id": company.id,
                "user_id": self.env.uid,
                **values,
            }
        )
