"""A running campaign is paused, goes on and is stopped at once, however much waits."""

import json
import os

LONG = bool(os.environ.get("CRM_LONG"))
CUSTOMERS = 100_000 if LONG else 3000

# One process sends without a pause; the other presses the buttons meanwhile, and works
# off what follows as the cron does.
CODE = '''
import json
import multiprocessing
import os
import time
import traceback

import odoo.sql_db
from odoo import SUPERUSER_ID, Command, api, fields
from odoo.addons.crm_relationship.core import smtp
from odoo.addons.crm_relationship.models.crm_outbox_adapter_mail import (
    CrmOutboxAdapterMail,
)
from odoo.addons.crm_relationship.transactions import CONFLICTS, in_transaction

MODEL = "crm.campaign.enrolment"
# A sender that found nothing would have found something within this.
SILENT = 5.0


class Connection:
    """A mail server that takes everything."""

    crm_mails_left = 1 << 30
    from_filter = smtp_from = None


def without_network(sent):
    """Count what is sent: how many, when the last, and the first since the button."""
    taken = smtp.Receipt(smtp.ACCEPTED, "taken")

    def deliver(self, connection, parcel):
        with sent.get_lock():
            sent[0] += 1
            sent[1] = time.monotonic()
            sent[2] = sent[2] or sent[1]
        return taken

    CrmOutboxAdapterMail._connect = lambda self, route: Connection()
    CrmOutboxAdapterMail._disconnect = lambda self, connection: None
    CrmOutboxAdapterMail._deliver = deliver


def ground(env, customers):
    """Make as many customers, and a campaign to them that is to be launched."""
    company = env.company
    company.write({"email": "office@ground.example", "crm_tz": "UTC",
                   "crm_consent_default": "allowed"})
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create({"name": "None", "smtp_host": "localhost"})
    env["crm.contact.policy"].search([]).active = False
    env["crm.send.lane"].search([]).write({"rate_per_minute": 0})
    env.ref("crm_relationship.ir_cron_refresh").active = False
    env.flush_all()
    env.cr.execute("""
        INSERT INTO res_partner (name, complete_name, active, is_company, type, email,
               email_normalized, autopost_bills, create_date)
        SELECT 'Stop ' || n, 'Stop ' || n, true, true, 'contact', 'stop' || n
               || '@stop.example', 'stop' || n || '@stop.example', 'ask', now()
          FROM generate_series(1, %s) n RETURNING id""", [customers])
    ids = [row[0] for row in env.cr.fetchall()]
    env.cr.execute("""
        UPDATE res_partner SET commercial_partner_id = id
         WHERE commercial_partner_id IS NULL""")
    env.cr.execute("""
        INSERT INTO crm_customer_profile (company_id, partner_id, active,
               holdout_bucket)
        SELECT %s, unnest(%s), true, 1 ON CONFLICT DO NOTHING""", [company.id, ids])
    env.invalidate_all()
    segment = env["crm.segment"].create(
        {"name": "Everybody", "kind": "manual", "user_id": env.uid})
    segment._add_partners(ids)
    body = "<p>Dear {{ name }}: {{ products }}, {{ price }}, {{ valid_until }}.</p>"
    product = env["product.product"].create({"name": "Polish", "list_price": 40.0})
    offer = env["crm.offer"].create({
        "name": "Spring", "currency_id": company.currency_id.id,
        "date_to": fields.Date.add(fields.Date.today(), days=60),
        "line_ids": [Command.create({"product_id": product.id, "discount": 15})],
        "rendering_ids": [Command.create(
            {"kind": "email", "subject": "{{ products }}", "body": body})]})
    offer.write({"trial_ok": True, "trial_hash": offer._trial_terms()})
    campaign = env["crm.campaign"].create({
        "name": "Stop", "brief": "Stop", "segment_id": segment.id,
        "channel_id": env["crm.channel"].search([("kind", "=", "email")], limit=1).id,
        "offer_id": offer.id, "holdout_percent": 0, "budget": 1e9,
        "expected_rate": 10.0, "expected_margin": 20.0})
    campaign._decision_set(state="live")
    return campaign


def launch(env, campaign):
    launcher = env["crm.campaign.launcher"]
    in_transaction(env, launcher._launch, campaign)
    while campaign.is_launching:
        in_transaction(env, launcher._plan_range, campaign)


def presser(env):
    """Return somebody who may launch and stop."""
    groups = [env.ref(f"crm_relationship.group_{role}").id
              for role in ("segmentation", "channel", "vp")]
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": "Presser", "login": "presser", "email": "presser@ground.example",
        "group_ids": [Command.set(groups)]})


def send(registry, sent, over):
    odoo.sql_db.close_all()
    without_network(sent)
    try:
        while not over.is_set():
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                for _done in env["crm.outbox.sender"]._work("promotion"):
                    if over.is_set():
                        break
            time.sleep(0.05)
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(0)


def press(env, campaign, user, name, sent):
    """Press a button; return what happened at which second after it."""
    before, tries = time.monotonic(), 0
    sent[2] = 0
    while True:
        tries += 1
        try:
            in_transaction(env, campaign.with_user(user).action_decide, name)
            break
        except CONFLICTS:
            pass
    answered = time.monotonic()
    count = sent[0]
    launcher = env["crm.campaign.launcher"]
    while in_transaction(env, launcher._settle_some, campaign):
        pass
    # What a sender had in hand is its to put back.
    while waiting(env, campaign, name):
        time.sleep(0.05)
        in_transaction(env, launcher._settle_some, campaign)
    moved = time.monotonic()
    return {"what": name, "answered": answered - before, "moved": moved - before,
            "before": before, "committed": answered, "count": count, "tries": tries}


def waiting(env, campaign, name):
    """Return how many messages are not yet where the button wants them."""
    in_transaction(env, lambda: None)
    still = "o.due = '9999-01-01'" if name == "resume" else (
        "o.due < '9999-01-01'" if name == "pause" else "true")
    env.cr.execute(f"""
        SELECT count(*) FROM crm_outbox o JOIN crm_campaign_enrolment e
            ON e.id = o.origin_key AND o.origin_model = %s
         WHERE e.campaign_id = %s AND o.state IN ('planned', 'claimed') AND {still}""",
        [MODEL, campaign.id])
    return env.cr.fetchone()[0]


def silence(row, sent):
    """Wait until nothing was sent for a while; note when the last message left."""
    while time.monotonic() - max(sent[1], row["committed"]) < SILENT:
        time.sleep(0.1)
    row["silent"] = max(0, sent[1] - row["before"])
    row["after"] = sent[0] - row["count"]


def wait_for(sent, number):
    end = time.monotonic() + 120
    while sent[0] < number:
        assert time.monotonic() < end, "nothing is sent"
        time.sleep(0.02)


def main(env, customers):
    campaign = in_transaction(env, ground, env, int(customers))
    user = in_transaction(env, presser, env)
    begun = time.monotonic()
    launch(env, campaign)
    found = {"launched": time.monotonic() - begun}
    sent, over = multiprocessing.Array("d", 3), multiprocessing.Event()
    registry, ids = env.registry, (campaign.id, user.id)
    # No connection is shared with the sender.
    env.cr.close()
    odoo.sql_db.close_all()
    child = multiprocessing.get_context("fork").Process(
        target=send, args=(registry, sent, over))
    child.start()
    try:
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            found["rows"] = buttons(env, *ids, sent)
    finally:
        over.set()
        child.join(30)
    with registry.cursor() as cr:
        cr.execute("""SELECT count(*) FROM crm_outbox
                       WHERE origin_model = %s AND state = 'sent'""", [MODEL])
        found["sent"], found["left"] = cr.fetchone()[0], sent[0]
        cr.execute("SELECT state, count(*) FROM crm_campaign_enrolment GROUP BY state")
        found["states"] = dict(cr.fetchall())
    print(json.dumps(found), flush=True)
    os._exit(0)


def buttons(env, campaign_id, user_id, sent):
    campaign = env["crm.campaign"].browse(campaign_id)
    user, rows = env["res.users"].browse(user_id), []
    for name in ("pause", "resume", "stop"):
        wait_for(sent, sent[0] + (0 if name == "resume" else 30))
        rows.append(press(env, campaign, user, name, sent))
        if name == "resume":
            wait_for(sent, rows[-1]["count"] + 1)
            rows[-1]["first"] = sent[2] - rows[-1]["before"]
        else:
            silence(rows[-1], sent)
    return rows
'''


def test_pause_resume_stop(suite, database, capsys):
    """After the button only that leaves which was being sent."""
    printed = suite.run(database, CODE, str(CUSTOMERS))
    found = json.loads(printed.strip().splitlines()[-1])
    rows = {row["what"]: row for row in found["rows"]}
    with capsys.disabled():
        print(f"\n  {CUSTOMERS} messages, planned in {found['launched']:.1f} s")
        for row in found["rows"]:
            print(f"  {row}")
    for name in ("pause", "stop"):
        # One sender: one message at most was `sending` when the button was committed.
        assert rows[name]["after"] <= 1, rows[name]
    states = found["states"]
    assert found["sent"] == found["left"] == states["sent"]
    assert states["sent"] + states["skipped"] == CUSTOMERS
