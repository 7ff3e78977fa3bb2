"""A message leaves at most once, whatever breaks, and is never silently lost."""

import pytest

from . import outbox
from .smtp_server import SmtpServer

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
