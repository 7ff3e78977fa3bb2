"""Profiles follow the documents: in time, under many clients, after a kill."""

import random
import threading
import time

import pytest

from .rpc import RpcError
from .verifier import differences

SEED = """
from odoo import Command

def main(env, customers, orders):
    customers, orders = int(customers), int(orders)
    env["res.company"].search([]).write({"crm_tz": "UTC"})
    partners = env["res.partner"].create(
        [{"name": f"Freshness {n}", "is_company": True} for n in range(customers)]
    )
    product = env["product.product"].create({"name": "Thing", "type": "service"})
    made = env["sale.order"].create(
        [
            {
                "partner_id": partners[n % customers].id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "price_unit": 10.0 + n,
                         "tax_ids": False}
                    )
                ],
            }
            for n in range(orders)
        ]
    )
    env.cr.commit()
    env["crm.customer.refresh"]._cron_refresh()
    print(*made.ids)
"""
MANY_PARTNERS = """
    INSERT INTO res_partner (name, complete_name, active, is_company, type,
                             autopost_bills, create_date)
    SELECT 'Bulk ' || n, 'Bulk ' || n, true, true, 'contact', 'ask', now()
      FROM generate_series(1, %s) n"""
COMMERCIAL = """
    UPDATE res_partner SET commercial_partner_id = id
     WHERE commercial_partner_id IS NULL"""
BUSY_CRON = """
    UPDATE ir_act_server SET code = 'env.cr.execute("SELECT pg_sleep(120)")'
     WHERE id = (SELECT ir_actions_server_id FROM ir_cron
                  WHERE cron_name = 'Customers: refresh profiles')"""
UNFINISHED = "SELECT count(*) FROM crm_profile_run WHERE state != 'done'"
PATIENCE = 5.0  # seconds from commit to profile that people are promised


def order_figures(suite, database, order_id):
    [row] = suite.sql(
        database,
        """SELECT f.order_count, f.order_open_amount, f.revenue_total
             FROM sale_order o JOIN crm_customer_profile f
               ON f.partner_id = o.partner_id AND f.company_id = o.company_id
            WHERE o.id = %s""",
        (order_id,),
    )
    return [float(value) for value in row]


def wait_for(condition, seconds: float) -> float:
    """Return after how many seconds the condition holds."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if condition():
            return time.monotonic() - start
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def run_cron(suite, database, server) -> None:
    """Run the refresher's cron in the server at once."""
    [(cron,)] = suite.sql(
        database,
        "SELECT id FROM ir_cron WHERE cron_name = 'Customers: refresh profiles'",
    )
    server.xmlrpc("admin").call("ir.cron", "method_direct_trigger", [cron])


def seed(suite, database, customers=4, orders=6) -> list[int]:
    out = suite.run(database, SEED, str(customers), str(orders))
    return [int(word) for word in out.split()]


@pytest.mark.parametrize("source", ["ordered", "invoiced"])
def test_confirmed_order_is_on_the_profile_at_once(
    suite, database, start_server, source
):
    """All cron threads are asleep: what people see does not depend on them."""
    orders = seed(suite, database)
    suite.sql(database, "UPDATE res_company SET crm_revenue_source = %s", (source,))
    suite.sql(database, BUSY_CRON)
    server = start_server(database, max_cron_threads=1)
    client = server.xmlrpc("admin")
    place = 2 if source == "ordered" else 1
    for order in orders:
        before = order_figures(suite, database, order)
        client.call("sale.order", "action_confirm", [order])
        seconds = wait_for(
            lambda before=before, order=order: (
                order_figures(suite, database, order)[place] > before[place]
            ),
            PATIENCE,
        )
        assert seconds < PATIENCE
    assert suite.sql(database, "SELECT count(*) FROM crm_customer_change") == [(0,)]


def test_confirmed_order_waits_for_no_full_run(suite, database, start_server):
    orders = seed(suite, database)
    suite.sql(database, MANY_PARTNERS, (30_000,))
    suite.sql(database, COMMERCIAL)
    serving = start_server(database, max_cron_threads=0)
    running = start_server(database, max_cron_threads=1)
    client = serving.xmlrpc("admin")
    assert running.xmlrpc("admin").call("crm.profile.run", "action_request_full", [])
    # Small ranges for ever: the run is still underway when the last order comes.
    for order in orders:
        suite.sql(
            database,
            """UPDATE crm_profile_run SET state = 'waiting', range_size = 200
                WHERE company_id = 1 AND id = (SELECT max(id) FROM crm_profile_run)""",
        )
        before = order_figures(suite, database, order)
        client.call("sale.order", "action_confirm", [order])
        wait_for(
            lambda before=before, order=order: (
                order_figures(suite, database, order)[0] > before[0]
            ),
            PATIENCE,
        )


