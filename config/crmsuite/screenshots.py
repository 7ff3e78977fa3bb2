"""Pictures of the screens for the documentation: `make pictures`.

Logs in to a running demo server as the demo users, opens each page of SHOTS and
writes docs/images/<name>.png. A page that writes an error to the console, or that
does not show what it must, fails the run: the pictures are a test of the screens.
"""

import argparse
import io
import json
import sys
import time
from pathlib import Path

from PIL import Image

from .browser import Browser
from .paths import ROOT
from .picture_steps import (
    Shot,
    click,
    click_if_there,
    click_text,
    close_notifications,
    preferences,
    read,
    refused,
    upload,
)
from .util import Fail, say

LIMIT = 200 * 1000  # bytes a picture: documentation must stay quick to clone and open

PURCHASES = [
    "external_ref,date,customer_ref,customer_name,product_name,quantity,amount",
    "S-1001,2026-03-05,C-17,Mary Miller,Piano sonatas,1,11.99",
    "S-1002,2026-03-06,C-18,Hill Records,Piano sonatas,10,119.90",
    "S-1003,2026-02-30,C-19,Ann Archer,String quartets,2,29.98",
    "S-1004,2026-03-09,C-20,Bob Baker,String quartets,1,about 15",
]
WORKBENCH = "/odoo/crm-workbench"
RFM = ".o_crm_rfm_map"
COMPUTE = [click_if_there("button[name=first_compute]", RFM), close_notifications]
LOG = "button[data-hotkey=l]"
PHONE = (390, 844)
SHOTS = [
    Shot("workbench", "salesperson", WORKBENCH, ".o_crm_worklist", size=(1280, 460)),
    Shot(
        "log-contact",
        "salesperson",
        "/odoo/crm-customers/{id}",
        ".o_crm_timeline",
        [
            click(LOG, ".modal .o_selection_badge"),
            click_text(".modal .o_selection_badge", "Call back later", ".modal"),
        ],
        find=("crm.customer.profile", [("partner_id.name", "=", "OpenWood")]),
    ),
    Shot(
        "handover",
        "salesperson",
        "/odoo/crm-handovers/{id}",
        ".o_form_view",
        [click("a[name=decisions]", "li .fa-gavel")],
        find=("crm.handover", [("state", "=", "accepted")]),
        size=(1280, 735),
    ),
    Shot(
        "service-message",
        "manager",
        "/odoo/crm-service-messages/{id}",
        "button[name=action_confirm]",
        find=("crm.service.mail", [("state", "=", "draft")]),
        size=(1280, 660),
    ),
    Shot(
        "service-message-sent",
        "manager",
        "/odoo/crm-service-messages/{id}",
        "button[name=action_open_unknown]",
        find=("crm.service.mail", [("subject", "like", "closed from")]),
        size=(1280, 560),
    ),
    Shot(
        "unknown-message",
        "manager",
        "/odoo/crm-unknown-messages/{id}",
        "[data-decision=arrived]",
        find=("crm.outbox.release", [("state", "=", "open")]),
        size=(1280, 860),
    ),
    Shot(
        "follow-up-rate",
        "manager",
        "/odoo/crm-followup-rate",
        ".o_pivot table",
        size=(1280, 720),
    ),
    Shot(
        "sending-lanes",
        "channel",
        "/odoo/crm-send-lanes",
        ".o_list_view .o_data_row",
        size=(1280, 320),
    ),
    Shot("customers", "analyst", "/odoo/crm-customers", ".o_list_view .o_data_row"),
    Shot(
        "customer-page",
        "analyst",
        "/odoo/crm-customers/{id}",
        ".o_crm_timeline",
        find=(
            "crm.customer.profile",
            [("partner_id.name", "=", "Acme Corporation"), ("lead_count", ">", 0)],
        ),
        size=(1280, 1000),
    ),
    Shot(
        "import-purchases",
        "analyst",
        "/odoo/import-purchases",
        ".o_import_action",
        [
            upload(
                ".o_file_input input[type=file]",
                "purchases.csv",
                PURCHASES,
                ".o_import_data_content .o_select_menu",
            ),
            lambda _browser: time.sleep(2),  # columns are matched after they are shown
            click_text(".o_control_panel button", "Test", ".alert-danger"),
        ],
    ),
    Shot("rfm-heat-map", "analyst", "/odoo/crm-rfm", ".o_crm_rfm_content", COMPUTE),
    Shot(
        "segment",
        "segmentation",
        "/odoo/crm-rfm",
        ".o_crm_rfm_content",
        [
            *COMPUTE,
            click("input[aria-label='Loyal customers']"),
            click("input[aria-label='Need attention']"),
            click(
                "button[name=make_segment]", ".o_form_view .o_crm_segment_preview_count"
            ),
        ],
    ),
    Shot(
        "campaign-brief",
        "analyst",
        "/odoo/crm-campaigns/{id}",
        ".o_form_view .o_field_widget[name=brief]",
        find=("crm.campaign", [("state", "=", "brief")]),
        size=(1280, 700),
    ),
    Shot(
        "campaign-simulation",
        "segmentation",
        "/odoo/crm-simulations/{id}",
        ".o_form_view .o_field_widget[name=line_ids] .o_data_row",
        find=("crm.contact.plan", [("campaign_id.state", "=", "live")]),
        size=(1280, 1060),
    ),
    Shot(
        "campaign-decision",
        "segmentation",
        "/odoo/crm-campaigns/{id}",
        "[data-decision=approve_contact]",
        [click("a[name=money]", ".o_field_widget[name=plan_ids] .o_data_row")],
        find=("crm.campaign", [("state", "=", "contact")]),
        size=(1280, 980),
    ),
    Shot(
        "campaign-result",
        "campaign",
        "/odoo/crm-campaign-results/{id}",
        ".o_form_view .o_crm_campaign_chart",
        find=("crm.campaign.result", [("has_effect", "=", True)]),
        size=(1280, 1000),
    ),
    Shot(
        "contact-policy",
        "segmentation",
        "/odoo/contact-policy/{id}",
        ".o_form_view a[name=preview]",
        [click("a[name=preview]", ".o_crm_contact_calendar")],
        find=("crm.contact.policy", []),
        size=(1280, 820),
    ),
    Shot(
        "consents",
        "segmentation",
        "/odoo/crm-consents",
        ".o_list_view .o_data_row",
        size=(1280, 560),
    ),
    Shot(
        "may-we-write",
        "campaign",
        "",
        ".o_form_view [name=page_contact_email]",
        where=refused,
        size=(1280, 600),
    ),
    Shot(
        "preferences",
        "campaign",
        "",
        "main form",
        where=preferences,
        size=(1000, 1000),
        public=True,
    ),
    Shot(
        "preferences-phone",
        "campaign",
        "",
        "main form",
        where=preferences,
        size=PHONE,
        public=True,
    ),
    Shot(
        "order-to-cash",
        "manager",
        "/odoo/sales/{id}",
        ".o_form_view",
        [click("a[name=crm_order_to_cash]", ".o_field_crm_deal_bars")],
        find=("sale.order", [("amount_total", "=", 12000.0)]),
        size=(1280, 1050),
    ),
    Shot(
        "payment-plan",
        "manager",
        "/odoo/crm-payment-plans/{id}",
        ".o_form_view .o_data_row",
        find=("crm.payment.plan", [("origin", "=", "hand")]),
        size=(1280, 700),
    ),
    Shot(
        "collection",
        "collector",
        "/odoo/crm-collection",
        ".o_list_view .o_data_row",
        size=(1280, 460),
    ),
    Shot(
        "collection-customer",
        "collector",
        "/odoo/crm-collection/{id}",
        ".o_form_view .o_data_row",
        find=("crm.collection.customer", [("status", "=", "broken")]),
        size=(1280, 760),
    ),
    Shot(
        "reminder-run",
        "collector",
        "/odoo/crm-reminder-runs/{id}",
        ".o_form_view .o_data_row",
        find=("crm.reminder.run", []),
        size=(1280, 700),
    ),
    Shot("ageing", "finance", "/odoo/crm-ageing", ".o_pivot", size=(1280, 560)),
    Shot(
        "speed-of-payment",
        "finance",
        "/odoo/crm-speed-of-payment",
        ".o_view_controller",
        size=(1280, 560),
    ),
    Shot(
        "settings",
        "admin",
        "/odoo/action-crm_relationship.res_config_settings_action",
        "[data-key=crm_relationship]",
        size=(1280, 1400),
    ),
]


