"""A headless Chromium driven through its DevTools protocol; no other software needed.

Runs in the environment of the tools (websocket-client), not in the bare Python of
the set-up commands.
"""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

from .util import Fail

# Said when a page with unsaved changes is left, which nobody here minds.
UNLOAD = "beforeunload"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Browser:
    """One page of one Chromium; use it as a context manager.

    ``problems`` collects the errors that pages wrote to the console.
    """

    def __init__(self, width: int = 1280, height: int = 800):
        self.size = (width, height)
        self.problems: list[str] = []
        self._number = 0

    def __enter__(self):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            raise Fail("no Chromium found: install the package chromium")
        self._folder = Path(tempfile.mkdtemp(prefix="crm-browser-"))
        self._process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--lang=en-US",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                f"--user-data-dir={self._folder}",
                f"--window-size={self.size[0]},{self.size[1]}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._socket = websocket.create_connection(
                self._page_address(), timeout=60, suppress_origin=True
            )
            for domain in ("Page", "Runtime", "Network", "Log"):
                self.call(f"{domain}.enable")
            self.resize(*self.size)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _page_address(self) -> str:
        """Return the websocket address of the first page."""
        port_file = self._folder / "DevToolsActivePort"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if port_file.exists() and port_file.read_text().count("\n"):
                port = port_file.read_text().split()[0]
                address = f"http://127.0.0.1:{port}/json"
                with urllib.request.urlopen(address, timeout=10) as answer:
                    pages = json.load(answer)
                for page in pages:
                    if page["type"] == "page":
                        return page["webSocketDebuggerUrl"]
            time.sleep(0.1)
        raise Fail("Chromium did not start")

    def call(self, method: str, **params) -> dict:
        """Send one command of the protocol and return its result."""
        self._number += 1
        self._socket.send(
            json.dumps({"id": self._number, "method": method, "params": params})
        )
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                if "error" in message:
                    raise Fail(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message: dict) -> None:
        """Keep what a page reports as an error."""
        params = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            thrown = details.get("exception", {}).get("description", "")
            self.problems.append(thrown or details["text"])
        elif message.get("method") == "Runtime.consoleAPICalled":
            if params["type"] == "error":
                parts = [str(arg.get("value", "")) for arg in params["args"]]
                self.problems.append(" ".join(parts))
        elif message.get("method") == "Log.entryAdded":
            entry = params["entry"]
            if entry["level"] == "error" and UNLOAD not in entry["text"]:
                self.problems.append(f"{entry['text']} {entry.get('url', '')}")

    def resize(self, width: int, height: int) -> None:
        """Set the size of the page in pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def evaluate(self, expression: str):
        """Return the value of a JavaScript expression, promises awaited."""
        answer = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            text = details.get("exception", {}).get("description", details["text"])
            raise Fail(f"in the browser: {text}")
        return answer["result"].get("value")

    def wait(self, expression: str, what: str, seconds: float = 30) -> None:
        """Wait until a JavaScript expression is true, or fail naming `what`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if self.evaluate(f"!!({expression})"):
                    return
            except Fail:  # the page is being replaced
                pass
            time.sleep(0.1)
        where = self.evaluate("location.href")
        raise Fail(f"{what} did not appear within {seconds:g} s on {where}")

    def goto(self, url: str) -> None:
        """Open an address and wait until its document is loaded."""
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'", "the empty page")
        self.call("Page.navigate", url=url)
        self.wait(
            "location.href !== 'about:blank' && document.readyState === 'complete'",
            url,
        )

    def click(self, selector: str) -> None:
        """Click the first element of a CSS selector."""
        quoted = json.dumps(selector)
        self.wait(f"document.querySelector({quoted})", selector)
        self.evaluate(f"document.querySelector({quoted}).click()")

    def choose_file(self, selector: str, path: Path) -> None:
        """Give a file to the first input for files of a CSS selector."""
        quoted = json.dumps(selector)
        self.wait(f"document.querySelector({quoted})", selector)
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node["nodeId"])

    def log_in(self, base: str, database: str, login: str, password: str) -> None:
        """Replace the session by a fresh one of a user of an Odoo server."""
        body = {"params": {"db": database, "login": login, "password": password}}
        request = urllib.request.Request(
            f"{base}/web/session/authenticate",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            cookies = answer.headers.get_all("Set-Cookie") or []
            result = json.load(answer).get("result") or {}
        if not result.get("uid"):
            raise Fail(f"{login} cannot log in on {base}")
        session = next(c for c in cookies if c.startswith("session_id="))
        # A page that is still open would be answered with a session of nobody.
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'", "the empty page")
        self.call("Network.clearBrowserCookies")
        self.call(
            "Network.setCookie",
            name="session_id",
            value=session.split(";")[0].partition("=")[2],
            url=base,
            httpOnly=True,
        )

    def settle(self) -> None:
        """Wait until Odoo's web client has nothing left to load."""
        self.wait(
            "document.querySelector('.o_action_manager') "
            "&& !document.querySelector('.o_loading_indicator') "
            "&& [...document.images].every(image => image.complete)",
            "a page of the web client",
        )
        time.sleep(0.6)  # transitions and charts

    def picture(self) -> bytes:
        """Return a PNG of what is visible."""
        answer = self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])
