"""Who was erased is in no table and no file, as a dump and a disk would show."""

import json
from pathlib import Path

from crmsuite import databases

NAME = "Zebedia Quorthon"
CANARIES = (b"Quorthon", b"zebedia", b"2125550777", b"555 0777", b"xylophone")
# What law asks to keep: see the administrators' guide.
KEPT = {
    "account_move": {"invoice_partner_display_name"},
    "ir_attachment": {"index_content"},
}
SEED = """
from odoo import Command

def user(env, login, group):
    groups = [env.ref(f"crm_relationship.group_{group}").id]
    return env["res.users"].create(
        {"name": login, "login": login, "group_ids": [Command.set(groups)]}
    )

def main(env):
    name, note = "Zebedia Quorthon", "likes xylophones"
    email, phone = "zebedia.quorthon@canary.example", "+1 212 555 0777"
    person = env["res.partner"].create(
        {"name": name, "email": email, "phone": phone, "comment": note}
    )
    person.message_post(body=note, attachments=[("x.txt", f"{name} {note}")])
    lead = env["crm.lead"].create(
        {"name": name, "contact_name": name, "email_from": email, "description": note}
    )
    lead.message_post(body=name, attachments=[("l.txt", note)])
    order = env["sale.order"].create({"partner_id": person.id})
    order.message_post(body=f"Dear {name}", partner_ids=person.ids)
    env["mail.mail"].create(
        {"email_to": email, "subject": name, "body_html": note, "model": "sale.order",
         "res_id": order.id}
    )
    invoice = env["account.move"].create(
        {"move_type": "out_invoice", "partner_id": person.id,
         "invoice_date": "2026-01-10",
         "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 10})]}
    )
    invoice.action_post()
    env["crm.touch"]._log(
        [{"partner_id": person.id, "note": note, "subject": name,
          "channel_id": env.ref("crm_relationship.crm_channel_phone").id}]
    )
    env.cr.commit()
    asker, eraser = user(env, "asker", "information"), user(env, "eraser", "vp")
    eraser.group_ids |= env.ref("crm_relationship.group_segmentation")
    Request = env["crm.privacy.request"].with_user(asker)
    seen = Request.create(
        {"kind": "access", "partner_id": person.id, "contact": email, "note": note}
    )
    seen.action_decide("submit")
    seen.action_decide("answer")
    request = Request.create(
        {"kind": "erase", "partner_id": person.id, "contact": email, "note": note}
    )
    request.action_decide("submit")
    env.cr.commit()
    print(request.id, invoice.id)
"""
ERASE = """
def main(env, request):
    eraser = env["res.users"].search([("login", "=", "eraser")])
    env["crm.privacy.request"].with_user(eraser).browse(int(request)).action_decide("erase")
    env.cr.commit()
    env["ir.attachment"]._gc_file_store_unsafe()
    env.cr.commit()
"""


def in_tables(suite, database) -> dict[str, set[str]]:
    """Return the columns in which the person is, by table, reading every row."""
    found: dict[str, set[str]] = {}
    tables = suite.sql(
        database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    for (table,) in tables:
        for (row,) in suite.sql(database, f'SELECT to_jsonb(t)::text FROM "{table}" t'):
            if not is_mentioned(row.encode()):
                continue
            columns = json.loads(row).items()
            named = {c for c, value in columns if is_mentioned(str(value).encode())}
            found.setdefault(table, set()).update(named)
    return found


def is_mentioned(content: bytes) -> bool:
    """Tell whether the person is in some bytes."""
    content = content.lower()
    return any(canary.lower() in content for canary in CANARIES)


def in_files(database) -> set[str]:
    """Return the names of stored files with the person in them."""
    folder: Path = databases.filestore(database)
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and is_mentioned(path.read_bytes())
    }


def test_nothing_is_left(suite, database):
    """The whole database and the whole filestore, before and after."""
    request, invoice = suite.run(database, SEED).split()
    assert len(in_tables(suite, database)) > 8
    assert len(in_files(database)) >= 3
    suite.run(database, ERASE, request)
    for table, columns in in_tables(suite, database).items():
        assert columns <= KEPT.get(table, set()), (table, columns)
    kept = suite.sql(
        database,
        """SELECT store_fname FROM ir_attachment
            WHERE res_model = 'account.move' AND res_id = %s""",
        [invoice],
    )
    assert in_files(database) == {name for (name,) in kept}
    assert suite.sql(database, "SELECT count(*) FROM crm_suppression") == [(2,)]
