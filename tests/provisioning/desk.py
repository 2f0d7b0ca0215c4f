"""Receivers that answer as the services do, and keep what they get: one web server for all of them, and a mail server."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from aiosmtpd.controller import Controller

from tests.parallel import free_port

ANSWERS: Final[Mapping[str, tuple[int, dict[str, Any]]]] = {
    "/slack_bot": (200, {"ok": True}),
    "/telegram": (200, {"ok": True, "result": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}),
    "/pagerduty": (202, {"status": "success", "message": "Event processed", "dedup_key": "x"}),
    "/opsgenie": (202, {"result": "Request will be processed", "requestId": "x"}),
    "/teams": (202, {}),
}
"""Status and body by the beginning of the path; 200 and nothing for others."""


@dataclass(frozen=True)
class Request:
    """What came in. Mail has the path /mail and its headers."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Desk:
    """Everything that was received, in its order."""

    url: str
    mail: str
    received: list[Request] = field(default_factory=list)

    def of(self, kind: str) -> list[Request]:
        """What a kind of receiver got."""
        return [one for one in list(self.received) if one.path == f"/{kind}" or one.path.startswith(f"/{kind}/")]


@contextmanager
def desk() -> Iterator[Desk]:
    """A desk that is open until the end of the block."""
    made = Desk("", f"127.0.0.1:{free_port()}")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.received.append(Request(self.path, dict(self.headers), json.loads(body)))
            status, answer = next((ANSWERS[key] for key in ANSWERS if self.path.startswith(f"{key}")), (200, {}))
            # Slack's webhooks answer with this word, which later Alertmanagers read.
            words = self.path.startswith("/slack/")
            content = b"ok" if words else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if words else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Mail:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            del server, session
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            parts = {part.get_content_type(): part.get_content() for part in parsed.walk() if not part.is_multipart()}
            made.received.append(Request("/mail", {key: str(parsed[key]) for key in ("Subject", "To", "From")}, parts))
            return "250 OK"

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    host, _, port = made.mail.rpartition(":")
    controller = Controller(Mail(), hostname=host, port=int(port))
    controller.start()
    try:
        yield made
    finally:
        controller.stop()
        server.shutdown()
        server.server_close()
