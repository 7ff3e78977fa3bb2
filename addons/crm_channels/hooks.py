from odoo.api import Environment


def post_init_hook(env: Environment) -> None:
    """Write down what Odoo's blacklists and mailing lists know already.

    Hooks run inside the install transaction, so only the first entries are taken over
    here; a cron goes on in ranges, and what is not written down yet holds meanwhile.
    """
    env["crm.consent.takeover"]._request()


def uninstall_hook(env: Environment) -> None:
    """Withdraw what campaigns still have to send: nobody could write it any more."""
    launcher = env["crm.campaign.launcher"]
    running = env["crm.campaign"].search([("state", "in", ("live", "paused"))])
    running._decision_set(state="stopped")
    for campaign in running:
        while launcher._settle_some(campaign):
            pass
