"""What the tests of sending build on: customers, messages, and an own count."""

import subprocess
import time

from crmsuite import databases

SEED = """
def main(env, port, mails, per_mail, subject="Mail"):
    port, mails, per_mail = int(port), int(mails), int(per_mail)
    env["res.company"].search([]).write({"crm_tz": "UTC"})
    company = env.company
    domain = env["mail.alias.domain"].search([], limit=1) or env[
        "mail.alias.domain"].create({"name": "ground.example"})
    company.alias_domain_id = domain
    company.email = "office@ground.example"
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create(
        {"name": "Ground", "smtp_host": "127.0.0.1", "smtp_port": port})
    admin = env.ref("base.user_admin")
    # Not by the ORM: Odoo would write a mail about it.
    env.cr.execute(
        "UPDATE res_partner SET email = 'admin@ground.example' WHERE id = %s",
        [admin.partner_id.id])
    env["crm.send.lane"].search([]).write({"breaker_errors": 100000})
    # Its customers have bought nothing: the refresher would remove their profiles.
    env.ref("crm_relationship.ir_cron_refresh").active = False
    env.cr.execute("DELETE FROM crm_outbox")
    env.cr.execute('''
        INSERT INTO res_partner (name, complete_name, active, is_company, type, email,
               email_normalized, autopost_bills, create_date)
        SELECT 'Post ' || n, 'Post ' || n, true, true, 'contact',
               'post' || n || '@customer.example', 'post' || n || '@customer.example',
               'ask', now()
          FROM generate_series(1, %s) n''', [per_mail])
    env.cr.execute('''
        UPDATE res_partner SET commercial_partner_id = id
         WHERE commercial_partner_id IS NULL''')
    env.cr.execute('''
        INSERT INTO crm_customer_profile (company_id, partner_id, active,
               holdout_bucket)
        SELECT %s, id, true, 1 FROM res_partner WHERE name LIKE 'Post %%'
            ON CONFLICT DO NOTHING''', [company.id])
    domain = [("partner_id.name", "=like", "Post %")]
    made = env["crm.service.mail"].with_user(admin).create([
        {"subject": f"{subject} {n}", "body": "<p>Dear {{ name }}</p>",
         "audience": repr(domain)} for n in range(mails)])
    env.cr.commit()
    print(*made.ids)
"""
CONFIRM = """
def main(env, *ids):
    for mail in env["crm.service.mail"].browse([int(i) for i in ids]):
        mail.with_user(env.ref("base.user_admin")).action_confirm()
        env.cr.commit()
    env["crm.service.mail.planner"]._cron_plan()
"""
STATES = "SELECT state, count(*) FROM crm_outbox GROUP BY state"
SECRET = """SELECT value FROM ir_config_parameter
             WHERE key = 'crm_relationship.link_secret'"""
OPEN_STATES = ("planned", "claimed", "sending")


def seed(suite, database, smtp, mails=1, per_mail=100, subject="Mail") -> list[int]:
    """Make customers and drafts of mails to all of them; return the drafts' ids."""
    printed = suite.run(database, SEED, smtp.port, mails, per_mail, subject)
    return [int(word) for word in printed.split()]


def confirm(suite, database, ids) -> None:
    """Confirm mails, as the button does, and plan all of them."""
    suite.run(database, CONFIRM, *map(str, ids))


def lease(suite, database, seconds: float) -> None:
    """Give up senders after so many seconds."""
    suite.sql(database, "UPDATE crm_send_lane SET lease_seconds = %s", (seconds,))


def states(suite, database) -> dict[str, int]:
    """Return how many messages are in each state."""
    return dict(suite.sql(database, STATES))


def left(suite, database) -> int:
    """Return how many messages have no final state yet."""
    found = states(suite, database)
    return sum(found.get(state, 0) for state in OPEN_STATES)


