from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

# What nobody has heard of for so long never left, unless it is in a queue still.
KEPT_DAYS = 7


def recipient_reference(message_id: str, partner_id: int) -> str:
    """Return the reference of what one of several recipients of a mail gets.

    :param message_id: Message-ID, which has no blanks
    """
    return f"{message_id} {partner_id}"


class CrmContactReservation(models.Model):
    """A message handed over to one of Odoo's own queues of mails and text messages.

    It takes its place in the windows at once. When it has left it is in the ledger.
    When it failed or was cancelled it takes no place; but as long as the message is
    there somebody may send it again, and then this tells that it is a promotion and
    whose, see ``crm.core.queue``.
    """

    _name = "crm.contact.reservation"
    _description = "Message in Odoo's Queues"
    _order = "id desc"
    _rec_name = "address"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        # The message is there still, and has an address.
        ondelete="set null",
    )
    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    kind = fields.Char(string="Kind of channel", required=True, readonly=True)
    purpose = fields.Char(required=True, readonly=True)
    address = fields.Char(readonly=True)
    country = fields.Char(
        readonly=True, help="Of the lead or subscriber, if there is no contact."
    )
    subject = fields.Char(readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", readonly=True, ondelete="set null"
    )
    date = fields.Datetime(
        required=True, readonly=True, help="When it leaves, as far as that is known."
    )
    asked_in = fields.Char(
        readonly=True, help="The transaction in which the rules were asked last."
    )
    waits_since = fields.Datetime(
        readonly=True, help="When a rule made it wait for the first time."
    )
    idle = fields.Boolean(
        string="Takes no place",
        readonly=True,
        help="It failed or was cancelled, and may be sent again.",
    )
    reference = fields.Char(
        required=True,
        readonly=True,
        help="Message-ID of the mail, with the contact's id if it is one of several "
        "recipients, or the number of the text message.",
    )

    # Of whom was erased there is no address.
    _reference_uniq = models.UniqueIndex(
        "(reference, COALESCE(partner_id, 0), address) WHERE address IS NOT NULL",
        "This message is in a queue already.",
    )
    _reference_idx = models.Index("(reference)")
    _address_idx = models.Index("(lower(address)) WHERE partner_id IS NULL")
    _date_idx = models.Index("(date)")

    @api.model
    def _this_transaction(self) -> str:
        """Return what tells this transaction from all others: the microsecond in which
        it began, and what the rules take for now."""
        return f"{self.env.cr.now()} {self.env['crm.contact.gate']._now()}"

    @api.model
    def _hand_over(self, vals_list: list[dict]) -> None:
        """Note messages handed over; ``company_id``, ``kind``, ``purpose``,
        ``reference`` and one of ``partner_id``, ``lead_id`` and ``address`` are
        needed. The first one of a reference is the contact in the ledger; others tell
        who else reads it."""
        names = (
            *("company_id", "partner_id", "lead_id", "kind", "purpose", "address"),
            *("country", "subject", "user_id", "reference", "idle"),
        )
        rows = SQL(", ").join(
            SQL("(%s)", SQL(", ").join(SQL("%s", vals.get(n) or None) for n in names))
            for vals in vals_list
            if vals.get("partner_id") or vals.get("lead_id") or vals.get("address")
        )
        if not rows:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_contact_reservation (%(names)s, asked_in, date)
                   SELECT company_id::int, partner_id::int, lead_id::int, kind, purpose,
                          address, country, subject, user_id::int, reference,
                          idle::boolean, %(asked_in)s,
                          date_trunc('second', now() AT TIME ZONE 'UTC')
                     FROM (VALUES %(rows)s) AS given(%(names)s)
                       ON CONFLICT DO NOTHING RETURNING id""",
                names=SQL(", ").join(map(SQL.identifier, names)),
                asked_in=self._this_transaction(),
                rows=rows,
            )
        )
        self.invalidate_model()

    @api.model
    def _left(self, sources: dict[str, tuple[str, str]]) -> None:
        """Messages have left: they are contacts now.

        :param sources: by reference, model and key they are recorded from
        """
        rows = self.sudo().search([("reference", "in", list(sources))], order="id")
        recorder = self.env["crm.touch.recorder"].sudo()
        touches, seen = [], set()
        for row in rows:
            channel = recorder._channel_of_kind(row.kind, row.company_id)
            if channel and row._reaches_anybody():
                source = sources[row.reference]
                touches.append(
                    row._touch_values(channel, *source, row.reference in seen)
                )
                seen.add(row.reference)
        if touches:
            # Thousands of these follow each other.
            self.env["crm.customer.change"]._leave_to_cron()
            self.env["crm.touch"]._log(touches)
        rows.unlink()

    def _reaches_anybody(self) -> bool:
        """Tell whether there is still somebody this is a contact with."""
        return bool(self.partner_id or self.lead_id or self.address)

    def _touch_values(self, channel, model: str, key: str, is_other: bool) -> dict:
        # What has recipients of its own is a message on somebody's page; others may be
        # deleted when they have left.
        is_kept = " " in self.reference
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "lead_id": self.lead_id.id,
            "direction": "out",
            "channel_id": channel.id,
            "purpose": self.purpose,
            "address": self.address,
            "subject": self.subject,
            "user_id": self.user_id.id,
            "message_id": int(key) if is_kept else False,
            "source_model": model,
            # A mail to several is a contact with each of them; the statistics of a
            # mailing know one.
            "source_key": key
            if model == "mailing.trace" and not is_other
            else f"{key}/{self._who()}",
        }

    def _who(self) -> str:
        lead = self.lead_id and f"lead{self.lead_id.id}"
        return str(self.partner_id.id or lead or f"queue{self.id}")

    @api.model
    def _release(self, references: list[str]) -> None:
        """Messages failed or were cancelled: they take no place."""
        self.sudo().search([("reference", "in", references)]).idle = True

    @api.model
    def _merge_partners(self, src_ids: list[int], dst_id: int) -> None:
        """Give what waits for merged contacts to the one that stays; of one message to
        two of them one place remains."""
        self.env.execute_query(
            SQL(
                """DELETE FROM crm_contact_reservation WHERE id IN (
                       SELECT id FROM (
                           SELECT id, row_number() OVER (
                                          PARTITION BY reference
                                              ORDER BY partner_id = %s DESC, id) AS rank
                             FROM crm_contact_reservation
                            WHERE partner_id = ANY(%s)) twins
                        WHERE rank > 1) RETURNING id""",
                dst_id,
                [*src_ids, dst_id],
            )
        )
        self.env.execute_query(
            SQL(
                """UPDATE crm_contact_reservation SET partner_id = %s
                    WHERE partner_id = ANY(%s) RETURNING id""",
                dst_id,
                list(src_ids),
            )
        )
        self.invalidate_model()

    @api.autovacuum
    def _gc_reservations(self):
        """Forget what never left and is in no queue any more."""
        for name in ("mail.mail", "mail.message", "sms.sms"):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """DELETE FROM crm_contact_reservation WHERE id IN (
                       SELECT r.id FROM crm_contact_reservation r
                        WHERE r.date < now() AT TIME ZONE 'UTC'
                                       - make_interval(days => %s)
                          AND NOT EXISTS (
                              SELECT FROM mail_message m
                                JOIN mail_mail queued ON queued.mail_message_id = m.id
                               WHERE m.message_id = split_part(r.reference, ' ', 1))
                          AND NOT EXISTS (SELECT FROM sms_sms s
                                           WHERE s.uuid = r.reference)
                        LIMIT %s) RETURNING id""",
                KEPT_DAYS,
                GC_UNLINK_LIMIT,
            )
        )
        self.invalidate_model()
        return len(rows), int(len(rows) == GC_UNLINK_LIMIT)
