"""Taking messages in hand and recording them, beside a small and a large ledger."""

import uuid

from odoo.addons.crm_relationship.core.smtp import ACCEPTED, Receipt

from . import case_contacts, seed
from .stopwatch import Book, clock

MESSAGES = 200_000
CONTACTS = 10_000_000
RECORDED = 2_000
BATCH = 1_000
ROUNDS = 3
OUTBOX = {
    "company_id": "%(company)s",
    "lane_id": "%(lane)s",
    "channel_id": "%(channel)s",
    "kind": "'email'",
    "purpose": "'service'",
    "partner_id": "b.partner_id",
    "partner_key": "b.partner_id",
    "due": "now() AT TIME ZONE 'UTC' - interval '1 hour'",
    "state": "'planned'",
    "attempt": "0",
    "origin_model": "'bench'",
    "origin_key": "i",
    "occurrence": "0",
}


def sending(env, book: Book) -> None:
    """200,000 messages beside an empty ledger and beside 10 million contacts."""
    seed.customers(env.cr, case_contacts.CUSTOMERS)
    lane = env["crm.send.lane"].search([("code", "=", "service")])
    lane.batch_size = BATCH
    _messages(env, lane)
    small = _measure(env, book, lane, "an empty ledger")
    case_contacts.touches(env, CONTACTS)
    large = _measure(env, book, lane, "10,000,000 contacts")
    for what in ("Claiming", "Recording"):
        ratio = min(large[what]) / min(small[what]) / _slower(small, large)
        book.judge(f"{what} beside 10,000,000 contacts, against none", ratio, 2)
    total = [min(t["Claiming"]) + min(t["Recording"]) for t in (small, large)]
    together = total[1] / total[0] / _slower(small, large)
    book.judge("Claim and record of 200,000, together", together, 2)
    book.note(
        f"Recorded are {RECORDED:,} messages, each in a transaction of its own as "
        "senders do, and counted up to 200,000. Between both measurements lie minutes: "
        "the ratios are divided by that of a yardstick taken beside each, a change of "
        "one column of as many messages, which knows nothing of the ledger."
    )


def _slower(small: dict, large: dict) -> float:
    """Return by how much the machine itself was slower the second time."""
    return min(large["Yardstick"]) / min(small["Yardstick"])


def _messages(env, lane) -> None:
    seed.insert(
        env.cr,
        "crm_outbox",
        """FROM generate_series(1, %(rows)s) i
           JOIN bench_buyer b ON b.n = 1 + i * 7919::bigint %% %(count)s""",
        OUTBOX,
        rows=MESSAGES,
        count=case_contacts.CUSTOMERS,
        company=env.company.id,
        lane=lane.id,
        channel=env.ref("crm_relationship.crm_channel_email").id,
    )


def _measure(env, book: Book, lane, beside: str) -> dict[str, list[float]]:
    found = {"Claiming": [], "Recording": [], "Yardstick": []}
    for _round in range(ROUNDS):
        env.cr.execute(
            """UPDATE crm_outbox SET state = 'planned', attempt_uid = NULL;
               DELETE FROM crm_touch WHERE source_model = 'crm.outbox'"""
        )
        seed.vacuum(env.cr)
        env.invalidate_all()
        uid = uuid.uuid4().hex
        found["Claiming"].append(clock(_claim_all, env, lane, uid))
        seconds = clock(_record, env, uid)
        found["Recording"].append(seconds * MESSAGES / RECORDED)
        seconds = clock(_yardstick, env, uid)
        found["Yardstick"].append(seconds * MESSAGES / RECORDED)
    for what, seconds in found.items():
        book.timed(f"{what} 200,000 messages beside {beside}", seconds)
    return found


def _claim_all(env, lane, uid: str) -> None:
    """Take all messages in hand, batch by batch."""
    queue = env["crm.outbox.queue"]
    while queue._claim(lane.id, uid):
        env.cr.commit()


def _yardstick(env, uid: str) -> None:
    """Change a column of as many messages, each in a transaction of its own."""
    rows = env["crm.outbox"].search([("attempt_uid", "=", uid)], limit=RECORDED).ids
    env.cr.commit()
    env.invalidate_all()
    for row in rows:
        message = env["crm.outbox"].search([("id", "=", row)])
        message.text = "yardstick"
        env.flush_all()
        env.cr.commit()
        env.invalidate_all()


def _record(env, uid: str) -> None:
    """Record some as sent, each alone, as a sender does."""
    env.cr.execute(
        """UPDATE crm_outbox SET state = 'sending', send_date = now()
            WHERE id IN (SELECT id FROM crm_outbox WHERE attempt_uid = %s
                       ORDER BY id LIMIT %s) RETURNING id""",
        [uid, RECORDED],
    )
    rows = sorted(row for (row,) in env.cr.fetchall())
    env.cr.commit()
    env.invalidate_all()
    recorder = env["crm.outbox.recorder"]
    for row in rows:
        recorder._record(row, uid, Receipt(ACCEPTED, "250 taken"))
        env.flush_all()
        env.cr.commit()
        env.invalidate_all()
