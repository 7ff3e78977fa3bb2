"""Pictures of the screens for the documentation: `make pictures`.

Logs in to a running demo server as the demo users, opens each page of SHOTS and
writes docs/images/<name>.png. A page that writes an error to the console, or that
does not show what it must, fails the run: the pictures are a test of the screens.
"""

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from .browser import Browser
from .paths import ROOT
from .util import Fail, say

LIMIT = 200 * 1000  # bytes a picture: documentation must stay quick to clone and open


Step = Callable[[Browser], None]


@dataclass
class Shot:
    """One picture: who opens what, what must be there, what is clicked before.

    :param find: model and domain; the first record's id replaces ``{id}`` in ``path``
    """

    name: str
    login: str
    path: str
    ready: str
    steps: list[Step] = field(default_factory=list)
    size: tuple[int, int] = (1280, 800)
    find: tuple[str, list] | None = None


def click(selector: str, ready: str = "") -> Step:
    """Return a step that clicks a CSS selector and waits for another."""

    def step(browser: Browser) -> None:
        browser.click(selector)
        if ready:
            browser.wait(f"document.querySelector({json.dumps(ready)})", ready)

    return step


def click_if_there(selector: str, ready: str) -> Step:
    """Return a step that clicks a CSS selector, if the page has it."""

    def step(browser: Browser) -> None:
        if browser.evaluate(f"!!document.querySelector({json.dumps(selector)})"):
            click(selector, ready)(browser)

    return step


def click_text(selector: str, text: str, ready: str) -> Step:
    """Return a step that clicks the first element of a selector with this text."""
    script = (
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        f".find(e => e.innerText.trim() === {json.dumps(text)})"
    )

    def step(browser: Browser) -> None:
        browser.wait(script, text)
        browser.evaluate(f"({script}).click()")
        browser.wait(f"document.querySelector({json.dumps(ready)})", ready)

    return step


def close_notifications(browser: Browser) -> None:
    """Close the messages that cover a corner of the page."""
    browser.evaluate(
        "document.querySelectorAll('.o_notification_close').forEach(b => b.click())"
    )


def scroll_to(selector: str) -> Step:
    """Return a step that brings an element to the top of what is visible."""
    script = f"document.querySelector({json.dumps(selector)}).scrollIntoView()"
    return lambda browser: browser.evaluate(script)


def upload(selector: str, name: str, rows: list[str], ready: str) -> Step:
    """Return a step that gives a text file to an input for files."""

    def step(browser: Browser) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_text("\n".join(rows) + "\n")
            browser.choose_file(selector, path)
            browser.wait(f"document.querySelector({json.dumps(ready)})", ready)

    return step


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
        "settings",
        "admin",
        "/odoo/action-crm_relationship.res_config_settings_action",
        "[data-key=crm_relationship]",
        size=(1280, 1400),
    ),
]


def record_id(browser: Browser, model: str, domain: list) -> int:
    """Return the id of the first record, as the logged-in user sees it."""
    call = {"model": model, "method": "search", "args": [domain]}
    call |= {"kwargs": {"limit": 1, "order": "id"}}
    request = {
        "method": "POST",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"params": call}),
    }
    found = browser.evaluate(
        f"fetch('/web/dataset/call_kw', {json.dumps(request)})"
        ".then(answer => answer.json()).then(answer => answer.result?.[0])"
    )
    if not found:
        raise Fail(f"there is no {model} with {domain}")
    return found


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
    if shot.find:
        browser.goto(f"{base}/web/health")
        path = path.replace("{id}", str(record_id(browser, *shot.find)))
    browser.problems.clear()
    browser.goto(base + path)
    browser.wait(f"document.querySelector({json.dumps(shot.ready)})", shot.name)
    browser.settle()
    for step in shot.steps:
        step(browser)
        browser.settle()
    png = compress(browser.picture())
    # Else a form would save itself when the page is left.
    browser.evaluate("document.querySelector('.o_form_button_cancel')?.click()")
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
