from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from ..core import placeholders
from ..core.outbox import Content
from ..records import one

# As many are planned at once, while the person waits; more are planned by the cron.
AT_ONCE = 1000
# The list of customers sends at most so many ids, however many are chosen.
MOST_CHOSEN = 20_000
KINDS = ("email", "phone", "letter")
# What only this program writes; see write().
OWN = {"state", "position", "confirm_date", "user_id", "stop_reason"}
# What may not change any more once the message is on its way.
CONTENT = {"subject", "body", "attachment_ids", "channel_id", "audience"}
CONTENT |= {"company_id", "user_id", "due", "purpose"}


class CrmServiceMail(models.Model):
    """A message of service to chosen customers: a recall, a holiday, a new number.

    By e-mail, as a list of calls or as letters. Confirming only plans it; the senders
    of the outbox do the rest.
    """

    _name = "crm.service.mail"
    _inherit = ["crm.placeholder.mixin"]
    _description = "Service Message"
    _order = "id desc"
    _rec_name = "subject"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="From",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        copy=False,
        ondelete="restrict",
        help="In whose name it is sent, and whose customers it may go to.",
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel",
        required=True,
        domain=[("kind", "in", KINDS)],
        default=lambda self: self._default_channel(),
        ondelete="restrict",
    )
    kind = fields.Selection(related="channel_id.kind", string="Kind of channel")
    purpose = fields.Selection(
        selection=[("service", "Service"), ("relationship", "Relationship")],
        required=True,
        default="service",
        help="Who refuses e-mails of ours gets neither.",
    )
    subject = fields.Char(required=True)
    body = fields.Html(
        string="Text",
        sanitize="email_outgoing",
        sanitize_overridable=False,
        help="For calls: what to say and what to find out.",
    )
    attachment_ids = fields.Many2many(
        comodel_name="ir.attachment",
        relation="crm_service_mail_attachment_rel",
        string="Attachments",
        bypass_search_access=True,
    )
    audience = fields.Char(
        string="Customers",
        required=True,
        default="[]",
        help="Which customers it is for, among those the sender may see.",
    )
    due = fields.Datetime(
        string="Not before", help="Empty means as soon as it is confirmed."
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("planning", "Being planned"),
            ("planned", "Confirmed"),
            ("cancelled", "Withdrawn"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    confirm_date = fields.Datetime(string="Confirmed on", readonly=True, copy=False)
    stop_reason = fields.Char(
        string="Why it was stopped",
        readonly=True,
        copy=False,
        help="Why the rest of it could not be planned.",
    )
    position = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Customers up to this id have been planned.",
    )

    audience_count = fields.Integer(compute="_compute_audience_count")
    reach_count = fields.Integer(
        string="Will get it", compute="_compute_audience_count"
    )
    left_out = fields.Json(compute="_compute_audience_count")
    left_out_text = fields.Text(
        string="Who is left out", compute="_compute_audience_count"
    )
    preview_subject = fields.Char(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview")

    planned_count = fields.Integer(string="Waiting", compute="_compute_counts")
    sent_count = fields.Integer(string="Sent", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    skipped_count = fields.Integer(string="Left out", compute="_compute_counts")
    unknown_count = fields.Integer(string="Unknown", compute="_compute_counts")
    progress = fields.Float(string="Progress (%)", compute="_compute_counts")

    @api.model
    def _default_channel(self):
        return self.env["crm.channel"].search([("kind", "=", "email")], limit=1)

    # ---- what is shown --------------------------------------------------------------

    @api.depends("audience", "channel_id", "purpose", "company_id", "user_id", "state")
    def _compute_audience_count(self):
        sentences = self.env["crm.outbox.rules"]._rule_sentences()
        for mail in self:
            counts = {}
            if mail.state == "draft":
                counts = self.env["crm.service.mail.planner"]._count(mail)
            mail.audience_count = sum(counts.values())
            mail.reach_count = counts.pop(None, 0)
            mail.left_out = counts
            mail.left_out_text = "\n".join(
                f"{count} – {sentences[rule]}" for rule, count in sorted(counts.items())
            )

    @api.depends("subject", "body", "audience", "company_id", "user_id")
    def _compute_preview(self):
        for mail in self:
            customer = self.env["crm.service.mail.planner"]._first_customer(mail)
            content = mail._content_for(customer)
            mail.preview_subject = content.subject
            mail.preview = content.body

    def _compute_counts(self):
        groups = self.env["crm.service.mail.recipient"]._read_group(
            [("mail_id", "in", self.ids)], ["mail_id", "state"], ["__count"]
        )
        counts = {(mail.id, state): count for mail, state, count in groups}
        for mail in self:
            found = {
                state: counts.get((mail.id, state), 0)
                for state in ("planned", "sent", "failed", "skipped", "unknown")
            }
            for state, count in found.items():
                mail[f"{state}_count"] = count
            # Who is left out is not waited for.
            total = sum(found.values()) - found["skipped"]
            done = total - found["planned"]
            nobody = 100.0 if found["skipped"] else 0.0
            mail.progress = 100.0 * done / total if total else nobody

    # ---- texts ----------------------------------------------------------------------

    def _placeholders(self):
        # OVERRIDE
        return {
            "name": self.env._("name of the customer"),
            "city": self.env._("city of the customer"),
            "customer_number": self.env._("the customer's number"),
            "salesperson": self.env._("who looks after the customer"),
            "our_company": self.env._("name of our company"),
        }

    def _value_for(self, name: str, partner) -> str:
        """Return what stands for a placeholder; to be extended with ``super()``."""
        match name:
            case "name":
                value = partner.name
            case "city":
                value = partner.city
            case "customer_number":
                value = partner.ref
            case "salesperson":
                value = partner.user_id.name or self.user_id.name
            case "our_company":
                value = self.company_id.name
            case _:
                value = ""
        return value or ""

    def _content_for(self, partner) -> Content:
        """Return what a customer gets."""
        names = placeholders.used(f"{self.subject} {self.body}")
        values = {name: self._value_for(name, partner.sudo()) for name in names}
        subject = placeholders.fill(self.subject or "", values)
        body = placeholders.fill(self.body or "", values, escape)
        return Content(
            subject=placeholders.heading(subject),
            body=Markup(body),  # noqa: S704 (sanitised text, escaped values)
            author_id=self.sudo().user_id.partner_id.id,
            user_id=self.user_id.id,
            attachments=tuple(self.attachment_ids.ids),
        )

    @api.constrains("audience")
    def _check_audience(self):
        for mail in self:
            self.env["crm.service.mail.planner"]._audience_domain(mail)

    # ---- writing --------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        if not self.env.su:
            for vals in vals_list:
                self._check_own(vals, {"state": "draft", "user_id": self.env.uid})
            # Given, so that a default_… of the caller's context does nothing.
            blank = {**dict.fromkeys(OWN, False), "state": "draft", "position": 0}
            blank["user_id"] = self.env.uid
            vals_list = [{**vals, **blank} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_own(vals, {})
            if "audience" in vals:
                # Nobody chooses customers with somebody else's eyes.
                vals = {**vals, "user_id": self.env.uid}
        if not CONTENT.isdisjoint(vals) and any(m.state != "draft" for m in self):
            raise UserError(
                self.env._(
                    "This message is confirmed: what customers get cannot change any "
                    "more. Withdraw it to stop what has not left, and copy it."
                )
            )
        return super().write(vals)

    def _check_own(self, vals: dict, allowed: dict) -> None:
        """Refuse columns that only buttons write, except for some values."""
        for name in OWN & vals.keys():
            if vals[name] and vals[name] != allowed.get(name):
                raise UserError(
                    self.env._(
                        "“%s” is not entered: use the buttons to confirm or withdraw a "
                        "message.",
                        self._fields[name].get_description(self.env)["string"],
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        if any(mail.state != "draft" for mail in self):
            raise UserError(
                self.env._("Only drafts can be deleted; customers got the others.")
            )

    # ---- buttons --------------------------------------------------------------------

    @api.model
    def action_compose(self):
        """Begin a message to the customers chosen in the list, or to all it shows."""
        self.check_access("create")
        chosen = self.env.context.get("active_ids") or []
        domain = [("id", "in", [i for i in chosen if isinstance(i, int)])]
        if len(chosen) >= MOST_CHOSEN and self.env.context.get("active_domain"):
            # The list names no more ids than that: everything it shows was chosen.
            domain = self.env.context["active_domain"]
        mail = self.create(
            {
                "subject": self.env._("Message to our customers"),
                "audience": repr(domain),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Service message"),
            "res_model": self._name,
            "res_id": mail.id,
            "views": [(False, "form")],
        }

    def action_confirm(self):
        """Plan the message for everybody it may go to; it leaves in the background."""
        one(self)
        self.check_access("write")
        if self.state != "draft":
            # Somebody else was quicker, or the button was pressed twice.
            return True
        if is_html_empty(self.body):
            raise UserError(self.env._("The message has no text yet."))
        if not self.reach_count:
            raise UserError(
                self.env._(
                    "Nobody would get this message. Choose customers, and see below "
                    "the text why some are left out."
                )
            )
        count = self.audience_count
        self.sudo().write(
            {
                "state": "planning",
                "confirm_date": fields.Datetime.now(),
                "position": 0,
                # Whoever confirms answers for it, and sees whom it goes to.
                "user_id": self.env.uid,
            }
        )
        planner = self.env["crm.service.mail.planner"].sudo()
        if count <= AT_ONCE:
            planner._plan_range(self.sudo())
        if self.state == "planning":
            self.env.ref("crm_relationship.ir_cron_service_mail").sudo()._trigger()
        return True

    def action_withdraw(self):
        """Stop what has not left yet; at once, also between two messages."""
        one(self)
        self.check_access("write")
        if self.state in ("planning", "planned"):
            self.sudo().write({"state": "cancelled"})
            self.env["crm.service.mail.planner"].sudo()._withdraw(self.sudo())
        return True

    def action_open_recipients(self):
        """Show the customers of this message, by what became of it."""
        one(self)
        state = self.env.context.get("recipient_state")
        domain = [("mail_id", "=", self.id)]
        states = self.env["crm.service.mail.recipient"]._fields["state"]
        if state in states.get_values(self.env):
            domain.append(("state", "=", state))
        return self._open("crm_service_mail_recipient_action", domain)

    def action_open_unknown(self):
        """Show the messages somebody has to decide about."""
        one(self)
        # The origin rows are found in the database: they may be very many.
        rows = self.env["crm.service.mail.recipient"]._search(
            [("mail_id", "=", self.id), ("state", "=", "unknown")]
        )
        found = self.env["crm.outbox"].search(
            [
                ("origin_model", "=", "crm.service.mail.recipient"),
                ("origin_key", "in", rows),
            ]
        )
        domain = [("outbox_key", "in", found.ids)]
        return self._open("crm_outbox_release_action", domain)

    def _open(self, name: str, domain: list) -> dict:
        action = f"crm_relationship.{name}"
        action = self.env["ir.actions.act_window"]._for_xml_id(action)
        return {**action, "domain": domain}
