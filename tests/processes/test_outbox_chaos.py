"""Sending while senders, connections and the database are killed at random."""

import os
import random
import threading
import time

import pytest

from . import outbox
from .smtp_server import SmtpServer, drop

LONG = bool(os.environ.get("CRM_LONG"))
PLACES = ("after_claim", "before_sending", "after_sending", "after_smtp")


def faulty(share: float, chance: random.Random):
    """Return a mail server's behaviour that loses some connections after the data,
    before or after it took the mail; its `faults` counts them."""

    def behave(stage, envelope):
        if stage in ("end", "taken") and chance.random() < share:
            behave.faults += 1
            drop()

    behave.faults = 0
    return behave


def kill_at_random(senders, chance, kills: int, finished) -> int:
    """Kill senders at places and at any moment, and start others; return how many
    died with work to do."""
    done = 0
    for _number in range(kills):
        if finished():
            break
        server = chance.choice(senders)
        while len(server.alive()) < 2:
            place = chance.choice(PLACES)
            crash = chance.choice(["", f"{place}:{chance.randint(1, 8)}"])
            server.start(crash=crash)
        time.sleep(chance.uniform(0.05, 0.4))
        victims = [pid for pid in server.pids if server.kill(pid)]
        done += max(len(victims), 1)
    return done


def test_random_kills(suite, database, start_senders, capsys):
    """Two servers, senders killed at places and at random, connections lost."""
    per_mail, kills = (5000, 200) if LONG else (400, 15)
    chance = random.Random(20260401)
    smtp = SmtpServer(faulty(0.01, chance))
    ids = outbox.seed(suite, database, smtp, 1, per_mail)
    outbox.confirm(suite, database, ids)
    outbox.lease(suite, database, 2)
    senders = [start_senders(database) for _n in range(2)]
    begin = time.monotonic()
    done = kill_at_random(
        senders, chance, kills, lambda: not outbox.left(suite, database)
    )
    for server in senders:
        server.start()
        server.start()
    outbox.wait_until_sent(suite, database, 1200)
    found = outbox.verify(suite, database, smtp, 1, per_mail)
    faults = smtp.behave.faults
    assert found.get("unknown", 0) <= done + faults, (found, done, faults)
    assert set(found) <= {"sent", "unknown"}, found
    with capsys.disabled():
        print(
            f"\n  {per_mail} mails, {done} kills, {faults} lost connections: "
            f"{found}, 0 doubles, {time.monotonic() - begin:.0f} s"
        )


def test_lost_database_connections(suite, database, start_senders, capsys):
    """Sessions are ended by the server's administrator; senders end and others go on.
    What is known when the connection is lost is still written down."""
    per_mail, cuts = (2000, 100) if LONG else (200, 10)
    chance = random.Random(7)
    smtp = SmtpServer()
    ids = outbox.seed(suite, database, smtp, 1, per_mail)
    outbox.confirm(suite, database, ids)
    outbox.lease(suite, database, 2)
    senders = start_senders(database)
    for _number in range(4):
        senders.start()
    done = 0
    while done < cuts and outbox.left(suite, database):
        time.sleep(chance.uniform(0.05, 0.3))
        done += 1
        suite.sql(
            database,
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid != pg_backend_pid()
                  AND backend_type = 'client backend'
             ORDER BY random() LIMIT 1""",
        )
    outbox.wait_until_sent(suite, database, 600)
    found = outbox.verify(suite, database, smtp, 1, per_mail)
    assert found.get("unknown", 0) <= done, found
    with capsys.disabled():
        print(f"\n  {per_mail} mails, {done} lost sessions: {found}")


def test_many_senders_one_mail(suite, database, start_senders, start_server, capsys):
    """Two servers with four senders each, while the same messages are confirmed by
    several people at once, by button and by the other interface."""
    mails, per_mail = (10, 1000) if LONG else (4, 60)
    smtp = SmtpServer()
    ids = outbox.seed(suite, database, smtp, mails, per_mail)
    senders = [start_senders(database) for _n in range(2)]
    for server in senders:
        for _number in range(4):
            server.start()
    servers = [start_server(database, max_cron_threads=1) for _n in range(2)]
    key = suite.api_keys(database, "admin")["admin"]
    begin = time.monotonic()
    errors = []

    def press(client):
        for mail in ids:
            try:
                client.call("crm.service.mail", "action_confirm", [mail])
            except Exception as error:
                errors.append(str(error)[-300:])

    clients = [server.xmlrpc("admin") for server in servers]
    clients += [server.json2(key) for server in servers]
    threads = [threading.Thread(target=press, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.wait_until_sent(suite, database, 1800)
    # A message of several ranges is planned in the background.
    outbox.wait_planned(suite, database, 600)
    outbox.wait_until_sent(suite, database, 1800)
    found = outbox.verify(suite, database, smtp, mails, per_mail)
    assert found == {"sent": mails * per_mail}, (found, errors[:3])
    assert errors == []
    seconds = time.monotonic() - begin
    with capsys.disabled():
        print(f"\n  2 servers, 8 senders, 2 crons, 4 clients: {found}, {seconds:.0f} s")


@pytest.mark.skipif(not LONG, reason="part of make test-full")
def test_database_restarts(own_cluster, start_senders, capsys):
    """20 restarts of PostgreSQL without a farewell while mails leave."""
    per_mail, restarts = 5000, 20
    chance = random.Random(11)
    smtp = SmtpServer()
    suite, database = own_cluster.suite, own_cluster.database
    ids = outbox.seed(suite, database, smtp, 1, per_mail)
    outbox.confirm(suite, database, ids)
    outbox.lease(suite, database, 3)
    senders = start_senders(database, suite)
    for _number in range(4):
        senders.start()
    done = 0
    while done < restarts and outbox.left(suite, database):
        time.sleep(chance.uniform(0.5, 3))
        own_cluster.restart("immediate")
        done += 1
    outbox.wait_until_sent(suite, database, 1200)
    found = outbox.verify(suite, database, smtp, 1, per_mail)
    assert found.get("unknown", 0) <= 4 * done, found
    with capsys.disabled():
        print(f"\n  {per_mail} mails, 4 senders, {done} database restarts: {found}")


def test_copy_sends_nothing(suite, database, start_senders, start_server, capsys):
    """A dump taken while mails leave, restored, neutralised and started."""
    per_mail = 5000 if LONG else 150
    smtp = SmtpServer(lambda stage, envelope: time.sleep(0.01))
    ids = outbox.seed(suite, database, smtp, 1, per_mail)
    outbox.confirm(suite, database, ids)
    senders = start_senders(database)
    senders.start()
    while len(smtp.taken) < per_mail // 5:
        time.sleep(0.05)
    copy = outbox.restore(suite, database)
    try:
        senders.stop()
        before = len(smtp.taken)
        old = suite.sql(copy, outbox.SECRET)
        suite.neutralize(copy)
        assert suite.sql(copy, outbox.SECRET) != old
        # Even with its mail servers and crons switched on again by hand.
        suite.sql(
            copy,
            """UPDATE ir_mail_server SET active = (smtp_host = '127.0.0.1');
               UPDATE ir_cron SET active = true, nextcall = now() AT TIME ZONE 'UTC'""",
        )
        server = start_server(copy, max_cron_threads=2)
        others = start_senders(copy)
        others.start()
        others.start("promotion")
        time.sleep(10)
        server.stop()
        assert len(smtp.taken) == before
        assert outbox.left(suite, copy) == 0
    finally:
        others.stop()
        suite.drop(copy)