def wait_until(condition, seconds: float) -> None:
    """Return when a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def quiet(suite, database) -> bool:
    """Tell whether no sender has anything in hand or could have."""
    found = suite.sql(
        database,
        """SELECT 1 FROM crm_outbox o JOIN crm_send_lane l ON l.id = o.lane_id
            WHERE o.state IN ('claimed', 'sending')
               OR o.state = 'planned' AND l.state = 'running'
                  AND o.due <= now() AT TIME ZONE 'UTC' LIMIT 1""",
    )
    return not found


def wait_until_sent(suite, database, seconds: float) -> None:
    """Return when nothing waits or is being sent any more."""
    end = time.monotonic() + seconds
    while left(suite, database):
        assert time.monotonic() < end, states(suite, database)
        time.sleep(0.1)


def wait_planned(suite, database, seconds: float) -> None:
    """Return when every confirmed mail is planned for everybody."""
    query = "SELECT count(*) FROM crm_service_mail WHERE state = 'planning'"
    end = time.monotonic() + seconds
    while suite.sql(database, query)[0][0]:
        assert time.monotonic() < end
        time.sleep(0.2)


def restore(suite, database: str) -> str:
    """Dump a database in use and restore it beside; return the copy's name."""
    copy = databases.temporary_name(suite.ground, "copy")
    databases.drop(suite.ground.server, copy)
    suite.sql("postgres", f'CREATE DATABASE "{copy}"')
    server = suite.ground.server
    where = ["-h", server.host, "-p", str(server.port), "-U", server.user]
    env = {**suite.ground.env, "PGPASSWORD": server.password}
    programs = suite.programs()
    dump = subprocess.Popen(
        [programs / "pg_dump", *where, "-Fc", database], stdout=subprocess.PIPE, env=env
    )
    subprocess.run(
        [programs / "pg_restore", *where, "--no-owner", "-d", copy],
        stdin=dump.stdout,
        env=env,
        check=True,
    )
    assert dump.wait() == 0
    return copy


def verify(suite, database, smtp, mails: int, per_mail: int) -> dict[str, int]:
    """Check what must hold whatever was broken, counted from the database and the mail
    server's own list; return the states.

    Everybody has one row per mail. Nobody's mail was taken twice. What is called sent
    was taken, what is called failed or left out was not. Sent is in the ledger once.
    """
    rows = suite.sql(
        database,
        """SELECT o.id, o.state, o.message_ref, r.state,
                  (SELECT count(*) FROM crm_touch t
                    WHERE t.source_model = 'crm.outbox'
                      AND t.source_key = o.id::text),
                  (SELECT count(*) FROM mail_message m
                    WHERE m.message_id = o.message_ref)
             FROM crm_outbox o
             JOIN crm_service_mail_recipient r ON r.id = o.origin_key
            WHERE o.origin_model = 'crm.service.mail.recipient'""",
    )
    assert len(rows) == mails * per_mail, (len(rows), mails, per_mail)
    # Odoo's own crons write mails as well.
    taken = {ref: count for ref, count in smtp.count().items() if "<crm-outbox" in ref}
    twice = [ref for ref, count in taken.items() if count > 1]
    assert not twice, f"sent twice: {twice[:3]}"
    refs = {ref for _row, _state, ref, *_rest in rows}
    strange = sorted(set(taken) - refs)
    assert not strange, f"mails nobody asked for: {strange[:3]}"
    for row, state, ref, shown, touches, messages in rows:
        _verify_row(row, state, shown, taken.get(ref, 0), touches, messages)
    return states(suite, database)


def _verify_row(row, state, shown, taken, touches, messages) -> None:
    about = (row, state, shown, taken, touches, messages)
    assert state in ("sent", "unknown", "failed", "skipped", "planned"), about
    assert shown == state, about
    assert touches == (1 if state == "sent" else 0), about
    assert messages <= 1, about
    if state == "sent":
        assert taken == 1, about
    elif state != "unknown":
        assert taken == 0, about
