import secrets

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from ..core.privacy import EMAIL, PHONE, digest

# Where the secret of this installation is.
PARAMETER = "crm_relationship.suppression_secret"


class CrmSuppression(models.Model):
    """Addresses of erased persons, as numbers from which no address can be read.

    Who asked to be forgotten must not be written to after the next import of an old
    list. So an address that comes back is recognised and blocked at once.
    """

    _name = "crm.suppression"
    _description = "Suppressed Address"
    _order = "id desc"
    _rec_name = "kind"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Asked in",
        readonly=True,
        index=True,
        ondelete="set null",
        help="Suppressed in all companies; this one was asked.",
    )
    kind = fields.Selection(
        selection=[(EMAIL, "E-mail"), (PHONE, "Telephone")],
        required=True,
        readonly=True,
    )
    digest = fields.Char(required=True, readonly=True)
    create_date = fields.Datetime(
        string="Since", required=True, readonly=True, default=fields.Datetime.now
    )

    _digest_uniq = models.Constraint(
        "UNIQUE(digest)", "This address is suppressed already."
    )

    @api.model
    def _secret(self) -> str:
        """Return the secret of this installation, drawn with its first use. Backups
        and copies keep it, or nobody would be recognised there."""
        parameters = self.env["ir.config_parameter"].sudo()
        found = parameters.get_param(PARAMETER)
        if not found:
            found = secrets.token_hex(32)
            parameters.set_param(PARAMETER, found)
        return found

    @api.model
    def _remember(self, company, emails=(), phones=()) -> None:
        """Suppress normalised addresses from now on."""
        secret = self._secret()
        rows = [(EMAIL, digest(secret, EMAIL, email)) for email in emails]
        rows += [(PHONE, digest(secret, PHONE, phone)) for phone in phones]
        if not rows:
            return
        kinds, digests = zip(*rows, strict=True)
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_suppression (company_id, kind, digest, create_date)
                   SELECT %s, kind, digest, now() AT TIME ZONE 'UTC'
                     FROM unnest(%s::text[], %s::text[]) AS given(kind, digest)
                   ON CONFLICT DO NOTHING RETURNING id""",
                company.id or None,
                list(kinds),
                list(digests),
            )
        )
        self.invalidate_model()

    @api.model
    def _known(self, kind: str, values) -> list[str]:
        """Return those of some normalised addresses that are suppressed."""
        values = {value for value in values if value}
        if not values or not self._any():
            return []
        secret = self._secret()
        by_digest = {digest(secret, kind, value): value for value in values}
        rows = self.env.execute_query(
            SQL(
                "SELECT digest FROM crm_suppression "
                "WHERE kind = %s AND digest = ANY(%s)",
                kind,
                list(by_digest),
            )
        )
        return sorted(by_digest[found] for (found,) in rows)

    @api.model
    def _any(self) -> bool:
        """Tell whether there is anybody to recognise: most often nobody."""
        rows = self.env.execute_query(
            SQL("SELECT EXISTS (SELECT FROM crm_suppression)")
        )
        return rows[0][0]

    @api.model
    def _block(self, emails=(), phones=()) -> None:
        """Block those addresses that came back; with all rights."""
        why = self.env._("This person was erased on request; the address came back.")
        emails = filter(None, (email_normalize(email or "") for email in emails))
        blacklist = self.env["mail.blacklist"].sudo()
        for email in self._known(EMAIL, emails):
            blacklist._add(email, message=why)
        if numbers := self._known(PHONE, phones):
            self.env["phone.blacklist"].sudo()._add(numbers, message=why)
