"""Demo data of channels: what customers said, the contact policy, offers, campaigns.

Made as the people do it whose part it is. Nothing leaves: see ``demo_work``.
"""

import base64
import random
from datetime import date, timedelta

import demo_work
from demo_plans import (
    CALL,
    CLASSICS,
    FAIR,
    JAZZ,
    LAPSING,
    LEARNED,
    MAIL,
    REFUSED_PLAN,
    RUNNING,
    WAITING,
    WAY,
    WHY_REFUSED,
    WON,
    Plan,
)

from odoo import Command, fields

from odoo.addons.crm_relationship.core import smtp

CHANNEL_COSTS = {"email": 0.05, "phone": 4.0, "letter": 1.2}
# Of the lapsing: how many refused mails, agreed to them, asked for a rest.
REFUSED, AGREED, RESTING = 9, 40, 4
# Of those written to and of those kept out, each so manieth bought afterwards.
BUYS, BUYS_ANYWAY = 6, 22
PRICE, COST = 41.65, 24.0
SHOP = "https://shop.example.com"


def fill(env, background_work) -> None:
    """Let the roles have made their first campaigns; a second time does nothing.

    :param background_work: runs our crons
    """
    if env["crm.campaign"].search_count([], limit=1):
        return
    for step in (_mail_server, _costs, _segment, _consents, _offers):
        step(env)
        env.cr.commit()
    won = _campaign(env, WON)
    demo_work.send(env, "promotion", _answers(env, won))
    _reactions(env, won)
    _purchases(env, won)
    _orders(env, won)
    background_work(env)  # figures, and who is still lapsing
    _named(env, "crm.segment", LAPSING).action_refresh()
    env.cr.commit()
    _evaluate(env, won)
    # What was sent before counts in its windows.
    _policy(env)
    _campaign(env, RUNNING)
    demo_work.send(env, "promotion", {})
    for plan in (*WAITING, REFUSED_PLAN):
        refused = _campaign(env, plan)
    _as(env, refused, "segmentation").action_decide("refuse_contact", WHY_REFUSED)
    _quiet_hours(env)
    env.cr.commit()


def _as(env, records, login: str):
    return records.with_user(demo_work.user(env, login))


def _mail_server(env) -> None:
    """A mail server that is not there: whatever the demo still sends stays here."""
    env["ir.mail_server"].create(
        {
            "name": "Demo: nothing leaves",
            "smtp_host": "localhost",
            "smtp_port": 9,
            "sequence": 1,
        }
    )


def _costs(env) -> None:
    for kind, cost in CHANNEL_COSTS.items():
        channels = env["crm.channel"].search([("kind", "=", kind)])
        _as(env, channels, "channel").touch_cost = cost


def _segment(env) -> None:
    """The customers all this is about."""
    rule = (
        "[('revenue_total', '>', 100), ('last_purchase_date', '<', 'today -90d'), "
        "('last_purchase_date', '>', 'today -365d')]"
    )
    _as(env, env["crm.segment"], "segmentation").create(
        {
            "name": LAPSING,
            "kind": "rule",
            "domain": rule,
            "description": "Spent more than 100 and have been silent for a quarter.",
        }
    )


# ---- what customers said ------------------------------------------------------------


def _consents(env) -> None:
    """Some refused, some agreed, some want a rest; of most nobody knows anything."""
    segment = env["crm.segment"].search([("name", "=", LAPSING)])
    members = segment.member_ids.partner_id.filtered("email").sorted("id")
    draw = random.Random(13)  # the same in every run
    chosen = draw.sample(members.ids, REFUSED + AGREED + RESTING)
    refused, rest = chosen[:REFUSED], chosen[REFUSED:]
    called = members.filtered("phone_sanitized").ids[:6]
    changes = [
        *(_said(draw, i, "withdrawn", "Telephone call") for i in refused),
        *(_said(draw, i, "granted", "Order form", "2026-1") for i in rest[RESTING:]),
        *(
            _said(draw, i, "paused", "Reply to a mail") | {"until": _moment(-45)}
            for i in rest[:RESTING]
        ),
        *(_said(draw, i, "withdrawn", "Call", kind="phone") for i in called),
    ]
    answer = _as(env, env["crm.api"], "analyst").consent_set(changes, "demo-consents")
    if answer["error_count"]:
        raise ValueError(answer["errors"][0])
    _import_of_a_fair(env, members, chosen)
    _preferences(env, members, chosen)


def _moment(days_ago: int) -> str:
    return (fields.Datetime.now() - timedelta(days=days_ago)).isoformat() + "Z"


