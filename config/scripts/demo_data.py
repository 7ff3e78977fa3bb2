"""Demo data: a user for each role, and purchases of real customers."""

import random
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

from odoo.fields import Command

sys.path.insert(0, str(Path(__file__).resolve().parent))
import cdnow
import demo_channels
import demo_receivables
import demo_work

CALL = 10_000  # rows of one import call
ROLES = ("vp", "analyst", "campaign", "segmentation", "channel", "information")
NAMES = {
    "vp": "Vera (VP)",
    "analyst": "Anna (Analyst)",
    "campaign": "Carl (Campaign)",
    "segmentation": "Sara (Segmentation)",
    "channel": "Chris (Channel)",
    "information": "Ivan (Information)",
    "reader": "Rita (Reader)",
    "manager": "Mona (Sales manager)",
    "salesperson": "Sam (Salesperson)",
    "finance": "Fiona (Finance)",
    "collector": "Cora (Collector)",
}
SALES = "sales_team.group_sale_salesman_all_leads"
LEDGER = "account.group_account_readonly"
EXPORT = "base.group_allow_export"
# Imports make contacts of new customers; only who may create contacts can do that.
CONTACTS = "base.group_partner_manager"
# What people in these roles have of Odoo besides. Whoever analyses a business sees its
# orders and invoices; the others show how far a role alone reaches.
HELD = {
    "vp": (SALES, LEDGER),
    "analyst": (SALES, LEDGER, CONTACTS, EXPORT),
    "campaign": (SALES,),
    "segmentation": (EXPORT,),
    "information": (CONTACTS, EXPORT),
}
MODULES = ("crm_relationship", "crm_segmentation", "crm_channels", "crm_receivables")
# Customers of the salesperson, contacts with them in a year, and calls planned.
LOOKED_AFTER = 40
CONTACTS = 300
PLANNED = 14
CHANNELS = ("phone", "phone", "phone", "email", "visit")
SUBJECTS = (
    "New releases",
    "Question about an order",
    "Thanked for the last purchase",
    "Return of a damaged disc",
    "Birthday",
    "Asked for a catalogue",
)
SEGMENTS = [
    {
        "name": "Best customers",
        "kind": "rfm",
        "rfm_squares": "55 54 45 44",
        "description": "Bought lately and often: first to hear of news.",
    },
    {
        "name": "Good customers gone quiet",
        "kind": "rfm",
        "rfm_squares": "15 14 25 24",
        "description": "Bought often, but long ago: worth a call.",
    },
    {
        "name": "More than 200 in twelve months",
        "kind": "rule",
        "domain": "[('revenue_12m', '>', 200)]",
    },
]


def _users(env) -> None:
    """Create one user for each role; the password is the login, for the demo only."""
    groups = {role: f"crm_relationship.group_{role}" for role in (*ROLES, "reader")}
    groups["manager"] = "sales_team.group_sale_manager"
    groups["salesperson"] = "sales_team.group_sale_salesman"
    groups["finance"] = "account.group_account_invoice"
    if "crm_receivables" in env.registry._init_modules:
        groups["collector"] = "crm_receivables.group_collector"
    for login, group in groups.items():
        held = ("base.group_user", group, *HELD.get(login, ()))
        values = {
            "name": NAMES[login],
            "login": login,
            "password": login,
            "email": f"{login}@example.com",
            "tz": "UTC",
            "group_ids": [Command.link(env.ref(name).id) for name in held],
        }
        env["res.users"].with_context(no_reset_password=True).create(values)
    _team(env)


def _team(env) -> None:
    """The manager leads the salesperson's team, and is told what is left undone."""
    users = env["res.users"].search([("login", "in", ("manager", "salesperson"))])
    team = env.ref("sales_team.team_sales_department")
    team.user_id = users.filtered(lambda user: user.login == "manager")
    team.member_ids = [Command.link(user.id) for user in users]


