"""Demo data of work: what was planned, sent, told, asked, handed over and decided."""

import json
import random
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo import Command, fields

from odoo.addons.crm_relationship.core import smtp
from odoo.addons.crm_relationship.core.events import read_event

# Firms of Odoo's own demo data; they have addresses, telephones and documents.
FIRMS = "base.res_partner_"
AZURE, ACME, GEMINI, READY_MAT = f"{FIRMS}12", f"{FIRMS}2", f"{FIRMS}3", f"{FIRMS}4"
WRITTEN_TO = (ACME, GEMINI, READY_MAT, AZURE, f"{FIRMS}5", f"{FIRMS}6", f"{FIRMS}18")
# Calls and visits of the last months that were planned, and how many still wait.
PLANNED = 90
FORGOTTEN = 4
SUBJECTS = (
    "Ask how the new releases sell",
    "Visit: plan the next quarter",
    "Thank for the order",
    "Remind of the quotation",
)
# What the demo's mail server says to some; nothing leaves, there is no network.
ANSWERS = {
    GEMINI: (smtp.UNKNOWN, "SMTPServerDisconnected: Connection unexpectedly closed"),
    READY_MAT: (smtp.UNKNOWN, "TimeoutError: timed out"),
    AZURE: (smtp.REFUSED, "550 5.1.1 No such user here"),
}
TURNS = 50  # of a sender
REPLY = """From: {sender}
To: {to}
Subject: Re: {subject}
Message-ID: <demo-reply-{number}@customer.example.com>
In-Reply-To: {reference}
Content-Type: text/plain

{text}
"""


def fill(env) -> None:
    """Let the demo's people have worked for some months."""
    steps = (_history, _quotations, _handovers, _delegations, _messages, _letters)
    for step in (*steps, _events, _requests):
        step(env)
        env.cr.commit()


def user(env, login: str):
    """Return the demo user with a login."""
    return env["res.users"].search([("login", "=", login)])


def _history(env) -> None:
    """Calls and visits that were planned: most made in time, some late, some not."""
    seller = user(env, "salesperson")
    partners = env["res.partner"].search([("user_id", "=", seller.id)], order="id")
    kinds = ("mail.mail_activity_data_call", "mail.mail_activity_data_meeting")
    kinds = [env.ref(name) for name in kinds]
    draw = random.Random(11)  # the same in every run
    model = env["ir.model"]._get_id("res.partner")
    rows = []
    for number in range(PLANNED):
        due = date.today() - timedelta(days=draw.randrange(6, 150))
        late = draw.choice((0, 0, 0, 0, 1, 3))
        row = {
            "res_model_id": model,
            "res_id": draw.choice(partners.ids),
            "activity_type_id": draw.choice(kinds).id,
            "summary": draw.choice(SUBJECTS),
            "date_deadline": due,
            "user_id": seller.id,
        }
        if number >= FORGOTTEN:
            row |= {"active": False, "date_done": due + timedelta(days=late)}
        rows.append(row)
    done = env["mail.activity"].create(rows).filtered("date_done")
    env["crm.touch"]._log([_touch_of(activity, draw) for activity in done])


def _touch_of(activity, draw) -> dict:
    made = datetime.combine(activity.date_done, time(8))
    return {
        "partner_id": activity.res_id,
        "company_id": activity.user_id.company_id.id,
        "channel_id": activity.activity_type_id.crm_channel_id.id,
        "direction": "out",
        "date": made + timedelta(minutes=draw.randrange(10 * 60)),
        "subject": activity.summary,
        "user_id": activity.user_id.id,
        "source_model": "mail.activity",
        "source_key": str(activity.id),
    }


def _quotations(env) -> None:
    """The salesperson's quotations: two to send, one sent and not answered."""
    seller = user(env, "salesperson")
    orders = env["sale.order"].search(
        [("partner_id", "=", env.ref(READY_MAT).id), ("state", "=", "draft")]
    )
    orders.user_id = seller
    for order in orders[:1]:
        waits = order.copy({"partner_id": env.ref(f"{FIRMS}5").id})
        sent = fields.Datetime.now() - timedelta(days=12)
        waits.write({"state": "sent", "date_order": sent, "user_id": seller.id})


def _handovers(env) -> None:
    """One accepted after its text had changed, one declined, one not answered yet."""
    giver, seller = env.ref("base.user_demo"), user(env, "salesperson")
    note = "Buys for all branches. Complains when nobody calls back the same day."
    promises = [("Price list for all branches", 4), ("Visit before Christmas", 20)]
    _offer(env, giver, seller, ACME, note, promises)
    accepted = _offer(env, giver, seller, AZURE, "Pays late, orders much.")
    # Whoever changes what was offered has to offer it again.
    accepted.note = "Pays late, orders much. Mr Foster decides, call before ten."
    accepted.action_decide("offer")
    accepted.with_user(seller).action_decide("accept")
    declined = _offer(env, seller, giver, GEMINI, "Wants to be visited each month.")
    reason = "Too far away for me: ask somebody in their town."
    declined.with_user(giver).action_decide("decline", reason=reason)


