from odoo.api import Environment


def post_init_hook(env: Environment) -> None:
    """Write down what Odoo's blacklists and mailing lists know already."""
    env["crm.consent.core"]._take_over()
