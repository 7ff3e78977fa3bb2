"""Pictures of the screens for the documentation: `make pictures`.

Logs in to a running demo server as the demo users, opens each page of SHOTS and
writes docs/images/<name>.png. A page that writes an error to the console, or that
does not show what it must, fails the run: the pictures are a test of the screens.
"""

import argparse
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from .browser import Browser
from .paths import ROOT
from .util import Fail, say

LIMIT = 200 * 1000  # bytes a picture: documentation must stay quick to clone and open


@dataclass
class Shot:
    """One picture: who opens what, what must be there, what is clicked before."""

    name: str
    login: str
    path: str
    ready: str
    steps: list[Callable[[Browser], None]] = field(default_factory=list)
    size: tuple[int, int] = (1280, 800)


def click(selector: str, ready: str = "") -> Callable[[Browser], None]:
    """Return a step that clicks a CSS selector and waits for another."""

    def step(browser: Browser) -> None:
        browser.click(selector)
        if ready:
            browser.wait(f"document.querySelector({json.dumps(ready)})", ready)

    return step


SHOTS: list[Shot] = []


def compress(png: bytes) -> bytes:
    """Return the picture with at most 256 colours, as small as PNG can be."""
    with Image.open(io.BytesIO(png)) as image:
        small = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        out = io.BytesIO()
        small.save(out, "PNG", optimize=True)
    return out.getvalue()


def take(browser: Browser, base: str, shot: Shot, folder: Path) -> None:
    """Open one page and write its picture."""
    browser.problems.clear()
    browser.resize(*shot.size)
    browser.goto(base + shot.path)
    browser.wait(f"document.querySelector({json.dumps(shot.ready)})", shot.name)
    browser.settle()
    for step in shot.steps:
        step(browser)
        browser.settle()
    png = compress(browser.picture())
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
