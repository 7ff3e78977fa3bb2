from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.consent import KINDS, PURPOSES

KIND_LABELS = [
    ("email", "E-mail"),
    ("phone", "Telephone"),
    ("sms", "Text message"),
    ("letter", "Letter"),
]
PURPOSE_LABELS = [
    ("promotion", "Offers and news"),
    ("relationship", "Personal contact"),
    ("service", "Service information"),
]
HOW = [
    ("preferences", "By themselves, on the preference page"),
    ("unsubscribe", "By themselves, with the link in a mail"),
    ("manual", "Told to us, entered by hand"),
    ("import", "Imported"),
    ("api", "Told by another system"),
    ("blacklist", "Blacklist"),
    ("list", "Opt-out of mailing lists"),
    ("address", "Taken along to a new address"),
    ("merge", "Taken along when contacts were merged"),
    ("suppressed", "Erased on request before"),
]


class CrmConsent(models.Model):
    """What holds for one address, one way and one purpose: granted, withdrawn, or
    nothing said; and until when somebody wants a rest.

    It follows from the events (``crm.consent.event``), which prove it. Only
    ``crm.consent.recorder`` writes here. A row belongs to an address, not to a
    contact: several contacts may share one, and mail reaches whoever reads it.
    """

    _name = "crm.consent"
    _description = "Consent"
    _order = "state_date desc nulls last, id desc"
    _rec_name = "address"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=KIND_LABELS, string="By", required=True, readonly=True
    )
    address = fields.Char(
        required=True,
        readonly=True,
        help="As it is compared: in small letters, numbers without blanks.",
    )
    purpose = fields.Selection(
        selection=PURPOSE_LABELS, string="For", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Who said it last, as far as that is known.",
    )
    state = fields.Selection(
        selection=[
            ("unknown", "Nothing said"),
            ("granted", "Agreed"),
            ("withdrawn", "Refused"),
        ],
        required=True,
        readonly=True,
        default="unknown",
    )
    state_date = fields.Datetime(
        string="Said on",
        readonly=True,
        help="When they said so, not when we heard of it.",
    )
    how = fields.Selection(selection=HOW, string="How we know", readonly=True)
    pause_until = fields.Datetime(
        string="Rests until", readonly=True, help="Nothing is sent before."
    )
    pause_date = fields.Datetime(string="Asked for a rest on", readonly=True)
    event_ids = fields.One2many(
        comodel_name="crm.consent.event",
        string="Proof",
        compute="_compute_event_ids",
        help="Everything that was said about it, the newest first.",
    )

    _key_uniq = models.Constraint(
        "UNIQUE(company_id, kind, address, purpose)",
        "There is one row for an address, a way and a purpose.",
    )
    _address_idx = models.Index("(address)")
    # Serves the default order of the list.
    _date_idx = models.Index("(state_date DESC NULLS LAST, id DESC)")

    @api.depends("address", "kind", "purpose")
    def _compute_event_ids(self):
        for consent in self:
            consent.event_ids = self.env["crm.consent.event"].search(
                [(name, "=", consent[name]) for name in ("kind", "address", "purpose")]
                + [("company_id", "=", consent.company_id.id)]
            )

    # ---- written by the recorder only ---------------------------------------------

    def write(self, vals):  # pylint: disable=method-required-super
        # What a merge of contacts does comes past the ORM.
        raise UserError(
            self.env._(
                "A consent is not changed: enter what the customer said with “Enter "
                "what was said”, and it follows from that."
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "Consents are not deleted: with them, it would be forgotten who "
                "refused. An erasure request for the contact deletes them."
            )
        )

    # ---- as a rule ------------------------------------------------------------------

    @api.model
    def _key_sql(self, kind: SQL, address: SQL) -> SQL:
        """Return by what an address is known here (``core/consent.address_key``).

        Only A to Z become small: what is a letter beyond them differs from database to
        database, and from PostgreSQL to Python.
        """
        return SQL(
            r"""CASE WHEN %(kind)s IN ('phone', 'sms')
                     THEN regexp_replace(%(address)s, '[^0-9+]', '', 'g')
                     WHEN %(kind)s = 'letter'
                     THEN lower(btrim(regexp_replace(%(address)s,
                                         '[ \t\n\r\f\v,]+', ' ', 'g')) COLLATE "C")
                     ELSE lower(btrim(%(address)s, E' \t\n\r\f\v') COLLATE "C")
                     END""",
            kind=kind,
            address=address,
        )

    @api.model
    def _refused_sql(
        self,
        kind: SQL,
        purpose: SQL,
        address: SQL,
        company: SQL,
        at: SQL | None = None,
        customer: SQL | None = None,
    ) -> SQL:
        """Return ``withdrawn``, ``paused``, ``suppressed``, ``no_consent`` or NULL.

        :param at: the moment, naive UTC; now if left out
        :param customer: id of the customer whose address it is, NULL for nobody's
        """
        for name in ("crm.consent", "res.company", "crm.customer.profile"):
            self.env[name].flush_model()
        root = self.env["crm.outbox.rules"]._root_sql(company)
        key = self._key_sql(kind, address)
        # What is given names tables of the query around: none here may be called alike.
        return SQL(
            """CASE WHEN %(purpose)s = ANY(%(purposes)s) AND %(kind)s = ANY(%(kinds)s)
                    THEN NULLIF(COALESCE((
                        SELECT CASE WHEN held.state = 'withdrawn'
                                         AND held.how = 'suppressed'
                                    THEN 'suppressed'
                                    WHEN held.state = 'withdrawn' THEN 'withdrawn'
                                    WHEN held.pause_until > %(at)s THEN 'paused'
                                    WHEN held.state = 'granted' THEN '' END
                          FROM crm_consent held
                         WHERE held.company_id = (%(root)s) AND held.kind = %(kind)s
                           AND held.address = %(key)s AND held.purpose = %(purpose)s),
                        CASE WHEN %(blocked)s OR %(left)s THEN 'withdrawn' END,
                        CASE WHEN %(purpose)s = 'promotion' THEN %(unasked)s END),
                    '') END""",
            kind=kind,
            kinds=list(KINDS),
            purpose=purpose,
            purposes=list(PURPOSES),
            root=root,
            key=key,
            at=at or SQL("(now() AT TIME ZONE 'UTC')"),
            blocked=self._number_blocked_sql(kind, purpose, key),
            left=self._left_lists_sql(kind, purpose, root, key),
            unasked=self._unasked_sql(kind, root, key, customer or SQL("NULL::int")),
        )

    @api.model
    def _number_blocked_sql(self, kind: SQL, purpose: SQL, key: SQL) -> SQL:
        """Return whether a number is on Odoo's blacklist, for those of whom a company
        knows nothing else: it may be younger than the entry."""
        self.env["phone.blacklist"].flush_model()
        return SQL(
            """(%(kind)s = 'sms' OR %(kind)s = 'phone' AND %(purpose)s = 'promotion')
               AND EXISTS (SELECT FROM phone_blacklist blocked
                            WHERE blocked.active AND blocked.number = %(key)s)""",
            kind=kind,
            purpose=purpose,
            key=key,
        )

    @api.model
    def _left_lists_sql(self, kind: SQL, purpose: SQL, root: SQL, key: SQL) -> SQL:
        """Return whether an address left all its mailing lists and that is not written
        down yet: the take-over of the lists is still under way."""
        self.env["crm.consent.takeover"].flush_model()
        return SQL(
            """%(kind)s = 'email' AND %(purpose)s = 'promotion'
               AND EXISTS (SELECT FROM crm_consent_takeover untaken
                            WHERE untaken.position < untaken.last_entry
                              AND untaken.source = 'opt_out'
                              AND untaken.company_id = (%(root)s))
               AND EXISTS (SELECT FROM mailing_contact mc
                             JOIN mailing_subscription ms ON ms.contact_id = mc.id
                            WHERE mc.email_normalized = %(key)s AND ms.opt_out)
               AND NOT (%(listed)s)""",
            kind=kind,
            purpose=purpose,
            root=root,
            key=key,
            listed=self._listed_sql(kind, key),
        )

    @api.model
    def _unasked_sql(self, kind: SQL, root: SQL, key: SQL, customer: SQL) -> SQL:
        """Return ``no_consent`` where silence does not allow promotion, else NULL."""
        return SQL(
            """(SELECT CASE s.setting
                       WHEN 'allowed' THEN NULL
                       WHEN 'opt_in' THEN 'no_consent'
                       ELSE CASE WHEN %(bought)s OR %(listed)s THEN NULL
                                 ELSE 'no_consent' END END
                  FROM (SELECT CASE WHEN %(kind)s IN ('email', 'sms')
                                    THEN COALESCE(rc.crm_consent_default, 'soft')
                                    ELSE COALESCE(rc.crm_consent_default_other,
                                                  'allowed') END AS setting
                          FROM res_company rc WHERE rc.id = (%(root)s)) s)""",
            kind=kind,
            root=root,
            bought=SQL(
                """EXISTS (SELECT FROM crm_customer_profile f
                            WHERE f.company_id = (%s) AND f.partner_id = %s
                              AND (f.purchase_count > 0 OR f.order_count > 0))""",
                root,
                customer,
            ),
            listed=self._listed_sql(kind, key),
        )

    @api.model
    def _listed_sql(self, kind: SQL, key: SQL) -> SQL:
        """Return whether an address is on a mailing list it did not leave."""
        for name in ("mailing.contact", "mailing.subscription"):
            self.env[name].flush_model()
        return SQL(
            """%s = 'email' AND EXISTS (
                   SELECT FROM mailing_contact mc
                     JOIN mailing_subscription ms ON ms.contact_id = mc.id
                    WHERE mc.email_normalized = %s AND ms.opt_out IS NOT TRUE)""",
            kind,
            key,
        )

    @api.model
    def _is_allowed_unasked(self, kind: str, key: str, partner, company) -> bool:
        """Return whether promotion is sent to an address nothing was said about."""
        self.env.flush_all()
        rule = self._unasked_sql(
            SQL("%s::varchar", kind),
            SQL("%s::int", company.root_id.id),
            SQL("%s::varchar", key),
            SQL("%s::int", partner.commercial_partner_id.id or None),
        )
        [(found,)] = self.env.execute_query(SQL("SELECT %s", rule))
        return found is None

    @api.model
    def _rule_sentences(self) -> dict[str, str]:
        """Return what each rule of :meth:`_refused_sql` says to people."""
        return {
            "withdrawn": self.env._(
                "The customer refused this: see the proof under Connect > Consents."
            ),
            "paused": self.env._(
                "The customer asked for a rest; it ends on a date given under Connect "
                "> Consents."
            ),
            "suppressed": self.env._(
                "Whoever had this address was erased on request; it is not written to."
            ),
            "no_consent": self.env._(
                "The customer never agreed to offers by this way, and the company's "
                "settings ask for that. Get the consent and enter it first."
            ),
        }
