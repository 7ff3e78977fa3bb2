from odoo.api import Environment
from odoo.tools import SQL


def post_init_hook(env: Environment) -> None:
    """Give every company its ageing buckets and ask for the new figures of profiles;
    the cron computes them in ranges."""
    companies = env["res.company"].with_context(active_test=False).search([])
    env["crm.ageing.bucket"]._create_usual(companies)
    env["crm.profile.run"]._request_full()


def uninstall_hook(env: Environment) -> None:
    """Take the menu of customer relations back from finance, which had it for this, and
    leave out reminders that wait: there is nothing left to say what they say."""
    env.execute_query(
        SQL(
            """UPDATE crm_outbox
                  SET state = 'skipped', reason = 'withdrawn',
                      done_date = now() AT TIME ZONE 'UTC'
                WHERE origin_model = 'crm.reminder'
                  AND state IN ('planned', 'claimed') RETURNING id"""
        )
    )
    menu = env.ref("crm_relationship.menu_root", raise_if_not_found=False)
    for name in ("group_account_readonly", "group_account_invoice"):
        group = env.ref(f"account.{name}", raise_if_not_found=False)
        if menu and group:
            menu.group_ids -= group
