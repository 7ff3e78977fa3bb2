from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.privacy import DataSource, Subject

# Law asks to keep them with what was written on and about them.
ACCOUNTING = ("account.move", "account.payment", "account.bank.statement.line")
# Pages of which everything goes that was ever written on them.
PERSONAL = ("res.partner", "crm.lead", "mail.blacklist", "phone.blacklist")
PARTNER_COLUMNS = (
    "email",
    "email_normalized",
    "phone",
    "phone_sanitized",
    "street",
    "street2",
    "zip",
    "city",
    "comment",
    "vat",
    "website",
    "function",
    "ref",
    "barcode",
    "company_name",
    "company_registry",
    "properties",
    "crm_birth_date",
    "crm_sex",
    "crm_occupation",
    "crm_income_band",
)
LEAD_COLUMNS = (
    "contact_name",
    "partner_name",
    "email_from",
    "email_normalized",
    "email_domain_criterion",
    "email_cc",
    "phone",
    "phone_sanitized",
    "street",
    "street2",
    "zip",
    "city",
    "description",
    "website",
    "function",
    "referred",
    "lead_properties",
)


class CrmDataSubjectCore(models.AbstractModel):
    """Personal data in the tables of Odoo this module builds on."""

    _name = "crm.data.subject.core"
    _description = "Personal Data in Odoo"

    @api.model
    def _sources(self) -> list[DataSource]:
        return [
            *self._contact_sources(),
            *self._dialogue_sources(),
            *self._refusal_sources(),
            *self._document_sources(),
        ]

    @api.model
    def _contact_sources(self) -> list[DataSource]:
        nobody = self.env._("Anonymised")
        return [
            DataSource(
                "res.partner",
                self.env._("Contact"),
                lambda s: Domain("id", "in", s.partner_ids),
                ("name", *PARTNER_COLUMNS, "create_date"),
                blank={
                    **dict.fromkeys(PARTNER_COLUMNS),
                    "name": nobody,
                    "complete_name": nobody,
                    "active": False,
                },
            ),
            DataSource(
                "crm.lead",
                self.env._("Leads"),
                lambda s: Domain("id", "in", s.lead_ids),
                ("name", *LEAD_COLUMNS[:-1], "create_date", "stage_id"),
                blank={**dict.fromkeys(LEAD_COLUMNS), "name": nobody},
            ),
        ]

    @api.model
    def _dialogue_sources(self) -> list[DataSource]:
        return [
            DataSource(
                "mail.message",
                self.env._("Messages"),
                self._which_messages,
                ("date", "subject", "body", "email_from"),
            ),
            DataSource(
                "mail.activity",
                self.env._("Planned and done activities"),
                self._which_activities,
                ("date_deadline", "summary", "note"),
                delete=True,
            ),
            DataSource(
                "calendar.event",
                self.env._("Meetings"),
                lambda s: Domain("partner_ids", "in", s.partner_ids),
                ("start", "name", "location", "description"),
            ),
            DataSource(
                "rating.rating",
                self.env._("Ratings"),
                lambda s: Domain("partner_id", "in", s.partner_ids),
                ("create_date", "rating", "feedback"),
                blank={"feedback": None},
            ),
        ]

    @api.model
    def _refusal_sources(self) -> list[DataSource]:
        return [
            DataSource(
                "mail.blacklist",
                self.env._("Refused e-mail"),
                lambda s: Domain("email", "in", s.emails),
                ("email", "active"),
                delete=True,
            ),
            DataSource(
                "phone.blacklist",
                self.env._("Refused telephone numbers"),
                lambda s: Domain("number", "in", s.phones),
                ("number", "active"),
                delete=True,
            ),
        ]

    @api.model
    def _document_sources(self) -> list[DataSource]:
        return [
            DataSource(
                "sale.order",
                self.env._("Quotations and orders"),
                lambda s: Domain("id", "in", s.order_ids),
                ("name", "date_order", "amount_total", "currency_id", "signed_by"),
                kept=self.env._("Law asks to keep them."),
            ),
            DataSource(
                "account.move",
                self.env._("Invoices"),
                self._which_moves,
                ("name", "invoice_date", "amount_total", "currency_id"),
                kept=self.env._(
                    "Law asks to keep them, with the recipient as invoiced."
                ),
            ),
        ]

    # ---- which ----------------------------------------------------------------------

    @api.model
    def _which_moves(self, subject: Subject) -> Domain:
        return Domain("partner_id", "in", subject.partner_ids) & Domain(
            "move_type", "in", ("out_invoice", "out_refund", "out_receipt")
        )

    @api.model
    def _which_activities(self, subject: Subject) -> Domain:
        return self._on_pages(subject, "res_model")

    @api.model
    def _own_messages(self, subject: Subject) -> Domain:
        """Messages on the person's own pages and on decisions about the person."""
        own = self.env["crm.data.subject.own"]
        return self._on_pages(subject, "model") | own._on_decided(subject, "model")

    @api.model
    def _on_pages(self, subject: Subject, model: str) -> Domain:
        blacklist = self.env["mail.blacklist"].sudo().with_context(active_test=False)
        numbers = self.env["phone.blacklist"].sudo().with_context(active_test=False)
        pages = {
            "res.partner": list(subject.partner_ids),
            "crm.lead": list(subject.lead_ids),
            "mail.blacklist": blacklist.search([("email", "in", subject.emails)]).ids,
            "phone.blacklist": numbers.search([("number", "in", subject.phones)]).ids,
        }
        return Domain.OR(
            Domain(model, "=", name) & Domain("res_id", "in", ids)
            for name, ids in pages.items()
        )

    @api.model
    def _which_messages(self, subject: Subject) -> Domain:
        return self._own_messages(subject) | self._elsewhere(subject)

    @api.model
    def _elsewhere(self, subject: Subject) -> Domain:
        """Messages by or to the person on other pages than the person's own."""
        people = subject.partner_ids
        return (
            Domain("author_id", "in", people)
            | Domain("notified_partner_ids", "in", people)
            | Domain("partner_ids", "in", people)
            | (
                Domain("model", "=", "sale.order")
                & Domain("res_id", "in", subject.order_ids)
            )
        ) & Domain("model", "not in", [*ACCOUNTING, *PERSONAL])

    @api.model
    def _phones(self, subject: Subject) -> set[str]:
        """Return the numbers of the person as Odoo writes numbers."""
        partners = self.env["res.partner"].sudo().browse(subject.partner_ids)
        leads = self.env["crm.lead"].sudo().browse(subject.lead_ids)
        found = {*partners.mapped("phone_sanitized"), *leads.mapped("phone_sanitized")}
        return found - {False}

    # ---- what stays ---------------------------------------------------------------

    @api.model
    def _keep_recipients(self, subject: Subject) -> None:
        """Write down on invoices to whom they were, as law asks: after that the
        contact does not tell any more."""
        moves = (
            self.env["account.move"]
            .sudo()
            .search(self._which_moves(subject) & Domain("state", "=", "posted"))
        )
        self.env["ir.attachment"].sudo().create(
            [
                {
                    "name": self.env._("Recipient as invoiced") + ".txt",
                    "res_model": move._name,
                    "res_id": move.id,
                    "raw": self._recipient(move.partner_id).encode(),
                    "mimetype": "text/plain",
                }
                for move in moves
            ]
        )

    @api.model
    def _recipient(self, partner) -> str:
        lines = [partner.name, partner._display_address(), partner.vat]
        return "\n".join(line for line in lines if line)

    # ---- what goes ----------------------------------------------------------------

    @api.model
    def _erase_mail(self, subject: Subject) -> None:
        """Messages on the person's own pages go with their files; of those on other
        pages only the text, so that the others' thread keeps its shape."""
        Message = self.env["mail.message"].sudo()
        gone = Message.search(self._own_messages(subject))
        blank = Message.search(self._elsewhere(subject))
        self._drop_files(subject, gone)
        self._drop_mails(subject, gone.ids + blank.ids)
        self.env.execute_query(
            SQL("DELETE FROM mail_message WHERE id = ANY(%s) RETURNING id", gone.ids)
        )
        self.env.execute_query(
            SQL(
                """UPDATE mail_message
                      SET body = '', subject = NULL, email_from = NULL,
                          reply_to = NULL, incoming_email_to = NULL,
                          incoming_email_cc = NULL, outgoing_email_to = NULL
                    WHERE id = ANY(%s) RETURNING id""",
                blank.ids,
            )
        )
        self.env.execute_query(
            SQL(
                "DELETE FROM mail_tracking_value WHERE mail_message_id = ANY(%s) "
                "RETURNING id",
                blank.ids,
            )
        )
        self.env.invalidate_all(flush=False)

    @api.model
    def _drop_files(self, subject: Subject, messages) -> None:
        """Delete files of the person's pages, pictures included."""
        found = self.env.execute_query(
            SQL(
                """SELECT id FROM ir_attachment
                    WHERE res_model = 'res.partner' AND res_id = ANY(%(partners)s)
                       OR res_model = 'crm.lead' AND res_id = ANY(%(leads)s)
                       OR res_model = 'mail.message' AND res_id = ANY(%(messages)s)
                       OR id IN (SELECT r.attachment_id
                                   FROM message_attachment_rel r
                                   JOIN mail_message m ON m.id = r.message_id
                                   JOIN ir_attachment a ON a.id = r.attachment_id
                                  WHERE m.id = ANY(%(messages)s)
                                    AND a.res_model = m.model AND a.res_id = m.res_id)
                       OR res_model = 'crm.privacy.request' AND res_id IN (
                          SELECT id FROM crm_privacy_request
                           WHERE partner_id = ANY(%(partners)s))""",
                partners=list(subject.partner_ids),
                leads=list(subject.lead_ids),
                messages=messages.ids,
            )
        )
        files = self.env["ir.attachment"].sudo()
        files.browse(row_id for (row_id,) in found).unlink()
        # The files themselves go with Odoo's cleaning, which this only hastens.
        self.env.ref("base.autovacuum_job").sudo()._trigger()

    @api.model
    def _drop_mails(self, subject: Subject, message_ids: list[int]) -> None:
        """Delete mails made of messages, and addresses noted with them."""
        patterns = [f"%{email}%" for email in subject.emails]
        self.env.execute_query(
            SQL(
                """DELETE FROM mail_mail m USING mail_message g
                    WHERE g.id = m.mail_message_id
                      AND (m.mail_message_id = ANY(%s)
                           OR m.email_to ILIKE ANY(%s)
                              AND COALESCE(g.model, '') != ALL(%s))
                RETURNING m.id""",
                message_ids,
                patterns,
                list(ACCOUNTING),
            )
        )
        self.env.execute_query(
            SQL(
                """UPDATE mail_notification SET mail_email_address = NULL
                    WHERE res_partner_id = ANY(%s)
                       OR mail_message_id = ANY(%s) RETURNING id""",
                list(subject.partner_ids),
                message_ids,
            )
        )

    @api.model
    def _erase_rest(self, subject: Subject) -> None:
        """What is no record about the person but mentions them."""
        people, patterns = list(subject.partner_ids), subject.patterns()
        self._erase_meetings(people, patterns)
        for query in (
            SQL("DELETE FROM mail_followers WHERE partner_id = ANY(%s)", people),
            SQL(
                "UPDATE res_partner_bank SET acc_holder_name = NULL "
                "WHERE partner_id = ANY(%s)",
                people,
            ),
            SQL(
                "DELETE FROM ir_model_data WHERE model = 'res.partner' "
                "AND res_id = ANY(%s)",
                people,
            ),
            SQL(
                """UPDATE res_users SET active = false, password = NULL,
                          login = 'erased-' || id, signature = NULL
                    WHERE partner_id = ANY(%s)""",
                people,
            ),
            # Short-lived notes to browsers.
            SQL("DELETE FROM bus_bus WHERE message ILIKE ANY(%s)", patterns),
        ):
            self.env.cr.execute(query)

    @api.model
    def _erase_meetings(self, people: list[int], patterns: list[str]) -> None:
        """Meetings with the person stay as time spent, without words."""
        for query in (
            SQL(
                """UPDATE calendar_event SET name = %s, description = NULL,
                          location = NULL
                    WHERE (name ILIKE ANY(%s) OR description ILIKE ANY(%s)
                           OR location ILIKE ANY(%s))
                      AND id IN (SELECT event_id FROM calendar_attendee
                                  WHERE partner_id = ANY(%s))""",
                self.env._("Meeting"),
                patterns,
                patterns,
                patterns,
                people,
            ),
            SQL(
                "UPDATE calendar_attendee SET common_name = %s "
                "WHERE partner_id = ANY(%s)",
                self.env._("Anonymised"),
                people,
            ),
        ):
            self.env.cr.execute(query)
