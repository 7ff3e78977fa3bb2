"""Purchases from several callers at once, and through a server that dies."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .rpc import RpcError

COUNTS = """
    SELECT (SELECT count(*) FROM crm_purchase_history),
           (SELECT count(*) FROM crm_purchase_history_line),
           (SELECT count(*) FROM crm_external_ref),
           (SELECT count(*) FROM crm_purchase_source),
           (SELECT count(*) FROM crm_idempotency),
           (SELECT count(*) FROM res_partner)
"""


def rows(count: int, first: int = 0, customers: int = 20) -> list[dict]:
    """Return purchases of one line."""
    return [
        {
            "external_ref": f"P{number}",
            "date": "2024-03-01",
            "customer_ref": f"C{number % customers}",
            "amount": 1.25,
        }
        for number in range(first, first + count)
    ]


def send(server, purchases: list[dict], key: str) -> dict:
    """Import as another system does."""
    return server.xmlrpc("admin").call(
        "crm.api",
        "purchase_import",
        rows=purchases,
        source="shop",
        idempotency_key=key,
        create_missing=True,
    )


def at_once(calls: list) -> list:
    """Return the results of functions that run at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_one_key_sent_many_times_at_once_has_one_effect(suite, database, start_server):
    server = start_server(database)
    purchases = rows(300)
    answers = at_once([lambda: send(server, purchases, "once")] * 6)
    assert answers == [answers[0]] * 6
    assert answers[0]["created"] == 300
    assert suite.sql(database, COUNTS)[0][:5] == (300, 300, 20, 1, 1)


def test_callers_with_the_same_purchases_do_not_double_them(
    suite, database, start_server
):
    server = start_server(database)
    calls = [
        lambda key=key: send(server, rows(200, 100 * key), f"key {key}")
        for key in range(3)
    ]
    answers = at_once(calls)
    assert sum(answer["created"] for answer in answers) == 400
    assert sum(answer["unchanged"] for answer in answers) == 200
    assert suite.sql(database, COUNTS)[0][:4] == (400, 400, 20, 1)
    [(names,)] = suite.sql(
        database,
        """SELECT count(*) FROM (SELECT name FROM res_partner WHERE name ~ '^C[0-9]+$'
                                  GROUP BY name HAVING count(*) > 1) twice""",
    )
    assert names == 0


def test_lines_of_one_purchase_from_several_callers_add_up(
    suite, database, start_server
):
    server = start_server(database)
    send(server, rows(1), "first")
    calls = [
        lambda number=number: send(
            server, [{**rows(1)[0], "line_ref": f"L{number}"}], f"line {number}"
        )
        for number in range(4)
    ]
    at_once(calls)
    [(header, lines)] = suite.sql(
        database,
        """SELECT h.amount_untaxed, (SELECT sum(l.amount_untaxed)
                                       FROM crm_purchase_history_line l
                                      WHERE l.history_id = h.id)
             FROM crm_purchase_history h""",
    )
    assert float(header) == float(lines) == 6.25


@pytest.mark.parametrize(
    "place", ["import_customers", "import_purchases", "import_lines"]
)
def test_a_killed_import_leaves_nothing(suite, database, start_server, place):
    before = suite.sql(database, COUNTS)
    server = start_server(database, env={"CRM_CRASH": f"{place}:1"})
    with pytest.raises((RpcError, OSError)):
        send(server, rows(50), "killed")
    assert server.wait_until_dead() != 0
    assert suite.sql(database, COUNTS) == before
    server = start_server(database)
    assert send(server, rows(50), "killed")["created"] == 50
    assert send(server, rows(50), "killed")["created"] == 50
    assert suite.sql(database, COUNTS)[0][0] == before[0][0] + 50
