"""Decisions over both interfaces, and two of them at the same moment."""

import threading

import pytest

from .rpc import RpcError

MODEL = "crm.handover"
SEED = """
def main(env):
    demo, admin = env.ref("base.user_demo"), env.ref("base.user_admin")
    demo.group_ids |= env.ref("sales_team.group_sale_salesman_all_leads")
    partner = env["res.partner"].create({"name": "Passed on", "user_id": admin.id})
    handover = env["crm.handover"].with_user(admin).create(
        {"partner_id": partner.id, "to_user_id": demo.id}
    )
    handover.action_decide("offer")
    env.cr.commit()
    print(handover.id, partner.id, demo.id, admin.id)
"""
FORGED = (
    {"state": "accepted"},
    {"decision_hash": "x"},
    {"decision_author_ids": [(5,)]},
    {"decision_due": False},
)


@pytest.fixture
def offer(suite, database):
    """Return ids of an offered handover, its customer, the successor, the giver."""
    return [int(word) for word in suite.run(database, SEED).split()]


def protected(suite, database, handover):
    return suite.sql(
        database,
        "SELECT state, decision_hash, decision_due FROM crm_handover WHERE id = %s",
        [handover],
    )


def test_no_door_over_either_interface(suite, database, start_server, offer):
    """Not even the administrator's: values, contexts, births, imports."""
    handover, partner, demo, _admin = offer
    key = suite.api_keys(database, "admin")["admin"]
    server = start_server(database)
    before = protected(suite, database, handover)
    born = {"partner_id": partner, "to_user_id": demo}
    for client in (server.xmlrpc("admin"), server.json2(key)):
        for vals in FORGED:
            for context in ({}, {"crm_decision_writer": True}):
                with pytest.raises(RpcError, match="only a decision"):
                    client.call(MODEL, "write", [handover], vals=vals, context=context)
        with pytest.raises(RpcError, match="only a decision"):
            client.call(MODEL, "create", vals_list=[{**born, "state": "accepted"}])
        [new] = client.call(
            MODEL,
            "create",
            vals_list=[born],
            context={"default_state": "accepted", "crm_decision_writer": 1},
        )
        [row] = client.call(MODEL, "read", [new], fields=["state"])
        assert row["state"] == "draft"
        told = client.call(
            MODEL, "load", fields=[".id", "state"], data=[[str(handover), "accepted"]]
        )
        assert not told["ids"]
        with pytest.raises(RpcError):
            client.call(MODEL, "_decision_set", [handover], state="accepted")
        with pytest.raises(RpcError, match="decided by"):
            client.call(MODEL, "action_decide", [handover], transition="accept")
    assert protected(suite, database, handover) == before


def test_only_one_of_two_decisions_counts(suite, database, start_server, offer):
    """Accepted and withdrawn at the same moment: one of them, and one row of it."""
    handover, partner, demo, admin = offer
    server = start_server(database, workers=2)
    ends = {}

    def decide(login, transition):
        try:
            server.xmlrpc(login).call(
                MODEL, "action_decide", [handover], transition=transition
            )
            ends[transition] = "yes"
        except RpcError as error:
            ends[transition] = error.text

    threads = [
        threading.Thread(target=decide, args=args)
        for args in (("demo", "accept"), ("admin", "withdraw"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [won] = [name for name, end in ends.items() if end == "yes"]
    [lost] = [end for end in ends.values() if end != "yes"]
    assert "is not possible while" in lost
    rows = suite.sql(
        database,
        "SELECT transition FROM crm_decision WHERE res_id = %s AND res_model = %s "
        "AND transition != 'offer'",
        [handover, MODEL],
    )
    assert rows == [(won,)]
    [(owner,)] = suite.sql(
        database, "SELECT user_id FROM res_partner WHERE id = %s", [partner]
    )
    assert owner == (demo if won == "accept" else admin)
