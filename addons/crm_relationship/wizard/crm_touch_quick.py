from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.crm_touch import PURPOSES
from ..records import one

MOST_DOCUMENTS = 1000
MOST_NAMED = 5


class CrmTouchQuick(models.TransientModel):
    """Logs a contact, and plans what comes next, in one dialog.

    From a customer, lead or quotation, or from several in a list. Whoever may read a
    document may log a contact about it; the ledger is written by its own service.
    """

    _name = "crm.touch.quick"
    _description = "Log a Contact"

    res_model = fields.Char(readonly=True)
    res_ids = fields.Json(readonly=True)
    what = fields.Char(string="With", compute="_compute_what")
    count = fields.Integer(compute="_compute_what")

    customer_id = fields.Many2one(
        comodel_name="res.partner", compute="_compute_customer_id"
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact person",
        domain="[('commercial_partner_id', '=', customer_id)]",
        help="Who of them it was with, if not who the document names.",
    )

    channel_id = fields.Many2one(
        comodel_name="crm.channel",
        required=True,
        default=lambda self: self._default_channel(),
        domain="[('company_id', 'in', [company_id, False]), "
        "('kind', 'not in', ('web', 'media'))]",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    direction = fields.Selection(
        selection=[
            ("out", "We called or went there"),
            ("in", "The customer came to us"),
        ],
        required=True,
        default="out",
    )
    purpose = fields.Selection(
        selection=PURPOSES, required=True, default="relationship"
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    duration = fields.Integer(string="Minutes")
    outcome_id = fields.Many2one(
        comodel_name="crm.touch.outcome",
        domain="[('company_id', 'in', [company_id, False])]",
    )
    subject = fields.Char()
    note = fields.Text()

    next_type_id = fields.Many2one(
        comodel_name="mail.activity.type",
        string="Next step",
        compute="_compute_next",
        store=True,
        readonly=False,
        domain="[('res_model', 'in', [False, res_model])]",
    )
    next_date = fields.Date(
        string="On", compute="_compute_next", store=True, readonly=False
    )
    next_user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    next_summary = fields.Char(string="To do")

    # ---- what it is about ---------------------------------------------------------

    @api.model
    def default_get(self, fields):
        context = self.env.context
        model = context.get("active_model")
        ids = context.get("active_ids") or [context.get("active_id")]
        if model == "crm.customer.profile":
            # Customers twice in the list, one of each company, are meant once.
            profiles = self.env[model].with_context(active_test=False)
            profiles = profiles.search([("id", "in", [i for i in ids if i])])
            model, ids = "res.partner", profiles.partner_id.ids
            if len(profiles.company_id) == 1:
                self = self.with_company(profiles.company_id)
        values = super().default_get(fields)
        if model in self._quick_models():
            values["res_model"] = model
            values["res_ids"] = [row_id for row_id in ids if row_id]
        return values

    @api.model
    def _quick_models(self) -> tuple[str, ...]:
        return self.env["crm.touch.recorder"]._touch_documents()

    @api.model
    def _default_channel(self):
        """Return the channel the user used last, at first the telephone."""
        Touch = self.env["crm.touch"].sudo()
        mine = [("user_id", "=", self.env.uid), ("direction", "=", "out")]
        # What was recorded from elsewhere was no choice of the user's.
        mine += [("source_model", "=", False), ("company_id", "=", self.env.company.id)]
        last = Touch.search(mine, limit=1).channel_id
        if last.active:
            return last
        recorder = self.env["crm.touch.recorder"].sudo()
        return recorder._channel_of_kind("phone", self.env.company)

    def _documents(self):
        """Return what the contact is about, as far as the user may read it, and the
        rest."""
        self.ensure_one()
        ids = self.res_ids if isinstance(self.res_ids, list) else []
        ids = [row_id for row_id in ids if type(row_id) is int and row_id > 0]
        if self.res_model not in self._quick_models() or not ids:
            raise UserError(
                self.env._(
                    "Open a customer, a lead or a quotation, or choose some in a list, "
                    "and log the contact from there."
                )
            )
        if len(ids) > MOST_DOCUMENTS:
            raise UserError(
                self.env._(
                    "That is more than %s at once: narrow the list down.",
                    MOST_DOCUMENTS,
                )
            )
        documents = self.env[self.res_model].browse(dict.fromkeys(ids)).exists()
        readable = documents._filtered_access("read")
        return readable, documents - readable

    @api.depends("res_model", "res_ids")
    def _compute_what(self):
        for wizard in self:
            try:
                documents, _hidden = wizard._documents()
            except UserError:
                wizard.what, wizard.count = False, 0
                continue
            names = documents[:MOST_NAMED].mapped("display_name")
            more = len(documents) - len(names)
            wizard.count = len(documents)
            wizard.what = ", ".join(names) + (f" +{more}" if more else "")

    @api.depends("res_model", "res_ids")
    def _compute_customer_id(self):
        """Tell the customer if there is only one, so that its persons can be chosen."""
        recorder = self.env["crm.touch.recorder"].sudo()
        for wizard in self:
            customer = self.env["res.partner"]
            if wizard.count == 1:
                [document] = wizard._documents()[0]
                party = recorder._touch_party(document.sudo())
                customer = party and party.partner.commercial_partner_id
            wizard.customer_id = customer and customer.id

    @api.depends("outcome_id")
    def _compute_next(self):
        """Propose the next step the outcome asks for; leave alone what was chosen."""
        call = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        for wizard in self:
            days = wizard.outcome_id.next_days
            if days:
                today = fields.Date.context_today(wizard)
                wizard.next_date = today + timedelta(days=days)
                wizard.next_type_id = wizard.next_type_id or call
            elif wizard.outcome_id:
                wizard.next_date = wizard.next_type_id = False

    @api.onchange("next_type_id")
    def _onchange_next_type_id(self):
        if self.next_type_id and not self.next_date:
            days = self.next_type_id.delay_count or 1
            self.next_date = fields.Date.context_today(self) + timedelta(days=days)

    # ---- doing it -----------------------------------------------------------------

    def action_log(self):
        """Write the contacts and plan the next step; tell what could not be logged."""
        one(self)
        documents, hidden = self._documents()
        if self.date > fields.Datetime.now() + timedelta(minutes=5):
            raise UserError(
                self.env._(
                    "A contact is logged after it happened. To plan one, choose it as "
                    "the next step."
                )
            )
        recorder = self.env["crm.touch.recorder"].sudo()
        parties = {d: recorder._touch_party(d.sudo()) for d in documents}
        logged = documents.filtered(lambda document: parties[document])
        refused = documents - logged
        if not logged:
            raise self._refusal(hidden, refused)
        rows = [self._touch_vals(recorder, parties[document]) for document in logged]
        self.env["crm.touch"]._log(rows)
        self._plan_next(logged)
        self.env["crm.workbench"]._notify(self.env.user | self.next_user_id)
        return {
            "type": "ir.actions.client",
            "tag": "crm_touch_logged",
            "params": self._report(len(logged), len(hidden), refused),
        }

    def _touch_vals(self, recorder, party) -> dict:
        contact = self.contact_id.sudo()
        if contact and contact.commercial_partner_id == self.customer_id.sudo():
            party = party._replace(partner=contact)
        return recorder._vals(
            party,
            self.channel_id,
            self.env.user,
            company_id=(party.company or self.company_id).id,
            direction=self.direction,
            purpose=self.purpose,
            date=self.date,
            duration=self.duration,
            outcome_id=self.outcome_id.id,
            subject=self.subject,
            note=self.note,
        )

    def _plan_next(self, documents) -> None:
        """Plan the next step on each document, as an activity of Odoo's own."""
        if not self.next_type_id or not self.next_date:
            return
        # Who may read a document may take on to do something about it.
        self.env["mail.activity"].sudo().create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id(documents._name),
                    "res_id": document.id,
                    "activity_type_id": self.next_type_id.id,
                    "date_deadline": self.next_date,
                    "user_id": (self.next_user_id or self.env.user).id,
                    "summary": self.next_summary or self.next_type_id.summary,
                }
                for document in documents
            ]
        )

    def _refusal(self, hidden, refused) -> UserError | AccessError:
        if hidden:
            return AccessError(
                self.env._(
                    "Your access rights do not include these records, so you cannot "
                    "log contacts about them. A sales manager can assign them to you."
                )
            )
        return UserError(
            self.env._(
                "There is nobody to have a contact with here: %s. A document needs a "
                "customer; colleagues, own companies and mere suppliers are none.",
                ", ".join(refused[:MOST_NAMED].mapped("display_name")),
            )
        )

    def _report(self, logged: int, hidden: int, refused) -> dict:
        """Return what to tell: how many were logged, and which were not and why."""
        parts = [
            self.env._("Contact logged.")
            if logged == 1
            else self.env._("%s contacts logged.", logged)
        ]
        if hidden:
            parts.append(
                self.env._("%s not: your access rights do not include them.", hidden)
            )
        if refused:
            names = ", ".join(refused[:MOST_NAMED].sudo().mapped("display_name"))
            parts.append(
                self.env._(
                    "%(count)s not, because there is no customer: %(names)s.",
                    count=len(refused),
                    names=names,
                )
            )
        partly = bool(hidden or refused)
        return {
            "message": " ".join(parts),
            "kind": "warning" if partly else "success",
            "sticky": partly,
        }
