"""Events of other systems: once each, whatever breaks, and nothing lost."""

import json
import os
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from sys import path as search

from .test_refresh import wait_for

LONG = bool(os.environ.get("CRM_LONG"))
KEY = "k" * 43
SEED = """
def main(env):
    source = env["crm.event.source"].create(
        {"name": "PBX", "code": "pbx", "rate": 9999}
    )
    source.sudo().key = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
    env["res.partner"].create(
        {"name": "Caller", "email": "caller@customer.example"}
    )
    env.cr.commit()
"""

# The rules are plain Python: what signs here is what checks there.
search.append(str(Path(__file__).parents[2] / "addons" / "crm_relationship" / "core"))
from event_signature import HEADER, sign  # noqa: E402


def call(number, **data) -> bytes:
    """Return the body of an event about a call."""
    event = {
        "id": str(number),
        "kind": "call.inbound",
        "date": "2026-03-01T09:30:00Z",
        "data": {"email": "caller@customer.example", "minutes": 2, **data},
    }
    return json.dumps(event).encode()


def send(server, body: bytes) -> tuple[int, dict]:
    """Send an event once; return status and content of the answer."""
    request = urllib.request.Request(
        f"{server.url}/crm/event/pbx",
        data=body,
        headers={
            "Content-Type": "application/json",
            HEADER: sign(KEY, int(time.time()), body),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}


def send_connected(server, body: bytes) -> tuple[int, dict]:
    """Send once; more callers at once than the server's queue holds wait outside."""
    while True:
        try:
            return send(server, body)
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.1)


def send_until_taken(server, body: bytes, seconds=120) -> list[int]:
    """Send as a patient sender does; return the statuses on the way."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            seen.append(send(server, body)[0])
        except OSError:
            seen.append(0)
        if seen[-1] == 200:
            return seen
        time.sleep(0.3)
    raise AssertionError(f"never taken: {seen}")


def at_once(jobs) -> list:
    """Run functions in threads and return what they returned."""
    results = []
    threads = [threading.Thread(target=lambda j=j: results.append(j())) for j in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def counts(suite, database) -> tuple[int, int, int]:
    """Return how many events there are, how many are done, and contacts of them."""
    return suite.sql(
        database,
        """SELECT (SELECT count(*) FROM crm_inbound_event),
                  (SELECT count(*) FROM crm_inbound_event WHERE state = 'done'),
                  (SELECT count(*) FROM crm_touch
                    WHERE source_model = 'crm.inbound.event')""",
    )[0]


def test_same_event_many_times_at_once(suite, database, start_server):
    """Fifty times the same at the same moment, to two processes: one row, one answer;
    other content under that number is refused by both."""
    suite.run(database, SEED)
    server = start_server(database, workers=2, max_cron_threads=0)
    answers = at_once([lambda: send_connected(server, call(1))] * 50)
    assert len(answers) == 50
    assert {status for status, _answer in answers} == {200}
    assert len({answer["id"] for _status, answer in answers}) == 1
    assert counts(suite, database)[0] == 1
    answers = at_once([lambda: send_connected(server, call(1, note="x"))] * 10)
    assert {status for status, _answer in answers} == {409}
    contradictions = "SELECT conflict_count FROM crm_inbound_event"
    assert suite.sql(database, contradictions) == [(10,)]


def test_killed_between_storing_and_working(suite, database, start_server):
    """Whatever dies after 200, each event has its effect once."""
    suite.run(database, SEED)
    server = start_server(database, max_cron_threads=0)
    for number in range(20):
        assert send(server, call(number))[0] == 200
    server.kill()
    for place in (1, 7):
        env = {"CRM_CRASH": f"inbound_processed:{place}"}
        dying = start_server(database, env=env, wait=False, max_cron_threads=1)
        wait_for(lambda d=dying: _woken(suite, database, d.has_ended()), 120)
        assert counts(suite, database)[0] == 20
    start_server(database, max_cron_threads=1)
    wait_for(lambda: _woken(suite, database, counts(suite, database)[1] == 20), 120)
    assert counts(suite, database) == (20, 20, 20)


def _woken(suite, database, done: bool) -> bool:
    """Wake the crons unless what they are to do is done; return whether it is."""
    if not done:
        suite.wake_crons(database)
        time.sleep(0.5)
    return done


def test_database_away(suite, database, start_server):
    """While the database is away nothing is promised; patient senders lose nothing."""
    suite.run(database, SEED)
    server = start_server(database, max_cron_threads=0)
    assert send(server, call(0))[0] == 200
    with_database = suite.connect("postgres")
    cursor = with_database.cursor()
    cursor.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
    cursor.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = %s AND backend_type = 'client backend'""",
        [database],
    )
    jobs = [lambda n=n: send_until_taken(server, call(n)) for n in range(10)]
    back = threading.Timer(
        5 if not LONG else 30,
        lambda: cursor.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true'),
    )
    back.start()
    seen = at_once(jobs)
    back.join()
    with_database.close()
    # Odoo itself answers 404 while it has no database; see the administrators' guide.
    assert {status for statuses in seen for status in statuses[:-1]} <= {0, 404, 503}
    assert any(len(statuses) > 1 for statuses in seen)
    assert counts(suite, database)[0] == 10
