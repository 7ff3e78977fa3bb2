"""Profiles with two servers, after an installation, and under the load of core."""

import os
import threading
import time

import pytest
from crmsuite import databases, odooproc

from .rpc import RpcError
from .test_refresh import COMMERCIAL, MANY_PARTNERS, run_cron, seed, wait_for
from .verifier import differences

LONG = bool(os.environ.get("CRM_LONG"))
ORDERS_OF_MANY = """
    INSERT INTO sale_order (name, company_id, partner_id, partner_invoice_id,
                            partner_shipping_id, date_order, state, amount_untaxed,
                            amount_total, currency_id, currency_rate,
                            picking_policy)
    SELECT 'Bulk' || id, 1, id, id, id, now() AT TIME ZONE 'UTC', 'sale', id %% 500,
           id %% 500, 1, 1.0, 'direct'
      FROM res_partner WHERE name LIKE 'Bulk %%'"""


def runs_left(suite, database) -> int:
    query = "SELECT count(*) FROM crm_profile_run WHERE state != 'done'"
    return suite.sql(database, query)[0][0]


def queued(suite, database) -> int:
    return suite.sql(database, "SELECT count(*) FROM crm_customer_change")[0][0]


def wait_until_quiet(suite, database, seconds=120) -> None:
    wait_for(
        lambda: not runs_left(suite, database) and not queued(suite, database), seconds
    )


def confirm_all(server, orders, clients=8) -> list[str]:
    """Confirm orders by several clients at once; return what was refused."""
    failures = []

    def confirm(mine):
        client = server.xmlrpc("admin")
        for order in mine:
            try:
                client.call("sale.order", "action_confirm", [order])
            except RpcError as error:
                failures.append(error.text)

    threads = [
        threading.Thread(target=confirm, args=(orders[n::clients],))
        for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def complaints(server) -> tuple[int, list[str]]:
    """Return how often a request was repeated, and lines naming a table of ours."""
    lines = server.log.read_text(errors="replace").splitlines()
    ours = [line for line in lines if "bad query" in line and "crm_customer" in line]
    return sum("tries left" in line for line in lines), ours


def test_two_servers_share_the_work(suite, database, start_server):
    """Full runs and changes on both at once: one row a customer, all of them right."""
    orders = seed(suite, database, customers=10, orders=40)
    suite.sql(database, MANY_PARTNERS, (5_000,))
    suite.sql(database, COMMERCIAL)
    suite.sql(database, ORDERS_OF_MANY)
    servers = [start_server(database, max_cron_threads=2) for _n in range(2)]
    for server in servers:
        server.xmlrpc("admin").call("crm.profile.run", "action_request_full", [])
    halves = [
        threading.Thread(target=confirm_all, args=(server, orders[n::2], 3))
        for n, server in enumerate(servers)
    ]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    wait_until_quiet(suite, database)
    assert differences(suite, database) == []
    assert suite.sql(database, "SELECT count(*) FROM crm_profile_run_refreshed") == [
        (0,)
    ]
    states = suite.sql(
        database, "SELECT state FROM sale_order WHERE id = ANY(%s)", (orders,)
    )
    assert {state for (state,) in states} == {"sale"}


@pytest.mark.parametrize("place", ["refresh_draft:1", "refresh_range:2"])
def test_killed_with_a_draft_computes_it_again(suite, database, start_server, place):
    seed(suite, database)
    suite.sql(database, MANY_PARTNERS, (3_000,))
    suite.sql(database, COMMERCIAL)
    suite.sql(database, ORDERS_OF_MANY)
    suite.sql(
        database,
        """UPDATE crm_profile_run SET state = 'waiting', range_size = 500
            WHERE id IN (SELECT max(id) FROM crm_profile_run GROUP BY company_id)""",
    )
    dying = start_server(database, {"CRM_CRASH": place}, max_cron_threads=0)
    with pytest.raises(Exception):  # noqa: B017 - however the line breaks
        run_cron(suite, database, dying)
    assert dying.wait_until_dead() == -9
    assert runs_left(suite, database)
    run_cron(suite, database, start_server(database, max_cron_threads=0))
    assert not runs_left(suite, database)
    assert differences(suite, database) == []


@pytest.fixture
def bare(suite):
    """Return a database without our modules; dropped after its servers stopped."""
    name = databases.temporary_name(suite.ground, "bare")
    databases.clone(suite.ground.server, databases.core_template(suite.ground), name)
    yield name
    databases.drop(suite.ground.server, name)


def test_installation_asks_and_the_cron_fills(suite, bare, start_server):
    """20,000 customers with orders: installing computes none of them."""
    suite.sql(bare, MANY_PARTNERS, (20_000,))
    suite.sql(bare, COMMERCIAL)
    suite.sql(bare, ORDERS_OF_MANY)
    conf = odooproc.write_conf(suite.ground, bare)
    log = odooproc.log_path("processes-install")
    args = ["-i", "crm_relationship", "--stop-after-init", "--no-http"]
    odooproc.run(suite.ground, conf, args, "installation", log)
    count = "SELECT count(*) FROM crm_customer_profile"
    assert suite.sql(bare, count) == [(0,)]
    assert runs_left(suite, bare) > 0
    start_server(bare, max_cron_threads=1)
    seen = watch_progress(suite, bare)
    assert any(0 < position < last for position, last in seen), seen
    wait_until_quiet(suite, bare)
    assert suite.sql(bare, count)[0][0] >= 20_000
    assert differences(suite, bare) == []


def watch_progress(suite, database) -> set[tuple[int, int]]:
    """Return the steps of the first company's run that anybody could see."""
    seen, end = set(), time.monotonic() + 120
    connection = suite.connect(database)
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(
                """SELECT state, position, last_customer FROM crm_profile_run
                    WHERE company_id = 1"""
            )
            [(state, position, last)] = cursor.fetchall()
            if state == "done":
                break
            if state == "running":
                seen.add((position, last))
            else:
                suite.wake_crons(database)
            time.sleep(0.005 if seen else 0.1)
    connection.close()
    return seen


@pytest.mark.skipif(not LONG, reason="part of make test-full")
def test_no_more_conflicts_than_without_us(suite, bare, database, start_server):
    """480 orders of 20 customers by 8 clients, with our modules and without."""
    repeats = {}
    for name in (bare, database):
        orders = seed_core(suite, name)
        server = start_server(name, workers=4, max_cron_threads=1)
        assert confirm_all(server, orders) == []
        repeats[name], ours = complaints(server)
        assert ours == []
        server.stop()
    assert not queued(suite, database)
    assert differences(suite, database) == []
    # Chance decides about single ones; ours must not add a kind of its own.
    assert repeats[database] <= repeats[bare] * 1.2 + 5, repeats


def seed_core(suite, database) -> list[int]:
    code = """
from odoo import Command

def main(env):
    partners = env["res.partner"].create(
        [{"name": f"Busy {n}", "is_company": True} for n in range(20)]
    )
    product = env["product.product"].create({"name": "Thing", "type": "service"})
    line = {"product_id": product.id, "price_unit": 10.0, "tax_ids": False}
    orders = env["sale.order"].create(
        [
            {"partner_id": partners[n % 20].id, "order_line": [Command.create(line)]}
            for n in range(480)
        ]
    )
    env.cr.commit()
    if "crm.customer.refresh" in env:
        env["crm.customer.refresh"]._cron_refresh()
    print(*orders.ids)
"""
    return [int(word) for word in suite.run(database, code).split()]
