"""The ground itself: servers start, answer on both interfaces, die and come back."""

import pytest

from .rpc import RpcError


def test_both_interfaces_answer_alike(suite, database, start_server):
    key = suite.api_keys(database, "demo")["demo"]
    server = start_server(database)
    ask = {"domain": [["is_company", "=", True]], "order": "id", "limit": 5}
    by_xml = server.xmlrpc("demo").call("res.partner", "search", **ask)
    by_json = server.json2(key).call("res.partner", "search", **ask)
    assert by_xml == by_json
    assert len(by_xml) == 5


def test_a_wrong_key_is_refused(database, start_server):
    server = start_server(database)
    with pytest.raises(RpcError):
        server.json2("no-such-key").call("res.partner", "search_count", domain=[])
    with pytest.raises(RpcError):
        server.xmlrpc("demo", "wrong")


def test_a_killed_server_leaves_what_was_committed(suite, database, start_server):
    server = start_server(database)
    name = "Written before the kill"
    server.xmlrpc("admin").call("res.partner", "name_create", name=name)
    server.kill()
    assert server.wait_until_dead() != 0
    found = suite.sql(
        database,
        "SELECT count(*) FROM res_partner WHERE name = %s",
        [name],
    )
    assert found == [(1,)]
    again = start_server(database)
    assert again.xmlrpc("admin").call("res.partner", "search_count", domain=[]) > 1


def test_two_workers_serve_one_database(suite, database, start_server):
    server = start_server(database, workers=2)
    client = server.xmlrpc("admin")
    assert client.call("res.users", "search_count", domain=[]) >= 1


def test_code_runs_in_a_process_of_its_own(suite, database):
    code = "def main(env, name):\n    print(env.cr.dbname == name)\n"
    assert suite.run(database, code, database).strip() == "True"