def _offer(env, giver, successor, customer: str, note: str, promises=()):
    partner = env.ref(customer)
    partner.user_id = giver
    lines = [
        Command.create({"name": name, "date": date.today() + timedelta(days=days)})
        for name, days in promises
    ]
    values = {"partner_id": partner.id, "to_user_id": successor.id, "note": note}
    handovers = env["crm.handover"].with_user(giver)
    handover = handovers.create({**values, "promise_ids": lines})
    handover.action_decide("offer")
    return handover


def _delegations(env) -> None:
    """Somebody is away now, somebody will be."""
    for absent, other, begin, days, reason in (
        ("vp", "campaign", 0, 9, "Trade fair"),
        ("manager", "demo", 14, 20, "Holiday"),
    ):
        start = date.today() + timedelta(days=begin)
        env["crm.delegation"].with_user(user(env, absent)).create(
            {
                "delegate_id": user(env, other).id,
                "date_from": start,
                "date_to": start + timedelta(days=days),
                "reason": reason,
            }
        )


# ---- messages -----------------------------------------------------------------------


def _messages(env) -> None:
    """A message that was sent, with all that may become of it; calls; a draft."""
    manager = user(env, "manager")
    closed = _service_mail(
        env,
        "We are closed from 24 to 27 December",
        "<p>Dear {{ name }},</p><p>we are closed from 24 to 27 December. "
        "{{ salesperson }} is there for you again on the 28th.</p>"
        "<p>{{ our_company }}</p>",
    )
    closed.action_confirm()
    calls = _service_mail(
        env,
        "Has the new catalogue arrived?",
        "<p>Ask whether the catalogue arrived and which titles they want to hear.</p>",
        kind="phone",
        firms=WRITTEN_TO[:3],
    )
    calls.action_confirm()
    _service_mail(
        env,
        "A new telephone number",
        "<p>Dear {{ name }},</p><p>from the first of next month our number is "
        "+1 212 555 0100. {{ salesperson }} stays the one to ask for.</p>",
    )
    said = {env.ref(firm).email_normalized: end for firm, end in ANSWERS.items()}
    send(env, "service", said)
    unknown = env["crm.outbox.release"].search([("state", "=", "open")])
    decided = unknown.filtered(lambda r: r.partner_id == env.ref(READY_MAT))
    decided.with_user(manager).action_decide(
        "arrived", reason="Found in the mail server's log."
    )
    told = [("partner_id", "=", env.ref(ACME).id), ("kind", "=", "email")]
    sent = env["crm.outbox"].search(told, limit=1)
    text = "Thank you for telling us. Please deliver our order on the 23rd, then."
    answer(env, sent, closed.subject, text)


def _service_mail(env, subject: str, body: str, kind="email", firms=WRITTEN_TO):
    channel = env["crm.channel"].search([("kind", "=", kind)], limit=1)
    partners = env["res.partner"].browse([env.ref(firm).id for firm in firms])
    chosen = [("partner_id", "in", partners.ids)]
    if kind == "email":
        # Two whom nobody can write to.
        silent = [("partner_id.email", "=", False), ("company_id", "=", env.company.id)]
        profiles = env["crm.customer.profile"].search(silent, limit=2, order="id")
        chosen = [("partner_id", "in", [*partners.ids, *profiles.partner_id.ids])]
    values = {"subject": subject, "body": body, "channel_id": channel.id}
    mails = env["crm.service.mail"].with_user(user(env, "manager"))
    return mails.create({**values, "audience": repr(chosen)})


def send(env, lane: str, said: dict) -> None:
    """Run the sender of a lane until nothing is due there.

    :param said: by address, what the mail server says; it accepts everything else
    """
    cron = env.ref(f"crm_relationship.ir_cron_send_{lane}")
    due = [("lane_id.code", "=", lane), ("state", "=", "planned")]
    due += [("due", "<=", fields.Datetime.now()), ("kind", "!=", "letter")]
    with _mail_server(env, said):
        # A slow machine needs several turns.
        for _turn in range(TURNS):
            if not env["crm.outbox"].search_count(due, limit=1):
                break
            env.cr.commit()
            cron.method_direct_trigger()
            # Only a new transaction sees what the sender committed in its own.
            env.cr.commit()
            env.invalidate_all()


def answer(env, message, subject: str, text: str) -> None:
    """Let the customer who got a message of the outbox answer it."""
    reply = REPLY.format(
        sender=message.address,
        to=message.user_id.email,
        subject=subject,
        number=message.id,
        reference=message.message_ref,
        text=text,
    )
    env["mail.thread"].message_process("res.partner", reply)


