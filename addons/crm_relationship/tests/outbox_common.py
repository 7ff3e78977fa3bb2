from contextlib import contextmanager
from email import message_from_bytes, policy
from itertools import count
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

NUMBERS = count(1)
SENDER = "odoo.addons.crm_relationship.models.crm_outbox_sender"


class FakeSmtp:
    """A connection to a mail server that takes everything, unless told otherwise."""

    from_filter = None
    smtp_from = None
    crm_mails_left = 1000

    def __init__(self):
        self.taken = []  # (sender, recipients, message)
        self.answers = {}  # recipient -> (stage, code, text) or (stage, exception)
        self.envelope = None

    def _answer(self, stage, usual):
        recipients = self.envelope[1]
        told = self.answers.get(recipients[0]) if recipients else None
        if not told or told[0] != stage:
            return usual
        if isinstance(told[1], Exception):
            raise told[1]
        return told[1], told[2].encode()

    def has_extn(self, name):
        return False

    def mail(self, sender, options=()):
        self.envelope = (sender, [])
        return 250, b"OK"

    def rcpt(self, recipient):
        self.envelope[1].append(recipient)
        return self._answer("rcpt", (250, b"OK"))

    def docmd(self, command):
        return self._answer("data", (354, b"go on"))

    def send(self, content):
        self.content = content

    def getreply(self):
        answer = self._answer("end", (250, b"taken"))
        if answer[0] == 250:
            content = self.content.removesuffix(b"\r\n.\r\n")
            message = message_from_bytes(content, policy=policy.default)
            self.taken.append((*self.envelope, message))
        return answer

    def rset(self):
        pass

    def quit(self):
        pass

    close = quit


class OutboxCase(TransactionCase):
    """Customers, a sender without commits, and a mail server that is none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.mail_server"].search([]).active = False
        cls.server = cls.env["ir.mail_server"].create(
            {"name": "Outbox server", "smtp_host": "127.0.0.1", "smtp_port": 9}
        )
        cls.domain = cls.env["mail.alias.domain"].create({"name": "outbox.example"})
        cls.company = cls.env["res.company"].create(
            {
                "name": "Outbox company",
                "alias_domain_id": cls.domain.id,
                "email": "office@outbox.example",
            }
        )
        cls.manager = new_test_user(
            cls.env,
            "outbox_manager",
            "sales_team.group_sale_manager,crm_relationship.group_reader",
            email="manager@outbox.example",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.channels = {
            kind: cls.env["crm.channel"].create(
                {
                    "name": f"Outbox {kind}",
                    "code": f"outbox_{kind}",
                    "kind": kind,
                    "company_id": cls.company.id,
                }
            )
            for kind in ("email", "phone", "letter")
        }
        cls.customers = cls.make_customers(3)

    def setUp(self):
        super().setUp()
        self.smtp = FakeSmtp()

    @classmethod
    def make_customers(cls, number, **values):
        """Return new customers with profiles."""
        made = cls.env["res.partner"].create(
            [
                {
                    "name": f"Outbox customer {n}",
                    "email": f"customer{next(NUMBERS)}@c.example",
                    "is_company": True,
                    **values,
                }
                for n in range(number)
            ]
        )
        cls.env["crm.customer.profile"].create(
            [
                {"company_id": cls.company.id, "partner_id": partner.id, "active": True}
                for partner in made
            ]
        )
        return made

    def compose(self, customers=None, kind="email", **values):
        """Return a draft of the manager to customers."""
        customers = self.customers if customers is None else customers
        Mail = self.env["crm.service.mail"].with_user(self.manager)
        return Mail.with_company(self.company).create(
            {
                "subject": "About your order",
                "body": "<p>Dear {{ name }}, all is well.</p>",
                "channel_id": self.channels[kind].id,
                "audience": repr([("partner_id", "in", customers.ids)]),
                **values,
            }
        )

    def rows(self, mail):
        """Return the outgoing messages of a mail."""
        recipients = self.env["crm.service.mail.recipient"].search(
            [("mail_id", "=", mail.id)]
        )
        return self.env["crm.outbox"].search(
            [
                ("origin_model", "=", recipients._name),
                ("origin_key", "in", recipients.ids),
            ],
            order="id",
        )

    @contextmanager
    def without_network(self):
        """Let senders work in this transaction and reach only `self.smtp`."""

        def in_transaction(env, work, *args, **_options):
            savepoint = env.cr.savepoint(flush=False)
            try:
                result = work(*args)
                env.flush_all()
            except Exception:
                env.clear()
                savepoint.close(rollback=True)
                raise
            savepoint.close(rollback=False)
            env.invalidate_all()
            return result

        adapter = type(self.env["crm.outbox.adapter.mail"])
        with (
            patch(f"{SENDER}.in_transaction", in_transaction),
            patch(f"{SENDER}.roll_back", lambda env: env.invalidate_all()),
            patch.object(adapter, "_connect", lambda self, route: smtp),
        ):
            smtp = self.smtp
            yield

    def send(self, lane="service"):
        """Send what is due."""
        with self.without_network():
            return sum(self.env["crm.outbox.sender"]._work(lane))

    def due_now(self, rows):
        """Let rows wait no longer for another attempt."""
        self.env.flush_all()
        rows.write({"due": "2020-01-01"})
