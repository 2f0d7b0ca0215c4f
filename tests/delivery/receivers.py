"""Receivers of alerts that behave as they are told: a web server for Slack, webhooks and heartbeats, and a mail server."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.delivery.ports import quiet_port

HELD = 120.0
"""Longest time that a receiver which hangs keeps a connection."""


@dataclass(frozen=True)
class Message:
    """What came in, when, and at which path; mail has the path `mail`."""

    time: float
    path: str
    body: str


class Web:
    """A web server. `mode` is ok, error (500), hang (no answer), close (ends the connection), or down (does not listen)."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.attempts = 0
        self.port = quiet_port()
        self._mode = "ok"
        self._changed = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._listen()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def mode(self) -> str:
        """How it behaves now."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._mode = mode
        self._changed.set()
        self._changed = threading.Event()
        if mode == "down":
            self.stop()
        elif self._server is None:
            self._listen()

    def _listen(self) -> None:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                web._answer(self, body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 100

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A sender that gave up is no news."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _answer(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        self.attempts += 1
        mode = self._mode
        if mode == "hang":
            self._changed.wait(HELD)
        if mode in ("hang", "close", "down"):
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        if mode == "ok":
            self.received.append(Message(time.time(), handler.path, body))
        content = b"ok" if mode == "ok" else b"broken"
        handler.send_response(200 if mode == "ok" else 500)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Mail:
    """A mail server. `mode` is ok, greylist (451 to a receiver for `GREY` seconds after the first try), or late (451 after the text)."""

    GREY = 20.0

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.attempts = 0
        self.mode = "ok"
        self.port = quiet_port()
        self._first: float | None = None
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer to the name of a receiver."""
        del server, session, options
        self.attempts += 1
        if self.mode == "greylist":
            self._first = self._first or time.time()
            if time.time() < self._first + self.GREY:
                return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Answer to the end of a text."""
        del server, session
        if self.mode == "late":
            return "451 4.3.0 Try again later"
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = parsed.get_body(("plain", "html"))
        text = part.get_content() if part is not None else ""
        self.received.append(Message(time.time(), "mail", f"{parsed['subject']}\n{text}"))
        return "250 OK"

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()


class Target:
    """Gauges that Prometheus scrapes, set by the test; a page for each shard."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, float]] = {}
        self.lock = threading.Lock()
        self.port = quiet_port()
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with target.lock:
                    page = target.values.get(self.path.rpartition("/")[2], {})
                    text = "".join(f"{name} {value}\n" for name, value in page.items())
                content = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def set(self, series: str, value: float, shard: str = "metrics") -> float:
        """Set a gauge; returns when."""
        with self.lock:
            self.values.setdefault(shard, {})[series] = value
        return time.time()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Receivers:
    """Everything that hears of alerts; Slack, the webhook and the heartbeat are servers of their own, so that each can fail alone."""

    slack: Web
    hook: Web
    mail: Mail

    def of(self, name: str) -> list[Message]:
        """What a receiver got."""
        got: list[Message] = getattr(self, name).received
        return got


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Receivers that listen until the end of the block."""
    made = Receivers(Web(), Web(), Mail())
    try:
        yield made
    finally:
        for each in (made.slack, made.hook, made.mail):
            each.stop()