@contextmanager
def _mail_server(env, said: dict):
    """Let messages meet a mail server that is not there."""
    accepted = (smtp.ACCEPTED, "250 2.0.0 Ok: queued")
    adapter = type(env["crm.outbox.adapter.mail"])
    with (
        patch.object(adapter, "_connect", lambda _self, _route: SimpleNamespace()),
        patch.object(adapter, "_disconnect", lambda _self, _connection: None),
        patch.object(
            adapter,
            "_deliver",
            lambda _self, _connection, parcel: smtp.Receipt(
                *said.get(parcel.recipients[0], accepted)
            ),
        ),
    ):
        yield


@contextmanager
def nowhere(env):
    """Let whatever is sent meanwhile count as sent; nothing leaves."""
    servers = type(env["ir.mail_server"])
    connection = SimpleNamespace(quit=lambda: None)
    with (
        _mail_server(env, {}),
        patch.object(servers, "_connect__", lambda *_a, **_k: connection),
        patch.object(servers, "send_email", lambda *_a, **_k: "<demo@example.com>"),
    ):
        yield
        env["mail.mail"].process_email_queue()


def _letters(env) -> None:
    """Letters that were posted, and some that wait for it."""
    manager = user(env, "manager")
    batches = env["crm.letter.batch"].with_user(manager)
    text = "<p>Dear {{ name }},</p><p>enclosed you find our new prices.</p>"
    for subject, firms, posted in (
        ("Our prices for the next year", WRITTEN_TO[:4], True),
        ("Our prices for the next year (branches)", WRITTEN_TO[4:], False),
    ):
        _service_mail(env, subject, text, kind="letter", firms=firms).action_confirm()
        env.flush_all()
        # What is planned now is due a moment later than this transaction began.
        env.cr.commit()
        batch = batches.browse(batches.action_collect()["res_id"])
        if posted:
            batch.action_posted()
        env.cr.commit()


# ---- other systems, and persons ------------------------------------------------------


def _events(env) -> None:
    """A telephone system and a mail service tell what happened."""
    informer = user(env, "information")
    sources = env["crm.event.source"].with_user(informer)
    calls, mails = sources.create(
        [
            {"name": "Telephone system", "code": "pbx"},
            {"name": "Mail service", "code": "mails"},
        ]
    )
    (calls + mails).mapped(lambda source: source.action_draw_key())
    phone = env.ref(ACME).phone
    call = {"subject": "Asked where the delivery is", "minutes": 4}
    tell(env, calls, "c-1", "call.inbound", {**call, "phone": phone})
    tell(env, calls, "c-2", "call.inbound", {**call, "phone": "+1 999 555 0199"})
    sent = env["crm.outbox"].search(
        [("state", "=", "sent"), ("kind", "=", "email")], order="id"
    )
    for number, (kind, row) in enumerate(
        zip(
            ("mail.opened", "mail.bounced", "mail.complained"), sent[-3:], strict=False
        ),
        1,
    ):
        tell(env, mails, f"m-{number}", kind, {"message": row.message_ref})
    env.ref("crm_relationship.ir_cron_inbound_event").method_direct_trigger()


def tell(env, source, number: str, kind: str, data: dict) -> None:
    """Store an event as if another system had sent it."""
    when = fields.Datetime.now() - timedelta(minutes=5)
    content = {"id": number, "kind": kind, "date": f"{when.isoformat()}Z", "data": data}
    body = json.dumps(content)
    env["crm.inbound.event"]._store(source.sudo(), read_event(body.encode()), body)


def _requests(env) -> None:
    """Persons asked for their data: one got them, one was erased, one waits for it."""
    firm = env.ref(ACME)
    people = env["res.partner"].create(
        [
            {"name": name, "parent_id": firm.id, "email": f"{login}@example.net"}
            for name, login in (
                ("Paula Asker", "paula"),
                ("Wanda Waiting", "wanda"),
                ("Gerd Gone", "gerd"),
            )
        ]
    )
    asked, waits, gone = (
        _request(env, person, kind)
        for person, kind in zip(people, ("access", "erase", "erase"), strict=True)
    )
    asked.action_decide("answer")
    gone.with_user(user(env, "segmentation")).action_decide("erase")
    waits.note = "Left the firm and wants to be forgotten."
    waits.action_decide("submit")


def _request(env, person, kind: str):
    requests = env["crm.privacy.request"].with_user(user(env, "information"))
    request = requests.create(
        {
            "partner_id": person.id,
            "kind": kind,
            "contact": "Wrote from the address we know",
        }
    )
    if person.name != "Wanda Waiting":
        request.action_decide("submit")
    return request
