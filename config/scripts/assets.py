"""Compile the web client's bundles, so that the first page does not wait for them."""

BUNDLES = ("web.assets_frontend", "web.assets_web")


def main(env):
    """Store the style and script files of the login page and of the web client."""
    qweb = env["ir.qweb"]
    for bundle in BUNDLES:
        assets = qweb._get_asset_bundle(bundle, css=True, js=True)
        assets.css()
        assets.js()
