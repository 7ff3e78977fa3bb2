"""What a picture of the screens is, and what is done in the browser before it."""

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .browser import Browser
from .util import Fail

PREFERENCES = "/crm/preferences/"
Step = Callable[[Browser], None]


@dataclass
class Shot:
    """One picture: who opens what, what must be there, what is clicked before.

    :param find: model and domain; the first record's id replaces ``{id}`` in ``path``
    :param where: returns the path, for pages that no search of records finds
    :param public: a page of customers, outside the web client
    """

    name: str
    login: str
    path: str
    ready: str
    steps: list[Step] = field(default_factory=list)
    size: tuple[int, int] = (1280, 800)
    find: tuple[str, list] | None = None
    where: Callable[[Browser], str] | None = None
    public: bool = False


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


def upload(selector: str, name: str, rows: list[str], ready: str) -> Step:
    """Return a step that gives a text file to an input for files."""

    def step(browser: Browser) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_text("\n".join(rows) + "\n")
            browser.choose_file(selector, path)
            browser.wait(f"document.querySelector({json.dumps(ready)})", ready)

    return step


def read(browser: Browser, model: str, domain: list, name: str):
    """Return a field of the first record, as the logged-in user sees it."""
    call = {"model": model, "method": "search_read", "args": [domain, [name]]}
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
    return found[name]


def preferences(browser: Browser) -> str:
    """Return the path of a preference page, from a mail that has it."""
    domain = [("body", "like", PREFERENCES), ("model", "=", "res.partner")]
    body = read(browser, "mail.message", domain, "body")
    return re.search(rf"{PREFERENCES}[\w.=-]+", body).group()


def refused(browser: Browser) -> str:
    """Return the path of the page of a customer who refused offers by mail."""
    domain = [("state", "=", "withdrawn"), ("kind", "=", "email")]
    domain += [("how", "=", "api"), ("partner_id", "!=", False)]
    partner = read(browser, "crm.consent", domain, "partner_id")[0]
    profile = [("partner_id", "=", partner), ("company_id", "=", 1)]
    return f"/odoo/crm-customers/{read(browser, 'crm.customer.profile', profile, 'id')}"
