"""Demo data: a user for each role, and purchases of real customers."""

import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import cdnow

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
    "salesperson": "Sam (Salesperson)",
}


def _users(env) -> None:
    """Create one user for each role; the password is the login, for the demo only."""
    groups = {role: f"crm_relationship.group_{role}" for role in (*ROLES, "reader")}
    groups["salesperson"] = "sales_team.group_sale_salesman"
    for login, group in groups.items():
        env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": NAMES[login],
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "tz": "UTC",
                "group_ids": [
                    (4, env.ref(name).id) for name in ("base.group_user", group)
                ],
            }
        )


def _purchases(env, wheel: str) -> None:
    """Import the purchases through the same service that other systems call."""
    purchases = cdnow.read(wheel) if wheel else cdnow.generate()
    source = "CDNOW sample" if wheel else "generated"
    env["ir.config_parameter"].set_param("crm_relationship.demo_source", source)
    moved = cdnow.shifted(purchases, date.today())
    rows = cdnow.rows(moved, env.company.currency_id.name)
    for begin in range(0, len(rows), CALL):
        result = env["crm.api"].purchase_import(
            rows=rows[begin : begin + CALL],
            source="cdnow",
            idempotency_key=f"demo-cdnow-{begin}",
            create_missing=True,
        )
        env.cr.commit()
        print(f"  purchases: {result}", flush=True)


def main(env, wheel: str = "") -> None:
    """Fill a database that has our modules and nothing of ours in it."""
    # A clone shares its identity with the template: give it its own.
    env["ir.config_parameter"].init(force=True)
    _users(env)
    env.cr.commit()
    _purchases(env, wheel)
    env["crm.customer.profile"]._refresh_all()
    env.cr.commit()
