from odoo.api import Environment


def post_init_hook(env: Environment) -> None:
    """Ask for the first fill and return at once.

    Hooks run inside the install transaction: filling hundreds of thousands of
    profiles here would lock the database for everybody. The cron does it in ranges.
    """
    env["crm.profile.run"]._request_full()