def _said(draw, partner: int, change: str, source: str, version="", kind="email"):
    row = {
        "partner": partner,
        "channel": kind,
        "purpose": "promotion",
        "change": change,
        "date": _moment(draw.randrange(3, 300)),
        "source": source,
    }
    return row | ({"text_version": version} if version else {})


def _import_of_a_fair(env, members, known: list) -> None:
    """A file of those who left their address at a fair."""
    people = members.filtered(lambda partner: partner.id not in known)[:12]
    lines = [f"{p.email},email,promotion,granted,Record fair,fair-3" for p in people]
    file = base64.b64encode("\n".join([FAIR, *lines]).encode())
    imports = _as(env, env["crm.consent.import"], "information")
    done = imports.create({"file": file, "file_name": "record-fair.csv"})
    done.action_import()
    if done.state != "done":
        raise ValueError(done.row_ids.mapped("reason"))


def _preferences(env, members, known: list) -> None:
    """Two customers used the page behind the link in their mails."""
    people = members.filtered(lambda partner: partner.id not in known)[-2:]
    pages = env["crm.preferences"].with_user(env.ref("base.public_user")).sudo()
    for partner in people:
        pages._save(partner, env.company, {"email.service": "1"}, "192.0.2.17")


# ---- offers -------------------------------------------------------------------------


def _offers(env) -> None:
    """Two offers that can be sold, with their texts; one more is being written."""
    products = env["product.product"].create(
        [
            {"name": name, "type": "consu", "list_price": price, "standard_price": cost}
            for name, price, cost in (
                ("Jazz box (5 CDs)", 49.0, COST),
                ("Symphonies box (9 CDs)", 79.0, 38.0),
            )
        ]
    )
    jazz = _offer(env, JAZZ, products[0], 15, "The best of the new jazz in a box.")
    classics = _offer(env, CLASSICS, products[1], 20, "All nine, newly recorded.")
    for offer in jazz + classics:
        offer.action_try()
    unfinished = {"name": "Spring catalogue", "date_to": date.today() + timedelta(120)}
    jazz.browse().create(unfinished)


def _offer(env, name: str, product, discount: int, greeting: str):
    body = MAIL.format(greeting=greeting, link=f"{SHOP}/{product.id}")
    texts = (
        ("email", "{{ name }}, {{ products }} for you: {{ price }}", body),
        ("phone", "Offer {{ products }}: {{ price }}", CALL),
    )
    return _as(env, env["crm.offer"], "campaign").create(
        {
            "name": name,
            "date_to": date.today() + timedelta(days=60),
            "terms": "Free return within 30 days.",
            "line_ids": [
                Command.create({"product_id": product.id, "discount": discount})
            ],
            "rendering_ids": [
                Command.create({"kind": kind, "subject": subject, "body": body})
                for kind, subject, body in texts
            ],
        }
    )


# ---- campaigns ----------------------------------------------------------------------


def _campaign(env, plan: Plan):
    """Take a campaign as far as it has come."""
    author = "campaign" if plan.until else "analyst"
    channel = env["crm.channel"].search([("kind", "=", plan.kind)], limit=1)
    campaign = _as(env, env["crm.campaign"], author).create(
        {
            "name": plan.name,
            "brief": plan.brief,
            "goal": plan.goal,
            "user_id": demo_work.user(env, "campaign").id,
            "segment_id": _named(env, "crm.segment", plan.segment).id,
            "offer_id": _named(env, "crm.offer", plan.offer).id,
            "channel_id": channel.id,
            "holdout_percent": plan.holdout,
            "budget": plan.budget,
            "expected_rate": plan.rate,
            "expected_margin": plan.margin,
        }
    )
    for name, login in WAY.items() if plan.until else ():
        if name == "submit_design":
            _as(env, campaign, "campaign").action_test()
            _as(env, campaign, "campaign").action_simulate()
        _as(env, campaign, login).action_decide(name)
        if name == plan.until:
            break
    env.cr.commit()
    return campaign.with_env(env)


def _named(env, model: str, name: str | None):
    return env[model].search([("name", "=", name)], limit=1) if name else env[model]


def _enrolments(env, campaign, **values):
    domain = [(name, "=", value) for name, value in values.items()]
    return env["crm.campaign.enrolment"].search(
        [("campaign_id", "=", campaign.id), *domain]
    )


