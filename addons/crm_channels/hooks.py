from odoo.api import Environment


def post_init_hook(env: Environment) -> None:
    """Write down what Odoo's blacklists and mailing lists know already."""
    env["crm.consent.core"]._take_over()


def uninstall_hook(env: Environment) -> None:
    """Withdraw what campaigns still have to send: nobody could write it any more."""
    launcher = env["crm.campaign.launcher"]
    running = env["crm.campaign"].search([("state", "in", ("live", "paused"))])
    running._decision_set(state="stopped")
    for campaign in running:
        while launcher._settle_some(campaign):
            pass