def test_many_clients_confirm_orders_of_few_customers(suite, database, start_server):
    """No client is refused or repeated on account of a table of ours."""
    orders = seed(suite, database, customers=20, orders=160)
    server = start_server(database, workers=2, max_cron_threads=1)
    failures = []

    def confirm(mine):
        client = server.xmlrpc("admin")
        for order in mine:
            try:
                client.call("sale.order", "action_confirm", [order])
            except RpcError as error:
                failures.append(error.text)

    threads = [threading.Thread(target=confirm, args=(orders[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    wait_for(
        lambda: (
            suite.sql(database, "SELECT count(*) FROM crm_customer_change") == [(0,)]
        ),
        PATIENCE,
    )
    assert not differences(suite, database)
    complaints = [
        line
        for line in server.log.read_text().splitlines()
        # The name of the database stands in each line.
        if "bad query" in line and "crm_" in line.replace(database, "")
    ]
    assert not complaints


@pytest.mark.parametrize("place", ["refresh_range:1", "refresh_range:3"])
def test_killed_full_run_goes_on_where_it_was(suite, database, start_server, place):
    seed(suite, database)
    suite.sql(database, MANY_PARTNERS, (2_000,))
    suite.sql(database, COMMERCIAL)
    suite.sql(database, "DELETE FROM crm_customer_profile")
    suite.sql(
        database,
        """DELETE FROM crm_profile_run;
           INSERT INTO crm_profile_run (company_id, state, position, range_size)
           SELECT id, 'waiting', 0, 200 FROM res_company WHERE parent_id IS NULL""",
    )
    dying = start_server(database, {"CRM_CRASH": place}, max_cron_threads=0)
    with pytest.raises(Exception):  # noqa: B017 - however the line breaks
        run_cron(suite, database, dying)
    assert dying.wait_until_dead() == -9
    assert suite.sql(database, UNFINISHED) != [(0,)]
    run_cron(suite, database, start_server(database, max_cron_threads=0))
    assert suite.sql(database, UNFINISHED) == [(0,)]
    assert not differences(suite, database)


def test_killed_between_queue_and_commit_loses_no_change(suite, database, start_server):
    [order, *_rest] = seed(suite, database)
    dying = start_server(database, {"CRM_CRASH": "refresh_queue:1"}, max_cron_threads=0)
    client = dying.xmlrpc("admin")
    with pytest.raises(Exception):  # noqa: B017 - however the line breaks
        client.call("sale.order", "action_confirm", [order])
    assert dying.wait_until_dead() == -9
    # The order itself was committed; its change waits in the queue.
    assert suite.sql(
        database, "SELECT state FROM sale_order WHERE id = %s", (order,)
    ) == [("sale",)]
    assert differences(suite, database)
    run_cron(suite, database, start_server(database, max_cron_threads=0))
    assert not differences(suite, database)


def test_reader_of_the_feed_misses_no_late_commit(suite, database, start_server):
    """Paging by id would skip the rows of transactions that commit late."""
    server = start_server(database, max_cron_threads=0)
    client = server.xmlrpc("admin")
    mark = client.call("crm.api", "changes", limit=1000)["next"]
    while (page := client.call("crm.api", "changes", after=mark))["rows"]:
        mark = page["next"]

    def write(writer):
        connection = suite.connect(database)
        connection.autocommit = False
        for number in range(20):
            with connection.cursor() as cursor:
                cursor.execute(
                    """INSERT INTO crm_change_feed
                              (xid, date, company_id, kind, action, partner_key)
                       VALUES (pg_current_xact_id()::text::bigint, now(), 1,
                               'customer', 'updated', %s)""",
                    (writer * 100 + number,),
                )
            time.sleep(random.uniform(0, 0.1))
            connection.commit()
        connection.close()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(1, 6)]
    for writer in writers:
        writer.start()
    seen = []
    end = time.monotonic() + 60
    while len(seen) < 100 and time.monotonic() < end:
        page = client.call("crm.api", "changes", after=mark, limit=7)
        mark = page["next"]
        seen += [row["partner_id"] for row in page["rows"]]
    for writer in writers:
        writer.join()
    assert len(seen) == len(set(seen)) == 100
