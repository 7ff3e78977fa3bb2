"""A message leaves at most once, whatever breaks, and is never silently lost."""

import os
import time

import pytest

from . import outbox
from .smtp_server import SmtpServer

LONG = bool(os.environ.get("CRM_LONG"))
PLACES = {
    # Where a sender dies, and whether a message of it is unknown afterwards.
    "after_claim": 0,
    "before_sending": 0,
    "after_sending": 1,
    "after_smtp": 1,
    "after_record": 0,
}


@pytest.fixture
def smtp():
    server = SmtpServer()
    yield server
    server.stop()


def test_killed_at_each_place(suite, database, smtp, start_senders):
    """The sender dies at each step, at the first, second and third message."""
    per_mail = 60
    ids = outbox.seed(suite, database, smtp, 1, per_mail)
    outbox.confirm(suite, database, ids)
    outbox.lease(suite, database, 1)
    senders = start_senders(database)
    unknown = 0
    for place, doubtful in PLACES.items():
        for number in (1, 2, 3):
            pid = senders.start(crash=f"{place}:{number}")
            if place == "after_claim" and number > 1:
                # A turn sends a whole batch: there may be no second one.
                senders.wait_dead(pid, 2)
                senders.kill(pid)
                continue
            assert senders.wait_dead(pid), f"{place}:{number} was not reached"
            unknown += doubtful
    senders.start()
    outbox.wait_until_sent(suite, database, 60)
    found = outbox.verify(suite, database, smtp, 1, per_mail)
    assert found.get("unknown", 0) <= unknown + 2, found
    assert found["sent"] + found.get("unknown", 0) == per_mail


def due_now(suite, database) -> None:
    """Let nothing wait for its next attempt."""
    suite.sql(
        database,
        """UPDATE crm_outbox SET due = '2020-01-01' WHERE state = 'planned';
           UPDATE crm_send_server SET paused_until = NULL""",
    )


def test_refused_and_delayed(suite, database, smtp, start_senders):
    """What a server surely did not take is tried again or has failed, by its answer."""
    said = {
        "post1@customer.example": ("rcpt", "550 no such user"),
        "post2@customer.example": ("end", "554 spam"),
        "post3@customer.example": ("rcpt", "451 try later"),
        "post4@customer.example": ("data", "451 try later"),
        "post5@customer.example": ("end", "452 full"),
    }
    again = {"post3@customer.example", "post4@customer.example"}
    tries = {}

    def behave(stage, envelope):
        address = (envelope.recipients or [""])[0]
        if address in said and said[address][0] == stage:
            tries[address] = tries.get(address, 0) + 1
            if address in again and tries[address] > 2:
                return None
            return said[address][1]
        return None

    smtp.behave = behave
    ids = outbox.seed(suite, database, smtp, 1, 20)
    outbox.confirm(suite, database, ids)
    senders = start_senders(database)
    senders.start()
    for _attempt in range(6):
        outbox.wait_until(lambda: outbox.quiet(suite, database), 60)
        due_now(suite, database)
    outbox.wait_until_sent(suite, database, 60)
    outbox.verify(suite, database, smtp, 1, 20)
    found = dict(suite.sql(database, "SELECT address, state FROM crm_outbox"))
    failed = {address for address, state in found.items() if state == "failed"}
    assert failed == set(said) - again
    assert list(found.values()).count("sent") == 17
    # 5 attempts by default, one for a final refusal.
    assert [tries[f"post{n}@customer.example"] for n in range(1, 6)] == [1, 1, 3, 3, 5]


