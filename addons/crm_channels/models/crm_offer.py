from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_amount, format_date

from odoo.addons.crm_relationship.core.decisions import content_hash
from odoo.addons.crm_relationship.records import one

from ..core.offers import Fact

# Written by trial quotations only.
TRIAL_FIELDS = {"trial_date", "trial_ok", "trial_text", "trial_hash"}
# Written by this program only.
OWN_FIELDS = TRIAL_FIELDS | {"author_ids"}


class CrmOffer(models.Model):
    """What is offered to the right customers: products, price, validity, terms.

    The single source of what every touch point says: texts take the terms from here,
    and one that leaves out a mandatory fact, or names another price, does not pass.
    """

    _name = "crm.offer"
    _description = "Offer"
    _inherit = ["crm.decision.content.mixin", "mail.thread"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    _decision_content = (
        *("line_ids", "fact_ids", "rendering_ids", "date_from", "date_to"),
        *("currency_id", "payment_term_id", "terms"),
    )

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Designed by",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
        tracking=True,
    )
    author_ids = fields.Many2many(
        comodel_name="res.users",
        relation="crm_offer_author_rel",
        string="Authors",
        readonly=True,
        copy=False,
        help="Whoever had a hand in terms or texts; they do not decide about campaigns "
        "that make this offer.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        ondelete="restrict",
    )
    date_from = fields.Date(
        string="Valid from", required=True, default=fields.Date.today
    )
    date_to = fields.Date(string="Valid until", required=True, tracking=True)
    payment_term_id = fields.Many2one(
        comodel_name="account.payment.term",
        string="Payment terms",
        check_company=True,
        ondelete="restrict",
        help="Empty means the customer's own.",
    )
    terms = fields.Text(
        string="Conditions", help="What else holds, in the words customers read."
    )
    line_ids = fields.One2many(
        comodel_name="crm.offer.line",
        inverse_name="offer_id",
        string="Products",
        copy=True,
    )
    fact_ids = fields.One2many(
        comodel_name="crm.offer.fact",
        inverse_name="offer_id",
        string="Further mandatory facts",
        copy=True,
    )
    rendering_ids = fields.One2many(
        comodel_name="crm.offer.rendering",
        inverse_name="offer_id",
        string="Texts",
        copy=True,
    )
    state = fields.Selection(
        selection=[
            ("draft", "Incomplete"),
            ("ready", "Complete"),
            ("over", "Over"),
        ],
        string="Status",
        compute="_compute_state",
    )
    problems = fields.Text(
        string="What is missing", compute="_compute_state", compute_sudo=False
    )
    # The last trial quotation; changed by trying only.
    trial_date = fields.Datetime(string="Tried on", readonly=True, copy=False)
    trial_ok = fields.Boolean(string="Can be sold", readonly=True, copy=False)
    trial_text = fields.Text(string="Trial quotations", readonly=True, copy=False)
    trial_hash = fields.Char(readonly=True, copy=False)

    _dates_check = models.Constraint(
        "CHECK(date_to >= date_from)", "An offer ends after it begins."
    )

    # ---- what it says ---------------------------------------------------------------

    @api.depends(
        "line_ids.product_id",
        "line_ids.discount",
        "line_ids.price",
        "line_ids.kind",
        "fact_ids.name",
        "rendering_ids.problems",
        "date_to",
        "terms",
    )
    def _compute_state(self):
        for offer in self:
            problems = offer._problems()
            offer.problems = "\n".join(problems)
            over = offer._is_over()
            offer.state = "over" if over else "draft" if problems else "ready"

    def _is_over(self) -> bool:
        """Tell whether the last day has passed where the company is."""
        if not self.date_to:
            return False
        zone = ZoneInfo(self.sudo().company_id._get_crm_tz())
        now = fields.Datetime.now().replace(tzinfo=UTC)
        return self.date_to < now.astimezone(zone).date()

    def _problems(self) -> list[str]:
        """Return in sentences what keeps an offer from being made."""
        problems = []
        if not self.line_ids:
            problems.append(self.env._("Name at least one product."))
        if not self.rendering_ids:
            problems.append(
                self.env._("Write at least one text, for e-mail or for a call.")
            )
        for text in self.rendering_ids:
            problems += (text.problems or "").splitlines()
        return problems

    def _facts(self, lang: str | None = None) -> list[Fact]:
        """Return what every text must say, in the words of a language."""
        self.ensure_one()
        offer = self.with_context(lang=lang or self.env.lang)
        facts = [fact for line in offer.line_ids for fact in line._facts()]
        until = offer.date_to
        if until:
            forms = (format_date(offer.env, until), until.isoformat())
            facts.append(Fact("until", offer.env._("valid until"), forms))
        if offer.payment_term_id:
            name = offer.payment_term_id.name
            facts.append(Fact("payment", offer.env._("payment terms"), (name,)))
        if offer.terms:
            facts.append(Fact("terms", offer.env._("conditions"), (offer.terms,)))
        facts += [Fact("own", fact.name, (fact.name,)) for fact in offer.fact_ids]
        return facts

    @api.model
    def _placeholders(self) -> dict[str, str]:
        """Return the placeholders of texts that stand for terms of the offer."""
        return {
            "products": self.env._("products of the offer"),
            "price": self.env._("prices or discounts"),
            "valid_until": self.env._("last day of the offer"),
            "payment_terms": self.env._("payment terms"),
            "conditions": self.env._("conditions"),
        }

    def _values(self, lang: str | None = None) -> dict[str, str]:
        """Return what stands for the placeholders, in the words of a language."""
        self.ensure_one()
        offer = self.with_context(lang=lang or self.env.lang)
        return {
            "products": ", ".join(offer.line_ids.mapped("product_id.display_name")),
            "price": ", ".join(line._price_text() for line in offer.line_ids),
            "valid_until": format_date(offer.env, offer.date_to)
            if offer.date_to
            else "",
            "payment_terms": offer.payment_term_id.name or "",
            "conditions": offer.terms or "",
        }

    def _amount_text(self, amount: float) -> str:
        return format_amount(self.env, amount, self.currency_id)

    # ---- can it be sold -------------------------------------------------------------

    def action_try(self):
        """Write trial quotations for a few customers, look whether they can be
        invoiced, and take everything back."""
        one(self)
        self.check_access("write")
        if not self.line_ids:
            raise UserError(self.env._("Name at least one product first."))
        self.env["crm.offer.trial"]._try(self)
        return True

    def _trial_terms(self) -> str:
        """Return a number that stands for what a trial quotation tries."""
        self.ensure_one()
        lines = sorted((line._decision_values() for line in self.line_ids), key=str)
        terms = {"lines": lines, "currency": self.currency_id.id}
        return content_hash(terms | {"payment": self.payment_term_id.id or 0})

    def _is_sellable(self) -> bool:
        """Tell whether a trial quotation of the terms as they are now succeeded."""
        return self.trial_ok and self.trial_hash == self._trial_terms()

    # ---- writing --------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_unforged(vals)
        blank = {} if self.env.su else dict.fromkeys(OWN_FIELDS, False)
        offers = super().create([vals | blank for vals in vals_list])
        offers._content_changed({})
        return offers

    def write(self, vals):
        self._check_unforged(vals)
        before = self._content_hashes()
        result = super().write(vals)
        self._content_changed(before)
        return result

    def copy(self, default=None):
        copies = super().copy(default)
        for offer, copied in zip(self, copies, strict=True):
            copied._add_authors(offer._known_authors())
        return copies

    def _check_unforged(self, vals: dict) -> None:
        forged = {name for name in OWN_FIELDS & vals.keys() if vals[name]}
        if not forged or self.env.su:
            return
        if "author_ids" in forged:
            raise AccessError(
                self.env._("Who wrote an offer is noted when it is written.")
            )
        raise AccessError(
            self.env._("Whether an offer can be sold comes from trying it only.")
        )

    # ---- who wrote it ---------------------------------------------------------------

    def _content_hashes(self) -> dict[int, str]:
        """Return numbers that stand for what is offered and said, by id."""
        # As superuser: lines the editor may not see are part of it all the same.
        return {o.id: content_hash(o.sudo()._decision_values()) for o in self}

    def _content_changed(self, before: dict[int, str]) -> None:
        """Remember who changed the content."""
        for offer_id, now in self._content_hashes().items():
            if now != before.get(offer_id):
                self.browse(offer_id)._add_authors(self.env.user)

    def _add_authors(self, users) -> None:  # pylint: disable=missing-return
        new = users - self._known_authors()
        links = [Command.link(user.id) for user in new]
        # Past the check of ``write``, which nobody else passes with this field.
        if links:  # pylint: disable-next=super-method-mismatch
            super(CrmOffer, self.sudo()).write({"author_ids": links})

    def _known_authors(self):
        return self.sudo().with_context(active_test=False).author_ids

    # ---- documents it is content of -------------------------------------------------

    def _decision_documents(self):
        # OVERRIDE: an offer may be made by several campaigns.
        return self.env["crm.campaign"]._of_offers(self)

    @api.constrains("line_ids")
    def _check_products_once(self):
        for offer in self:
            products = offer.line_ids.mapped("product_id")
            if len(products) < len(offer.line_ids):
                raise ValidationError(
                    self.env._("%s names a product twice.", offer.display_name)
                )
