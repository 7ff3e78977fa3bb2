from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

# What nobody has heard of for so long never left: its place is free again.
KEPT_DAYS = 7


class CrmContactReservation(models.Model):
    """A message handed over to one of Odoo's own queues of mails and text messages.

    It takes its place in the windows at once. When it has left it is in the ledger,
    and when it failed or was cancelled it is forgotten.
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
        ondelete="cascade",
    )
    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    kind = fields.Char(string="Kind of channel", required=True, readonly=True)
    purpose = fields.Char(required=True, readonly=True)
    address = fields.Char(readonly=True)
    subject = fields.Char(readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", readonly=True, ondelete="set null"
    )
    date = fields.Datetime(required=True, readonly=True)
    reference = fields.Char(
        required=True,
        readonly=True,
        help="Message-ID of the mail, or the number of the text message.",
    )

    _reference_uniq = models.UniqueIndex(
        "(reference, COALESCE(partner_id, 0))", "This message is in a queue already."
    )
    _date_idx = models.Index("(date)")

    @api.model
    def _hand_over(self, vals_list: list[dict]) -> None:
        """Note messages handed over; ``company_id``, ``kind``, ``purpose``,
        ``reference`` and one of ``partner_id`` and ``lead_id`` are needed."""
        names = (
            *("company_id", "partner_id", "lead_id", "kind", "purpose", "address"),
            *("subject", "user_id", "reference"),
        )
        rows = SQL(", ").join(
            SQL("(%s)", SQL(", ").join(SQL("%s", vals.get(n) or None) for n in names))
            for vals in vals_list
            if vals.get("partner_id") or vals.get("lead_id")
        )
        if not rows:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_contact_reservation (%(names)s, date)
                   SELECT company_id::int, partner_id::int, lead_id::int, kind, purpose,
                          address, subject, user_id::int, reference,
                          date_trunc('second', now() AT TIME ZONE 'UTC')
                     FROM (VALUES %(rows)s) AS given(%(names)s)
                       ON CONFLICT DO NOTHING RETURNING id""",
                names=SQL(", ").join(map(SQL.identifier, names)),
                rows=rows,
            )
        )
        self.invalidate_model()

    @api.model
    def _left(self, sources: dict[str, tuple[str, str]], message=None) -> None:
        """Messages have left: they are contacts now.

        :param sources: by reference, model and key they are recorded from
        :param message: the ``mail.message`` of a single one
        """
        rows = self.sudo().search([("reference", "in", list(sources))])
        recorder = self.env["crm.touch.recorder"].sudo()
        touches = []
        for row in rows:
            channel = recorder._channel_of_kind(row.kind, row.company_id)
            if channel:
                model, key = sources[row.reference]
                touches.append(row._touch_values(channel, model, key, message))
        if touches:
            # Thousands of these follow each other.
            self.env["crm.customer.change"]._leave_to_cron()
            self.env["crm.touch"]._log(touches)
        rows.unlink()

    def _touch_values(self, channel, model: str, key: str, message) -> dict:
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
            "message_id": message.id if message else False,
            "source_model": model,
            # A mail to several is a contact with each of them.
            "source_key": key if model == "mailing.trace" else f"{key}/{self._who()}",
        }

    def _who(self) -> str:
        return str(self.partner_id.id or f"lead{self.lead_id.id}")

    @api.model
    def _forget(self, references: list[str]) -> None:
        """Messages failed or were cancelled: they take no place."""
        self.sudo().search([("reference", "in", references)]).unlink()

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
        """Forget what never left."""
        rows = self.env.execute_query(
            SQL(
                """DELETE FROM crm_contact_reservation WHERE id IN (
                       SELECT id FROM crm_contact_reservation
                        WHERE date < now() AT TIME ZONE 'UTC'
                                     - make_interval(days => %s)
                        LIMIT %s) RETURNING id""",
                KEPT_DAYS,
                GC_UNLINK_LIMIT,
            )
        )
        self.invalidate_model()
        return len(rows), int(len(rows) == GC_UNLINK_LIMIT)
