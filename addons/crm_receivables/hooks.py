from odoo.api import Environment


def post_init_hook(env: Environment) -> None:
    """Give every company its ageing buckets and ask for the new figures of profiles;
    the cron computes them in ranges."""
    companies = env["res.company"].with_context(active_test=False).search([])
    env["crm.ageing.bucket"]._create_usual(companies)
    env["crm.profile.run"]._request_full()


def uninstall_hook(env: Environment) -> None:
    """Take the menu of customer relations back from finance, which had it for this."""
    menu = env.ref("crm_relationship.menu_root", raise_if_not_found=False)
    for name in ("group_account_readonly", "group_account_invoice"):
        group = env.ref(f"account.{name}", raise_if_not_found=False)
        if menu and group:
            menu.group_ids -= group
