"""Who paid is not reminded and nobody is reminded twice, whatever breaks meanwhile."""

import os
import random
import threading
import time
from collections import Counter

import pytest

from . import dunning
from .smtp_server import SmtpServer

LONG = bool(os.environ.get("CRM_LONG"))
# Where a sender dies, and whether a reminder is in doubt afterwards.
PLACES = {
    "after_claim": False,
    "before_sending": False,
    "after_sending": True,
    "after_smtp": True,
    "after_record": False,
}
OPEN = {"planned", "claimed", "sending"}
# Seconds a mail may be taken after a payment was committed that came after the commit
# to send it: both were on their way.
ON_THE_WAY = 1.0


@pytest.fixture
def smtp():
    server = SmtpServer()
    yield server
    server.stop()


def verify(suite, database, smtp, customers: int) -> dict[int, str]:
    """Check what must hold whatever broke; return the states by customer."""
    found = dunning.states(suite, database)
    mails = dunning.mailed(suite, database, smtp)
    assert len(found) == customers, (len(found), customers)
    twice = {partner: times for partner, times in mails.items() if len(times) > 1}
    assert not twice, f"reminded twice: {twice}"
    for partner, state in found.items():
        taken = len(mails.get(partner, []))
        assert state in ("sent", "skipped", "unknown"), (partner, state)
        if state != "unknown":
            assert taken == (state == "sent"), (partner, state, taken)
    return found


def test_payment_at_each_crash_point(suite, database, smtp, start_senders, capsys):
    """The sender dies at each step; then some customers pay whose reminder has not
    been sent, and the one it was about to send; then it goes on."""
    customers = 60 if LONG else 25
    run_id = dunning.seed(suite, database, smtp, customers)
    senders = start_senders(database)
    paid: set[int] = set()
    for place, doubtful in PLACES.items():
        pid = senders.start("dunning", crash=f"{place}:1")
        assert senders.wait_dead(pid), f"{place} was not reached"
        now = dunning.states(suite, database)
        if doubtful:
            assert "sending" in now.values(), (place, now)
        left = [p for p, state in now.items() if state in ("planned", "claimed")]
        paying = {p for p in left if p not in paid}
        # Who is in the dead sender's hands comes first.
        order = sorted(paying, key=lambda p: (now[p] != "claimed", p))[:3]
        paid |= dunning.pay(suite, database, order).keys()
    senders.start("dunning")
    dunning.wait_done(suite, database)
    found = verify(suite, database, smtp, customers)
    mails = dunning.mailed(suite, database, smtp)
    assert paid and not paid & mails.keys(), "reminded although paid"
    assert {found[p] for p in paid} == {"skipped"}
    reasons = suite.sql(
        database, "SELECT DISTINCT reason FROM crm_reminder WHERE state = 'skipped'"
    )
    assert reasons == [("paid",)]
    # Nobody is asked again at the same level, not those in doubt either.
    assert dunning.again(suite, database, run_id) == []
    unknown = sum(state == "unknown" for state in found.values())
    assert unknown <= 2, found
    with capsys.disabled():
        print(f"\n  {customers} reminders, {len(paid)} paid, {unknown} unknown")


def test_payments_while_senders_die(suite, database, smtp, start_senders, capsys):
    """Payments are booked one after another while senders send and are killed."""
    customers = 150 if LONG else 40
    chance = random.Random(20260610)
    smtp.behave = lambda stage, envelope: time.sleep(0.02)
    dunning.seed(suite, database, smtp, customers)
    everybody = sorted(dunning.states(suite, database), reverse=True)
    payers, others = everybody[: customers * 2 // 3], everybody[customers * 2 // 3 :]
    booked: dict[int, float] = {}

    def book():
        booked.update(dunning.pay(suite, database, payers, 0.05))

    paying = threading.Thread(target=book)
    paying.start()
    senders = [start_senders(database) for _n in range(2)]
    kills, most = 0, 60 if LONG else 12
    while kills < most and set(dunning.states(suite, database).values()) & OPEN:
        server = chance.choice(senders)
        while len(server.alive()) < 2:
            place = chance.choice(list(PLACES))
            server.start("dunning", crash=f"{place}:{chance.randint(2, 9)}")
        time.sleep(chance.uniform(0.5, 2))
        kills += server.kill(chance.choice(sorted(server.pids)))
    for server in senders:
        server.start("dunning")
    paying.join()
    dunning.wait_done(suite, database)
    found = verify(suite, database, smtp, customers)
    mails = dunning.mailed(suite, database, smtp)
    assert booked.keys() == set(payers)
    late = {
        partner: times[0] - booked[partner]
        for partner, times in mails.items()
        if partner in booked and times[0] > booked[partner] + ON_THE_WAY
    }
    assert not late, f"reminded after the payment: {late}"
    assert {found[partner] for partner in others} <= {"sent", "unknown"}
    with capsys.disabled():
        states = Counter(found.values())
        print(f"\n  {customers} reminders, {kills} kills, {dict(states)}")


def test_payment_being_booked(suite, database, smtp, start_senders):
    """A payment that is not committed yet is waited for, and then seen."""
    dunning.seed(suite, database, smtp, 3)
    first = min(dunning.states(suite, database))
    books = suite.connect(database)
    books.autocommit = False
    with books.cursor() as cursor:
        cursor.execute(
            """UPDATE account_move_line
                  SET amount_residual = 0, amount_residual_currency = 0,
                      reconciled = true
                WHERE partner_id = %s AND parent_state = 'posted'
                  AND account_id IN (SELECT id FROM account_account
                                      WHERE account_type = 'asset_receivable')""",
            [first],
        )
    senders = start_senders(database)
    senders.start("dunning")
    time.sleep(4)
    assert first not in dunning.mailed(suite, database, smtp), "did not wait"
    books.commit()
    books.close()
    dunning.wait_done(suite, database)
    found = verify(suite, database, smtp, 3)
    assert found.pop(first) == "skipped"
    assert set(found.values()) == {"sent"}
