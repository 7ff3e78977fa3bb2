"""A mail server that writes down what it took, and misbehaves as it is told."""

import re
import socketserver
import threading
import time
from email import message_from_bytes, policy
from typing import NamedTuple


class Taken(NamedTuple):
    """A mail the server took; from here on it counts as delivered.

    :param when: seconds, monotonic
    """

    message_id: str
    sender: str
    recipients: list[str]
    content: bytes
    when: float

    @property
    def message(self):
        """Return the parsed mail."""
        return message_from_bytes(self.content, policy=policy.default)


class Envelope:
    """A conversation so far, as a misbehaviour sees it."""

    def __init__(self, number: int):
        self.number = number  # of the mail on this server, from 1
        self.sender = ""
        self.recipients: list[str] = []
        self.content = b""


class Drop(Exception):
    """End the connection without a word."""


def reply(text: str):
    """Return a misbehaviour: answer with this instead."""
    return lambda: text


def drop():
    """End the connection, as misbehaviour."""
    raise Drop


class SmtpServer:
    """Speaks SMTP on a free port of 127.0.0.1.

    `behave(stage, envelope)` may return what to say instead of the usual answer, sleep,
    or raise `Drop`. Stages: ``connect``, ``mail``, ``rcpt``, ``data`` (the command),
    ``end`` (all is there, nothing is taken yet) and ``taken`` (it is, the answer is
    due). Mails are taken between the last two.
    """

    def __init__(self, behave=None):
        self.behave = behave or (lambda stage, envelope: None)
        self.taken: list[Taken] = []
        self.connections = 0
        self.mails = 0
        self.lock = threading.Lock()
        self.server = None
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen, on the same port as before."""
        ground = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 120

            def handle(self):
                try:
                    Conversation(ground, self.rfile, self.wfile).hold()
                except (Drop, OSError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Refuse connections until `start`."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def count(self) -> dict[str, int]:
        """Return how often each Message-ID was taken."""
        counts: dict[str, int] = {}
        with self.lock:
            for mail in self.taken:
                counts[mail.message_id] = counts.get(mail.message_id, 0) + 1
        return counts


class Conversation:
    """One connection."""

    def __init__(self, ground: SmtpServer, rfile, wfile):
        self.ground, self.rfile, self.wfile = ground, rfile, wfile
        self.envelope = Envelope(0)

    def hold(self) -> None:
        with self.ground.lock:
            self.ground.connections += 1
        self._answer("connect", "220 test ground")
        commands = {
            "EHLO": self._ehlo,
            "HELO": self._ehlo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": lambda line: self._say("250 OK"),
            "NOOP": lambda line: self._say("250 OK"),
        }
        while line := self.rfile.readline(10_000):
            text = line.decode("utf-8", "replace").strip()
            word = text[:4].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            unknown = lambda line: self._say("500 what?")  # noqa: E731
            commands.get(word, unknown)(text)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def _answer(self, stage: str, usual: str) -> bool:
        """Answer as usual or as told; tell whether the answer was the usual one."""
        told = self.ground.behave(stage, self.envelope)
        self._say(told or usual)
        if told and told.startswith("421"):
            raise Drop
        return not told

    def _ehlo(self, line: str) -> None:
        self._say("250-test ground\r\n250 8BITMIME")

    def _mail(self, line: str) -> None:
        with self.ground.lock:
            self.ground.mails += 1
            self.envelope = Envelope(self.ground.mails)
        self.envelope.sender = _address(line)
        self._answer("mail", "250 OK")

    def _rcpt(self, line: str) -> None:
        self.envelope.recipients.append(_address(line))
        self._answer("rcpt", "250 OK")

    def _data(self, line: str) -> None:
        if not self._answer("data", "354 go on"):
            return
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise Drop
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.envelope.content = b"".join(lines)
        told = self.ground.behave("end", self.envelope)
        if told:
            self._say(told)
            return
        self._take()
        self._answer("taken", "250 taken")

    def _take(self) -> None:
        found = re.search(
            rb"^Message-Id:\s*(<[^>]*>)", self.envelope.content, re.I | re.M
        )
        taken = Taken(
            found[1].decode() if found else "",
            self.envelope.sender,
            self.envelope.recipients,
            self.envelope.content,
            time.monotonic(),
        )
        with self.ground.lock:
            self.ground.taken.append(taken)


def _address(line: str) -> str:
    found = re.search(r"<([^>]*)>", line)
    return found[1] if found else ""
