import smtplib

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr, hmac, html2plaintext

from ..core import smtp as wire
from ..core.outbox import Content, Parcel
from ..core.placeholders import heading
from .crm_outbox_adapter import Route

# Seconds without an answer after which a connection counts as broken. Four answers of
# that length stay below the lease of a message.
READ_TIMEOUT = 30
# Mails over one connection: servers dislike endless ones.
MAILS_PER_CONNECTION = 100
STATUS = {"sent": "sent", "failed": "exception", "unknown": "exception"}


class CrmOutboxAdapterMail(models.AbstractModel):
    """E-mail: through Odoo's mail servers, in the thread of the contact.

    Each mail is a message on the contact's page before it leaves. So a reply is found
    by its references and lands there, and a bounce is put down to the right contact.
    """

    _name = "crm.outbox.adapter.mail"
    _inherit = ["crm.outbox.adapter"]
    _description = "Way Out: E-mail"

    @api.model
    def _servers(self, company):
        """Return the mail server model with addresses of a company's domain."""
        domain = company.alias_domain_id
        servers = self.env["ir.mail_server"].with_company(company)
        return servers.with_context(
            domain_notifications_email=domain.default_from_email,
            domain_bounce_address=domain.bounce_email,
        )

    # ---- the way ------------------------------------------------------------------

    def _routes(self, rows) -> dict[int, Route]:
        # OVERRIDE
        found, routes = {}, {}
        for row in rows:
            key = (row.company_id, self._author(row))
            if key not in found:
                found[key] = self._route(*key)
            routes[row.id] = found[key]
        return routes

    @api.model
    def _route(self, company, author_id: int) -> Route:
        """Return the way of mails of an author in a company's name."""
        author = self.env["res.partner"].browse(author_id)
        if not author.email:
            author = company.partner_id
        sender = author.email_formatted or company.email_formatted
        sender = sender or company.default_from_email
        servers = self._servers(company)
        server, envelope = servers._find_mail_server(sender)
        reply_to = sender
        if catchall := company.catchall_email:
            thread = self.env["mail.thread"].with_company(company)
            reply_to = thread._notify_get_reply_to_formatted_email(
                catchall, author_id=author.id
            )
        return Route(
            server.id if server else 0, envelope or sender, author.id, sender, reply_to
        )

    def _connect(self, route: Route):
        # OVERRIDE
        servers = self.env["ir.mail_server"]
        try:
            connection = servers._connect__(
                mail_server_id=route.server_key or None, smtp_from=route.envelope
            )
        except UserError as error:
            raise ConnectionError(str(error)) from error
        if connection is None:
            raise ConnectionError(self.env._("Odoo sends no mail in tests."))
        connection.sock.settimeout(READ_TIMEOUT)
        connection.crm_mails_left = MAILS_PER_CONNECTION
        return connection

    def _disconnect(self, connection) -> None:
        # OVERRIDE
        wire.hang_up(connection)

    def _deliver(self, connection, parcel: Parcel):
        # OVERRIDE
        connection.crm_mails_left -= 1
        return wire.converse(
            connection, parcel.sender, parcel.recipients, parcel.content
        )

    # ---- the mail -------------------------------------------------------------------

    def _prepare(self, row, route: Route, connection) -> Parcel:
        # OVERRIDE
        content = self._content(row)
        # A contact's field may hold several: the first one is the contact's.
        address = email_normalize(row.address or row.partner_id.email, strict=False)
        row.address = address
        row.message_ref = row.message_ref or self._message_ref(row)
        subject = heading(content.subject)
        self._message(row, route, content, subject)
        body = self._body(row, content)
        attachments = self._attachments(content)
        servers = self._servers(row.company_id).with_context(
            send_validated_to=[address]
        )
        mail = servers._build_email__(
            email_from=route.sender,
            email_to=[formataddr((heading(row.partner_id.name or ""), address))],
            subject=subject,
            body=body,
            body_alternative=html2plaintext(body),
            reply_to=route.reply_to,
            attachments=attachments,
            message_id=row.message_ref,
            subtype="html",
            subtype_alternative="plain",
            headers=self._headers(row),
        )
        smtp_from, recipients, mail = servers._prepare_email_message__(mail, connection)
        return Parcel(smtp_from, recipients, wire.flatten(mail))

    @api.model
    def _message_ref(self, row) -> str:
        """Return the Message-ID of a row: the same for each attempt, here and after a
        restart, and not to be guessed by those who would forge a reply."""
        domain = row.company_id.alias_domain_id.name or "localhost"
        secret = hmac(self.env(su=True), "crm_relationship.outbox", str(row.id))[:16]
        return f"<crm-outbox-{row.id}-{secret}@{domain}>"

    @api.model
    def _message(self, row, route: Route, content: Content, subject: str):
        """Return the message on the contact's page, made with the first attempt; what
        another attempt says instead, it says, too."""
        said = {"subject": subject, "body": self._body(row, content)}
        if row.message_id:
            files = [Command.set(content.attachments)]
            row.message_id.write({**said, "attachment_ids": files})
            return row.message_id
        row.message_id = self.env["mail.message"].create(
            {
                **said,
                "model": "res.partner",
                "res_id": row.partner_id.id,
                "record_company_id": row.company_id.id,
                "message_type": "email_outgoing",
                "subtype_id": self.env.ref("mail.mt_comment").id,
                "author_id": route.author_id,
                "email_from": route.sender,
                "reply_to": route.reply_to,
                "message_id": row.message_ref,
                "attachment_ids": list(content.attachments),
                "notification_ids": [
                    (
                        0,
                        0,
                        {
                            "res_partner_id": row.partner_id.id,
                            "mail_email_address": row.address,
                            "notification_type": "email",
                            "notification_status": "process",
                            "is_read": True,
                            "author_id": route.author_id,
                        },
                    )
                ],
            }
        )
        return row.message_id

    @api.model
    def _body(self, row, content: Content):
        return content.body

    @api.model
    def _attachments(self, content: Content) -> list[tuple]:
        files = self.env["ir.attachment"].browse(content.attachments).exists()
        return [(file.name, file.raw, file.mimetype) for file in files if file.raw]

    @api.model
    def _headers(self, row) -> dict[str, str]:
        """Return further headers: how to stop such mails, where bounces go."""
        headers = {"X-Auto-Response-Suppress": "OOF, AutoReply"}
        if bounce := row.company_id.alias_domain_id.bounce_email:
            headers["Return-Path"] = bounce
        if row.purpose == "promotion":
            headers["Precedence"] = "bulk"
        if link := self.env["crm.unsubscribe"]._link(row):
            headers["List-Unsubscribe"] = f"<{link}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers

    def _note(self, row) -> None:
        # OVERRIDE: the envelope beside the message shows what became of it.
        status = STATUS.get(row.state)
        notifications = row.message_id.notification_ids
        if status and notifications.filtered(
            lambda n: n.notification_status != "bounce"
        ):
            notifications.write(
                {
                    "notification_status": status,
                    "failure_type": False if status == "sent" else "unknown",
                    "failure_reason": False if status == "sent" else row.text,
                }
            )


CONNECTION_ERRORS = (OSError, smtplib.SMTPException)
