from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import is_html_empty

from ..core import dunning

KINDS = ("email", "phone", "letter")


class CrmDunningLevel(models.Model):
    """How firmly customers are reminded, from so many days after the due date."""

    _name = "crm.dunning.level"
    _inherit = ["crm.placeholder.mixin"]
    _description = "Reminder Level"
    _order = "company_id, days, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
        ondelete="cascade",
        help="Holds for this company and its branches: they keep the same books.",
    )
    days = fields.Integer(
        string="Days after due",
        required=True,
        default=7,
        help="From so many days after the due date. What is very late in the first "
        "run starts at the level its days allow.",
    )
    gap = fields.Integer(
        string="Days since the last",
        default=7,
        help="Nobody gets this reminder sooner after the one before.",
    )
    in_turn = fields.Boolean(
        string="Only after the level before",
        help="Never the first reminder of an item, however late it is.",
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel",
        required=True,
        domain=[("kind", "in", KINDS)],
        default=lambda self: self._default_channel("email"),
        ondelete="restrict",
    )
    kind = fields.Selection(related="channel_id.kind", string="Kind of channel")
    subject = fields.Char(required=True, translate=True)
    body = fields.Html(
        string="Text",
        translate=True,
        sanitize="email_outgoing",
        sanitize_overridable=False,
        help="For calls: what to say. Without {{ statement }} the list of items comes "
        "at the end.",
    )
    attach_statement = fields.Boolean(
        string="Statement as PDF",
        help="Attaches the statement as a PDF, too. Sending takes about a second "
        "longer for each mail.",
    )

    _days_check = models.Constraint(
        "CHECK(days >= 1 AND gap >= 0)",
        "A reminder comes at least a day after the due date.",
    )
    _days_uniq = models.UniqueIndex(
        "(company_id, days) WHERE active",
        "There is a level for this number of days already.",
    )

    @api.model
    def _default_channel(self, kind: str, company=None):
        """Return a channel of a kind that a company uses: its own, or everybody's."""
        company = (company or self.env.company).root_id
        channels = self.env["crm.channel"].search(
            [("kind", "=", kind), ("company_id", "in", [company.id, False])]
        )
        return channels.filtered("company_id")[:1] or channels[:1]

    def _placeholders(self):
        # OVERRIDE
        return {
            "name": self.env._("name of the customer"),
            "customer_number": self.env._("the customer's number"),
            "amount": self.env._("what is overdue on balance"),
            "days": self.env._("days since the oldest due date"),
            "statement": self.env._("the list of items"),
            "collector": self.env._("who sends it"),
            "our_company": self.env._("name of our company"),
        }

    @api.constrains("body")
    def _check_body(self):
        for level in self:
            if is_html_empty(level.body):
                raise ValidationError(self.env._("This reminder says nothing yet."))

    # ---- for the planner ------------------------------------------------------------

    @api.model
    def _ladder(self, company) -> list[dunning.Level]:
        """Return the levels of a company in order; the usual ones if it had none."""
        own = self.with_context(active_test=False)
        own = own.search([("company_id", "=", company.root_id.id)])
        if not own:
            own = self._create_usual(company.root_id)
        # Ranked by their days: a level put between others later keeps the order.
        return [
            dunning.Level(level.id, level.days, level.days, level.gap, level.in_turn)
            for level in own.filtered("active").sorted("days")
        ]

    @api.model
    def _create_usual(self, company):
        channel = self._default_channel("email", company)
        if not channel:
            raise UserError(
                self.env._(
                    "%s has no channel for e-mail. Make one active under "
                    "Configuration, Channels, or make reminder levels of your own.",
                    company.name,
                )
            )
        levels = self.create(
            [
                {
                    **texts,
                    "company_id": company.id,
                    "channel_id": channel.id,
                    "days": days,
                    "gap": gap,
                    "in_turn": in_turn,
                }
                for texts, (days, gap, in_turn) in zip(
                    self._usual_texts(),
                    ((5, 0, False), (15, 7, False), (30, 10, True)),
                    strict=True,
                )
            ]
        )
        own = self.env.lang or "en_US"
        languages = self.env["res.lang"].get_installed()
        levels._translate_usual(code for code, _name in languages if code != own)
        return levels

    def _translate_usual(self, codes) -> None:
        """Write the usual texts in other languages: a customer is reminded in the own
        one, whoever makes the levels. What somebody has changed or translated stays.

        :param codes: of languages
        """
        usual = self._usual_texts()
        for code in codes:
            texts = self.with_context(lang=code)._usual_texts()
            for level in self:
                said = level.with_context(lang=code)
                for old, new in zip(usual, texts, strict=True):
                    for name, text in old.items():
                        if said[name] == level[name] == text:
                            level.update_field_translations(name, {code: new[name]})

    @api.model
    def _usual_texts(self) -> list[dict[str, str]]:
        """Return name, subject and body of the usual levels."""
        greeting = self.env._("Dear {{ name }},")
        texts = [
            (
                self.env._("Friendly reminder"),
                self.env._("Your account with {{ our_company }}"),
                self.env._(
                    "perhaps it escaped your notice what is still open: {{ amount }}. "
                    "If you have paid meanwhile, thank you, and please disregard this "
                    "mail. If anything is unclear, just reply."
                ),
            ),
            (
                # Not "second": for who is very late it is the first one.
                self.env._("Payment reminder"),
                self.env._("Payment reminder: {{ amount }} overdue"),
                self.env._(
                    "overdue for up to {{ days }} days: {{ amount }}. Please pay, or "
                    "reply and tell us when you will or what keeps you from it."
                ),
            ),
            (
                self.env._("Last reminder"),
                self.env._("Last reminder: {{ amount }} overdue"),
                self.env._(
                    "in spite of our reminders this has not been paid: {{ amount }}. "
                    "Please pay within seven days, or call us, before we hand the "
                    "matter on."
                ),
            ),
        ]
        return [
            {
                "name": name,
                "subject": subject,
                "body": f"<p>{greeting}</p><p>{text}</p>",
            }
            for name, subject, text in texts
        ]
