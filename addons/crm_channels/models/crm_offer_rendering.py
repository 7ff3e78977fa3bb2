from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools import is_html_empty

from odoo.addons.crm_relationship.core import placeholders

from ..core import offers


class CrmOfferRendering(models.Model):
    """The words of an offer for a kind of channel: a mail, a call script, a letter."""

    _name = "crm.offer.rendering"
    _description = "Text of an Offer"
    _inherit = ["crm.offer.content.mixin", "crm.placeholder.mixin"]
    _order = "kind, lang, id"

    _decision_content = ("kind", "lang", "subject", "body")

    kind = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("phone", "Call script"),
            ("letter", "Letter"),
        ],
        string="For",
        required=True,
        default="email",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
        help="Customers who speak another language get this text if there is no other.",
    )
    subject = fields.Char(required=True, help="For calls: what the call is about.")
    body = fields.Html(
        string="Text",
        sanitize="email_outgoing",
        sanitize_overridable=False,
    )
    problems = fields.Text(compute="_compute_problems")
    preview = fields.Html(compute="_compute_problems")

    _kind_uniq = models.Constraint(
        "UNIQUE(offer_id, kind, lang)",
        "There is one text of an offer for each channel and language.",
    )

    @api.depends("kind", "lang", "subject")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for text in self:
            text.display_name = f"{kinds.get(text.kind, '')} ({text.lang})"

    @api.depends(
        *("kind", "lang", "subject", "body", "offer_id.terms", "offer_id.date_to"),
        *("offer_id.line_ids.product_id", "offer_id.line_ids.price"),
        *("offer_id.line_ids.kind", "offer_id.line_ids.discount"),
        *("offer_id.fact_ids.name", "offer_id.payment_term_id"),
        "offer_id.currency_id",
    )
    def _compute_problems(self):
        for text in self:
            text.problems = "\n".join(text._problems())
            text.preview = text._words(text.env["res.partner"])[1]

    # ---- words ----------------------------------------------------------------------

    def _placeholders(self):
        # OVERRIDE
        return {
            **self.env["crm.service.mail"]._placeholders(),
            **self.env["crm.offer"]._placeholders(),
        }

    def _words(self, partner) -> tuple[str, Markup]:
        """Return subject and text for a customer."""
        self.ensure_one()
        offer = self.offer_id
        values = offer._values(self.lang)
        mail = self.env["crm.service.mail"].new(
            {"company_id": offer.company_id.id, "user_id": offer.user_id.id}
        )
        for name in mail._placeholders():
            values[name] = mail._value_for(name, partner.sudo())
        subject = placeholders.heading(placeholders.fill(self.subject, values))
        body = placeholders.fill(self.body or "", values, escape)
        return subject, Markup(body)  # noqa: S704  values are escaped, body sanitized

    def _problems(self) -> list[str]:
        """Return in sentences what a text lacks, or says otherwise than the offer."""
        self.ensure_one()
        if is_html_empty(self.body):
            return [self.env._("%s: there is no text yet.", self.display_name)]
        offer = self.offer_id
        words = " ".join(map(str, self._words(self.env["res.partner"])))
        problems = [
            self.env._(
                "%(text)s does not say: %(what)s (%(form)s).",
                text=self.display_name,
                what=fact.label,
                form=fact.forms[0],
            )
            for fact in offers.missing(words, offer._facts(self.lang))
        ]
        lines = offer.line_ids
        currency = offer.currency_id
        strangers = offers.other_percentages(words, lines.mapped("discount"))
        strangers += offers.other_amounts(
            words, (currency.symbol, currency.name), lines.mapped("price")
        )
        return problems + [
            self.env._(
                "%(text)s says %(stranger)s, which is not what is offered.",
                text=self.display_name,
                stranger=stranger,
            )
            for stranger in strangers
        ]
