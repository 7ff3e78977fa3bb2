"""Contacts from several callers at once, and how soon profiles know of them."""

import time
from concurrent.futures import ThreadPoolExecutor

CALLERS = 6
FRESH = 5  # seconds


def rows(partners: list[int]) -> list[dict]:
    """Return a contact with each partner, as a telephone system tells of it."""
    return [
        {
            "partner": partner,
            "channel": "phone",
            "date": "2026-03-10T09:30:00Z",
            "direction": "in",
            "source": "pbx",
            "ref": f"call-{partner}",
        }
        for partner in partners
    ]


def send(server, contacts: list[dict], key: str) -> dict:
    """Log as another system does."""
    return server.xmlrpc("admin").call(
        "crm.api", "touch_log", touches=contacts, idempotency_key=key
    )


def at_once(calls: list) -> list:
    """Return the results of functions that run at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def some_partners(suite, database, count: int) -> list[int]:
    """Return customers to be; colleagues and companies of the group are none."""
    found = suite.sql(
        database,
        f"""SELECT p.id FROM res_partner p
             WHERE p.active AND p.is_company AND p.parent_id IS NULL
               AND NOT EXISTS (SELECT FROM res_users u WHERE u.partner_id = p.id)
               AND NOT EXISTS (SELECT FROM res_company c WHERE c.partner_id = p.id)
          ORDER BY p.id LIMIT {count}""",
    )
    return [row[0] for row in found]


def test_callers_with_the_same_contacts_do_not_double_them(
    suite, database, start_server
):
    """Each has a key of its own; the source of the contacts is what guards them."""
    server = start_server(database)
    contacts = rows(some_partners(suite, database, 5))
    answers = at_once(
        [lambda n=n: send(server, contacts, f"key {n}") for n in range(CALLERS)]
    )
    assert {tuple(answer["ids"]) for answer in answers} == {tuple(answers[0]["ids"])}
    assert sum(answer["logged"] for answer in answers) == len(contacts)
    count = "SELECT count(*) FROM crm_touch WHERE source_model = 'external:pbx'"
    assert suite.sql(database, count)[0][0] == len(contacts)


def test_profile_knows_within_seconds(suite, database, start_server):
    """A contact makes a customer, and its profile follows the commit."""
    server = start_server(database)
    [partner] = some_partners(suite, database, 1)
    send(server, rows([partner]), "fresh")
    begin = time.monotonic()
    wanted = f"""SELECT count(*) FROM crm_customer_profile
                  WHERE partner_id = {partner}
                    AND last_contact_in_date = '2026-03-10'"""
    while not suite.sql(database, wanted)[0][0]:
        assert time.monotonic() - begin < FRESH
        time.sleep(0.2)