def _purchases(env, wheel: str) -> None:
    """Import the purchases through the same service that other systems call."""
    purchases = cdnow.read(wheel) if wheel else cdnow.generate()
    source = "CDNOW sample" if wheel else "generated"
    env["ir.config_parameter"].set_param("crm_relationship.demo_source", source)
    moved = cdnow.shifted(purchases, date.today())
    rows = cdnow.rows(moved, env.company.currency_id.name)
    analyst = env["res.users"].search([("login", "=", "analyst")])
    api = env["crm.api"].with_user(analyst)
    for begin in range(0, len(rows), CALL):
        result = api.purchase_import(
            rows=rows[begin : begin + CALL],
            source="cdnow",
            idempotency_key=f"demo-cdnow-{begin}",
            create_missing=True,
        )
        if result["error_count"]:
            raise ValueError(result["errors"][0])
        env.cr.commit()


def _contacts(env) -> None:
    """Let the salesperson look after some customers and have had contacts with them."""
    seller = env["res.users"].search([("login", "=", "salesperson")])
    profiles = env["crm.customer.profile"].search(
        [("company_id", "=", env.company.id), ("user_id", "=", False)],
        order="last_purchase_date desc, id",
        limit=LOOKED_AFTER,
    )
    profiles.partner_id.user_id = seller
    # The same in every run.
    draw = random.Random(7)
    channels = [env.ref(f"crm_relationship.crm_channel_{name}") for name in CHANNELS]
    outcomes = env["crm.touch.outcome"].search([])
    today = datetime.combine(date.today(), datetime.min.time())
    rows = []
    for _number in range(CONTACTS):
        channel = draw.choice(channels)
        received = channel.kind != "visit" and draw.random() < 0.3
        day = today - timedelta(days=draw.randrange(1, 365))
        rows.append(
            {
                "partner_id": draw.choice(profiles.partner_id.ids),
                "company_id": env.company.id,
                "channel_id": channel.id,
                "direction": "in" if received else "out",
                "date": day + timedelta(minutes=draw.randrange(8 * 60, 18 * 60)),
                "outcome_id": False if received else draw.choice(outcomes.ids),
                "subject": draw.choice(SUBJECTS),
                "duration": draw.randrange(2, 30) if channel.kind == "phone" else 0,
                "user_id": seller.id,
            }
        )
    env["crm.touch"]._log(rows)
    _follow_ups(profiles.partner_id[:PLANNED], seller)
    env.cr.commit()


def _follow_ups(partners, seller) -> None:
    """Plan calls: some are overdue, some for today, some for later."""
    for number, partner in enumerate(partners):
        partner.activity_schedule(
            "mail.mail_activity_data_call",
            date.today() + timedelta(days=number % 7 - 3),
            summary=SUBJECTS[number % len(SUBJECTS)],
            user_id=seller.id,
        )


def _background_work(env) -> None:
    """Run our crons once, so that nobody waits for figures."""
    records = env["ir.model.data"].search(
        [("model", "=", "ir.cron"), ("module", "in", MODULES)], order="id"
    )
    for cron in env["ir.cron"].browse(records.mapped("res_id")).exists():
        cron.method_direct_trigger()
        env.cr.commit()


def _segments(env) -> None:
    """Compute RFM scores and make segments, as the roles do that own them."""
    env["crm.rfm.scheme"].search([]).action_compute_now()
    env.cr.commit()
    owner = env["res.users"].search([("login", "=", "segmentation")])
    segments = env["crm.segment"].with_user(owner).create(SEGMENTS)
    env.cr.commit()
    segments.action_refresh()
    env.cr.commit()


def main(env, wheel: str = "") -> None:
    """Fill a database that has our modules and nothing of ours in it."""
    # A clone shares its identity with the template: give it its own.
    env["ir.config_parameter"].init(force=True)
    with demo_work.nowhere(env):
        _fill(env, wheel)


def _fill(env, wheel: str) -> None:
    _users(env)
    # Before profiles are computed: a change computes all of them again.
    env.company.crm_cadence_days = 60
    env.cr.commit()
    _purchases(env, wheel)
    _background_work(env)
    _contacts(env)
    demo_work.fill(env)
    if "crm_segmentation" in env.registry._init_modules:
        _segments(env)
        _background_work(env)  # scores reach the profiles
    if "crm_channels" in env.registry._init_modules:
        demo_channels.fill(env, _background_work)
    if "crm_receivables" in env.registry._init_modules:
        demo_receivables.fill(env, _background_work)