def _answers(env, campaign) -> dict:
    """Two mail boxes are gone: the mail server says so at once."""
    gone = _enrolments(env, campaign, state="planned")[3:40:20]
    refused = (smtp.REFUSED, "550 5.1.1 No such user here")
    return dict.fromkeys(gone.mapped("address"), refused)


def _reactions(env, campaign) -> None:
    """They open, click, answer, complain; one box is full."""
    sent = _enrolments(env, campaign, state="sent")
    kinds = {"mail.opened": sent[::3], "mail.bounced": sent[7:8]}
    kinds["mail.complained"] = sent[11:12]
    source = env["crm.event.source"].search([("code", "=", "mails")])
    messages = env["crm.outbox"].browse(sent.mapped("outbox_key"))
    refs = dict(zip(sent, messages.mapped("message_ref"), strict=True))
    for kind, rows in kinds.items():
        for row in rows:
            number = f"campaign-{kind}-{row.id}"
            demo_work.tell(env, source, number, kind, {"message": refs[row]})
    env.ref("crm_relationship.ir_cron_inbound_event").method_direct_trigger()
    texts = env["crm.campaign.text"]
    for row in sent[::7]:
        texts._clicked(texts._token(row.id))
    question = "Is the box available on vinyl, too?"
    demo_work.answer(env, messages[0], "Jazz box", question)
    # The link in a mail's header.
    links = env["crm.unsubscribe"].with_user(env.ref("base.public_user")).sudo()
    links._refuse(links._token(messages[5]))
    _as(env, campaign, "campaign").action_measure()
    env.cr.commit()


def _purchases(env, campaign) -> None:
    """What they buy in the shop afterwards; some would have bought anyway."""
    heads = _enrolments(env, campaign, is_head=True)
    treated = heads.filtered(lambda row: row.arm == "treated")
    buyers = (treated[::BUYS] + (heads - treated)[::BUYS_ANYWAY]).partner_id
    rows = [
        {
            "external_ref": f"jazz-{partner.id}",
            "date": date.today().isoformat(),
            "customer_id": partner.id,
            "product_name": "Jazz box (5 CDs)",
            "quantity": 1,
            "amount": PRICE,
            "cost": COST,
            "currency": env.company.currency_id.name,
            "channel": "web",
        }
        for partner in buyers
    ]
    answer = _as(env, env["crm.api"], "analyst").purchase_import(
        rows=rows, source="cdnow", idempotency_key="demo-after-the-campaign"
    )
    if answer["error_count"]:
        raise ValueError(answer["errors"][0])
    env.cr.commit()


def _orders(env, campaign) -> None:
    """Two ordered with the link in their mail; one more asked for a quotation."""
    clicked = _enrolments(env, campaign, response="clicked").partner_id[:3]
    product = _named(env, "crm.offer", JAZZ).line_ids.product_id
    orders = _as(env, env["sale.order"], "manager").create(
        [
            {
                "partner_id": partner.id,
                "campaign_id": campaign.utm_campaign_id.id,
                "order_line": [
                    Command.create({"product_id": product.id, "discount": 15.0})
                ],
            }
            for partner in clicked
        ]
    )
    orders[:2].action_confirm()
    env.cr.commit()


def _evaluate(env, campaign) -> None:
    mine = _as(env, campaign, "campaign")
    mine.learning = LEARNED
    mine.action_measure()
    mine.action_decide("evaluate")
    env.cr.commit()


# ---- policy -------------------------------------------------------------------------


def _policy(env) -> None:
    """How often customers are written to, for all campaigns together."""
    usual = ({"max_count": 2}, {"max_count": 4, "scope": "firm"})
    gap = {"kind": "gap", "length": 24, "unit": "hour"}
    calls = {"max_count": 1, "length": 2, "channel_kind": "phone", "waits": True}
    _as(env, env["crm.contact.policy"], "segmentation").create(
        {
            "name": "How often we write",
            "suppressed_domains": "competitor.example\npress.example",
            "rule_ids": [Command.create(vals) for vals in (gap, *usual, calls)],
        }
    )
    env.cr.commit()


def _quiet_hours(env) -> None:
    """Added last: the demo is the same at whatever hour it is made."""
    hours = (
        {"kind": "quiet", "quiet_from": 21.0, "quiet_to": 8.0},
        {
            "kind": "quiet",
            "channel_kind": "phone",
            "quiet_from": 17.0,
            "quiet_to": 10.0,
            "quiet_days": "weekend",
        },
    )
    policy = _as(env, env["crm.contact.policy"].search([]), "segmentation")
    policy.rule_ids = [Command.create({"sequence": 1, **vals}) for vals in hours]