def test_mail_server_dies_and_comes_back(suite, database, smtp, start_senders):
    """It is left alone after some errors; no message is lost or loses an attempt."""
    ids = outbox.seed(suite, database, smtp, 1, 30)
    suite.sql(database, "UPDATE crm_send_lane SET breaker_errors = 3")
    smtp.stop()
    outbox.confirm(suite, database, ids)
    senders = start_senders(database)
    senders.start()
    paused = "SELECT count(*) FROM crm_send_server WHERE paused_until > now()"
    outbox.wait_until(lambda: suite.sql(database, paused) == [(1,)], 60)
    outbox.wait_until(lambda: outbox.quiet(suite, database), 60)
    assert outbox.states(suite, database) == {"planned": 30}
    assert suite.sql(database, "SELECT max(attempt) FROM crm_outbox") == [(0,)]
    smtp.start()
    due_now(suite, database)
    outbox.wait_until_sent(suite, database, 60)
    assert outbox.verify(suite, database, smtp, 1, 30) == {"sent": 30}
    assert suite.sql(database, "SELECT error_count FROM crm_send_server") == [(0,)]


def test_stop_at_once(suite, database, smtp, start_senders):
    """A stopped lane sends at most the message that is leaving at that moment."""
    smtp.behave = lambda stage, envelope: time.sleep(0.05)
    ids = outbox.seed(suite, database, smtp, 1, 60)
    outbox.confirm(suite, database, ids)
    senders = start_senders(database)
    senders.start()
    outbox.wait_until(lambda: len(smtp.taken) > 3, 60)
    suite.sql(database, "UPDATE crm_send_lane SET state = 'stopped'")
    count = len(smtp.taken)
    time.sleep(2)
    assert len(smtp.taken) <= count + 1
    assert outbox.quiet(suite, database)
    suite.sql(database, "UPDATE crm_send_lane SET state = 'running'")
    outbox.wait_until_sent(suite, database, 60)
    assert outbox.verify(suite, database, smtp, 1, 60) == {"sent": 60}


def test_rate(suite, database, smtp, start_senders):
    """A mail server gets no more of a lane in a minute than the rate says."""
    ids = outbox.seed(suite, database, smtp, 1, 40)
    suite.sql(database, "UPDATE crm_send_lane SET rate_per_minute = 10")
    outbox.confirm(suite, database, ids)
    senders = start_senders(database)
    senders.start()
    outbox.wait_until(lambda: len(smtp.taken) >= 10, 60)
    time.sleep(3)
    assert len(smtp.taken) == 10


def test_service_overtakes_promotion(suite, database, smtp, start_server, capsys):
    """A service message does not wait for a campaign, also with a single cron."""
    campaign = 100_000 if LONG else 2_000
    [mail] = outbox.seed(suite, database, smtp, 1, campaign, "Campaign")
    outbox.confirm(suite, database, [mail])
    suite.sql(
        database,
        """UPDATE res_company SET crm_consent_default = 'allowed';
           UPDATE crm_contact_policy SET active = FALSE;
           UPDATE crm_outbox SET purpose = 'promotion', lane_id =
                  (SELECT id FROM crm_send_lane WHERE code = 'promotion');
           UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC',
                  active = (cron_name LIKE 'Outbox: send%%')""",
    )
    [service] = suite.sql(
        database,
        """INSERT INTO crm_service_mail (company_id, user_id, channel_id, purpose,
                  subject, body, audience, state)
           SELECT company_id, user_id, channel_id, purpose, 'Service', body,
                  '[("partner_id.name", "=", "Post 1")]', 'draft'
             FROM crm_service_mail WHERE id = %s RETURNING id""",
        (mail,),
    )
    server = start_server(database, max_cron_threads=1)
    outbox.wait_until(lambda: suite.wake_crons(database) or len(smtp.taken) > 5, 120)
    client = server.xmlrpc("admin")
    begin = time.monotonic()
    client.call("crm.service.mail", "action_confirm", [service[0]])
    outbox.wait_until(
        lambda: any(b"Subject: Service" in mail.content for mail in smtp.taken[-300:]),
        60,
    )
    delay = time.monotonic() - begin
    with capsys.disabled():
        print(f"\n  beside {campaign} of a campaign: {delay:.1f} s")
    assert delay < 10
    assert outbox.states(suite, database).get("planned", 0) > 0
