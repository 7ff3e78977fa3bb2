from odoo import Command, fields
from odoo.tools import SQL

from .touch_common import TouchCommon

NAME = "Zebedia Quorthon"
EMAIL = "zebedia.quorthon@canary.example"
PHONE = "+1 212 555 0777"
DIGITS = "2125550777"
NOTE = "likes xylophones"
CANARIES = ("Quorthon", "zebedia", DIGITS, "555 0777", "xylophone")

# What law asks to keep with invoices, orders and payments, and where the person may be
# named in it.
KEPT = {
    "account_move.invoice_partner_display_name",
    "account_move.invoice_source_email",
    "account_move.narration",
    "account_move.ref",
    "account_move_line.name",
    "account_payment.memo",
    "account_bank_statement_line.partner_name",
    "account_bank_statement_line.payment_ref",
    "sale_order.signed_by",
    "sale_order.client_order_ref",
    "payment_transaction.partner_name",
    "payment_transaction.partner_email",
    "payment_transaction.partner_phone",
    # what is in the files of invoices; see TestDataSubject.test_files_are_gone
    "ir_attachment.index_content",
}


class PrivacyCommon(TouchCommon):
    """A person of whom there is something in every corner."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.env["res.partner"].create(
            {
                "name": NAME,
                "email": EMAIL,
                "phone": PHONE,
                "street": "1 Xylophone Street",
                "comment": NOTE,
                "crm_occupation": "xylophone maker",
                "image_1920": cls._picture(),
                "child_ids": [
                    Command.create({"type": "delivery", "name": NAME, "phone": PHONE})
                ],
            }
        )
        cls._fill()
        cls.env.flush_all()

    @classmethod
    def _picture(cls):
        return (
            b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
            b"hgGAWjR9awAAAABJRU5ErkJggg=="
        )

    @classmethod
    def _fill(cls):
        """Leave traces of the person as people and machines do."""
        env, person = cls.env, cls.person
        person.message_post(body=f"{NAME} {NOTE}", attachments=[("x.txt", NOTE)])
        person.message_post(
            body="from outside", author_id=person.id, email_from=f'"{NAME}" <{EMAIL}>'
        )
        person.activity_schedule("mail.mail_activity_data_todo", note=NOTE)
        done = person.activity_schedule("mail.mail_activity_data_call", summary=NAME)
        done.action_feedback(feedback=NOTE)
        person.phone = PHONE  # tracked or not, written twice
        cls.lead = env["crm.lead"].create(
            {
                "name": f"{NAME} wants a xylophone",
                "contact_name": NAME,
                "email_from": EMAIL,
                "phone": PHONE,
                "description": NOTE,
                "company_id": cls.company.id,
            }
        )
        cls.lead.message_post(body=NAME, attachments=[("l.txt", NOTE)])
        cls.order = env["sale.order"].create(
            {"partner_id": person.id, "company_id": cls.company.id}
        )
        cls.order.message_post(body=f"Dear {NAME}", partner_ids=person.ids)
        cls.order.activity_schedule("mail.mail_activity_data_todo", summary="Call back")
        cls.invoice = cls.init_invoice(
            "out_invoice", partner=person, post=True, amounts=[100.0]
        )
        env["calendar.event"].create(
            {
                "name": f"With {NAME}",
                "start": "2026-03-02 10:00:00",
                "stop": "2026-03-02 11:00:00",
                "description": NOTE,
                "partner_ids": [Command.set(person.ids)],
            }
        )
        env["mail.blacklist"]._add(EMAIL)
        cls._fill_ours()

    @classmethod
    def _fill_ours(cls):
        env, person, company = cls.env, cls.person, cls.company
        env["crm.touch"]._log(
            [
                {
                    "company_id": company.id,
                    "partner_id": person.id,
                    "channel_id": channel.id,
                    "subject": f"About {NAME}",
                    "note": NOTE,
                }
                for channel in (cls.phone, cls.mail)
            ]
        )
        env["crm.external.ref"].create(
            {
                "company_id": company.id,
                "source": "shop",
                "ref": "Quorthon-1",
                "partner_id": person.id,
            }
        )
        env["crm.handover"].create(
            {"partner_id": person.id, "to_user_id": cls.colleague.id, "note": NOTE}
        )._decision_log(
            kind="decided",
            transition=env["crm.handover"]._decision_transitions()[0],
            to_state="offered",
            reason=NOTE,
        )
        cls._create_history(person, fields.Date.to_date("2026-01-05"), 50.0)
        cls._fill_events()

    @classmethod
    def _fill_events(cls):
        env, company = cls.env, cls.company
        source = env["crm.event.source"].create(
            {"name": "PBX", "code": "privacy", "company_id": company.id}
        )
        env["crm.inbound.event"].sudo().create(
            {
                "source_id": source.id,
                "company_id": company.id,
                "event_id": "1",
                "kind": "call.inbound",
                "event_date": "2026-03-01 10:00:00",
                "payload": f'{{"phone": "{PHONE}"}}',
                "payload_hash": "x",
            }
        )
        env["crm.idempotency"]._answer_once("m", "k", {"a": 1}, lambda: {"name": NAME})

    def _found(self) -> set[str]:
        """Return the columns of the database in which the person is still found."""
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                """SELECT table_name, column_name
                     FROM information_schema.columns JOIN pg_class
                          ON relname = table_name AND relkind = 'r'
                    WHERE table_schema = 'public'
                      AND data_type IN ('text', 'character varying', 'jsonb')"""
            )
        )
        patterns = [f"%{text}%" for text in CANARIES]
        found = set()
        for table, column in columns:
            [(there,)] = self.env.execute_query(
                SQL(
                    "SELECT EXISTS (SELECT FROM %s WHERE %s::text ILIKE ANY(%s))",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    patterns,
                )
            )
            if there:
                found.add(f"{table}.{column}")
        return found