def compress(png: bytes) -> bytes:
    """Return the picture with at most 256 colours, as small as PNG can be."""
    with Image.open(io.BytesIO(png)) as image:
        small = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        out = io.BytesIO()
        small.save(out, "PNG", optimize=True)
    return out.getvalue()


def take(browser: Browser, base: str, shot: Shot, folder: Path) -> None:
    """Open one page and write its picture."""
    browser.resize(*shot.size)
    path = shot.path
    if shot.find or shot.where:
        browser.goto(f"{base}/web/health")
    if shot.find:
        path = path.replace("{id}", str(read(browser, *shot.find, "id")))
    if shot.where:
        path = shot.where(browser)
    browser.problems.clear()
    browser.goto(base + path)
    browser.wait(f"document.querySelector({json.dumps(shot.ready)})", shot.name)
    if not shot.public:
        browser.settle()
    for step in shot.steps:
        step(browser)
        browser.settle()
    png = compress(browser.picture())
    # Else a form would save itself when the page is left.
    browser.evaluate("document.querySelector('.o_form_button_cancel')?.click()")
    if not shot.public:
        browser.settle()
    if browser.problems:
        raise Fail(f"{shot.name}: the browser reports {browser.problems[0][:300]}")
    if len(png) > LIMIT:
        raise Fail(f"{shot.name}.png has {len(png)} bytes, allowed are {LIMIT}")
    (folder / f"{shot.name}.png").write_bytes(png)
    say(f"  {shot.name}.png {len(png) // 1000} kB")


def main() -> None:
    """Take all pictures, or those named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="address of the demo server")
    parser.add_argument("--database", required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("names", nargs="*", help="pictures to take; none: all")
    options = parser.parse_args()
    shots = [s for s in SHOTS if not options.names or s.name in options.names]
    options.out.mkdir(parents=True, exist_ok=True)
    base, login = options.url.rstrip("/"), None
    with Browser() as browser:
        for shot in shots:
            if shot.login != login:
                browser.log_in(base, options.database, shot.login, shot.login)
                login = shot.login
            take(browser, base, shot, options.out)


if __name__ == "__main__":
    try:
        main()
    except Fail as error:
        sys.exit(f"error: {error}")
