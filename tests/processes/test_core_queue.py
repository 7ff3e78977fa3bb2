"""Promotion made by one process leaves by another, and somebody refuses in between."""

import json

import pytest

CUSTOMERS = 6

# Mails and text messages are made and stay in Odoo's queues. Then one customer refuses,
# in a process of its own. When the queues run, another one refuses while they do: the
# first mail is on its way, and the one to this customer is in a later batch.
CODE = '''
import json
import multiprocessing
import os
from contextlib import contextmanager
from unittest.mock import patch

import odoo.sql_db
from odoo import SUPERUSER_ID, api
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.crm_channels.models import crm_core_queue, mail_mail
from odoo.addons.sms.tools.sms_api import SmsApi


@contextmanager
def fresh(registry):
    with registry.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def ground(env, count):
    env.company.crm_consent_default = "allowed"
    env["crm.contact.policy"].search([]).active = False
    env["ir.mail_server"].search([]).unlink()
    env["mail.mail"].search([("state", "=", "outgoing")]).unlink()
    env["sms.sms"].search([("state", "=", "outgoing")]).unlink()
    return env["res.partner"].create(
        [{"name": f"Reader {n}", "email": f"reader{n}@queue.example",
          "phone": f"+1202555{n:04d}", "country_id": env.ref("base.us").id}
         for n in range(count)])


def compose(env, people, kind):
    mailing = env["mailing.mailing"].create(
        {"name": "Spring", "subject": "Spring", "mailing_type": kind,
         "mailing_model_id": env["ir.model"]._get("res.partner").id,
         "mailing_domain": repr([("id", "in", people.ids)]),
         "body_html": "<p>Buy</p>", "body_plaintext": "Buy"})
    mailing.with_context(default_force_send=False)._action_send_mail()


def refuse(registry, number):
    """Refuse in a process of its own, and return when that is committed."""
    child = multiprocessing.get_context("fork").Process(
        target=refuse_now, args=(registry, number))
    child.start()
    child.join()
    assert child.exitcode == 0


def refuse_now(registry, number):
    # The parent goes on using its connections: they are not to be closed.
    odoo.sql_db._Pool = None
    with fresh(registry) as env:
        env["crm.consent.recorder"]._record(
            [{"kind": kind, "address": address, "purpose": "promotion",
              "change": "withdrawn", "how": "preferences"}
             for kind, address in (("email", f"reader{number}@queue.example"),
                                   ("sms", f"+1202555{number:04d}"))])
    os._exit(0)


def run(registry, count):
    """Run both queues; return whom they wrote to."""
    mails, messages = [], []

    def send_email(server, message, *args, **kwargs):
        if not mails:
            refuse(registry, count - 1)
        mails.append(message["To"])
        return message["Message-Id"]

    def send_sms(sender, batch, *args, **kwargs):
        numbers = [to for one in batch for to in one["numbers"]]
        messages.extend(to["number"] for to in numbers)
        return [{"uuid": to["uuid"], "state": "success"} for to in numbers]

    with (patch.object(mail_mail, "CHUNK", 2),
          patch.object(IrMail_Server, "_connect__", lambda *a, **k: None),
          patch.object(IrMail_Server, "send_email", send_email),
          patch.object(SmsApi, "_send_sms_batch", send_sms)):
        with fresh(registry) as env:
            env["mail.mail"].process_email_queue()
        with fresh(registry) as env:
            env["sms.sms"].search([("state", "=", "outgoing")], order="id").send()
    return mails, messages


def main(env, count, mutant):
    registry, count = env.registry, int(count)
    people = ground(env, count)
    env.cr.commit()
    for kind in ("mail", "sms"):
        compose(env, people, kind)
        env.cr.commit()
    env.cr.close()
    if mutant == "yes":
        crm_core_queue.CrmCoreQueue._ask_again = lambda self, kind, leaving: {}
    refuse(registry, 0)
    mails, messages = run(registry, count)
    with fresh(registry) as env:
        mailings = env["mailing.mailing"].search([("subject", "=", "Spring")])
        traces = mailings.mailing_trace_ids
        stopped = traces.filtered(lambda t: t.trace_status == "cancel")
        touched = env["crm.touch"].search_count([("subject", "=", "Spring")])
        left = env["crm.contact.reservation"].search_count([("idle", "!=", True)])
        print(json.dumps([mails, messages, len(stopped), touched, left]), flush=True)
    os._exit(0)
'''


def leave(suite, database, mutant="no"):
    """Return whom mails and text messages went to, and how many messages were
    stopped, are in the ledger, and take places still."""
    printed = suite.run(database, CODE, str(CUSTOMERS), mutant)
    return json.loads(printed.strip().splitlines()[-1])


def readers(found) -> list[int]:
    """Return the numbers of the readers of mails or text messages."""
    return sorted(int(to.split("@")[0][-1] if "@" in to else to[-1]) for to in found)


def test_refusal_before_the_queue_runs(suite, database):
    """Who refuses before the queue runs, or while it does, is not written to."""
    mails, messages, stopped, touched, left = leave(suite, database)
    assert readers(mails) == readers(messages) == [1, 2, 3, 4]
    assert (stopped, touched, left) == (4, 8, 0)


@pytest.mark.parametrize("what", ["asking again"])
def test_mutant_is_found(suite, database, what):
    """If nobody asks again, they are written to."""
    mails, messages, *_rest = leave(suite, database, "yes")
    assert len(mails) == len(messages) == CUSTOMERS
