"""A small server for acknowledgements: a signed link opens the page of one incident, a password that of all.

A page only shows; the button on it posts to a link that is signed anew for a quarter of an hour. So neither a scanner that opens
links nor a foreign page that makes a browser post can acknowledge.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from exporter.matching import Match
from provisioning import ack_link, ack_page
from provisioning.ack_link import LinkError
from provisioning.acknowledgement import Held, Incident, acknowledge, held
from provisioning.silence import Alertmanager, AlertmanagerError

FORM_LASTS: Final = timedelta(minutes=15)
LARGEST: Final = 10_000
HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NEEDS_LINK: Final = "This page needs a signed link, which watchfloor ack --link prints, or the password of acknowledgement.password_file."


@dataclass(frozen=True, slots=True)
class Desk:
    """What the server needs to know. `fires` gives the critical alerts that fire now."""

    fires: Callable[[], tuple[Incident, ...]]
    alertmanager: Alertmanager
    key: str
    lasts: float
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and page."""

    status: int
    body: bytes
    ask: bool = False
    """Whether the browser should ask for a password."""


def show(desk: Desk, target: str, authorization: str, now: datetime) -> Answer:
    """What a GET sees."""
    url = urlsplit(target)
    if url.path == "/health":
        return Answer(200, ack_page.message("Acknowledgements", "This server is up."))
    if url.path == "/ack":
        return _all(desk, url.query, authorization, now)
    if not url.path.startswith("/ack/"):
        return Answer(404, ack_page.message("Not found", "There is no such page here."))
    return _signed(desk, url.path.removeprefix("/ack/"), lambda one: _form(desk, one, "", now), now)


def post(desk: Desk, target: str, body: bytes, now: datetime) -> Answer:
    """What a POST does: only a signed link acknowledges."""
    path = urlsplit(target).path
    fields = parse_qs(body.decode("utf-8", "replace"))
    who, comment = (fields.get(name, [""])[0].strip()[:500] for name in ("who", "comment"))
    if not path.startswith("/ack/"):
        return Answer(404, ack_page.message("Not found", "There is no such page here."))
    if not who:
        return Answer(400, ack_page.message("A name is missing", "Go back and say who looks at it."))

    def take(incident: Incident) -> bytes:
        there = held(desk.alertmanager)
        made = acknowledge(
            desk.alertmanager, incident, there, who=who[:100], comment=comment, lasts=desk.lasts, now=now
        )
        words = f"{made.by} looks at {incident.name} until {made.end:%Y-%m-%d %H:%M} UTC."
        return ack_page.message("Acknowledged", words)

    return _signed(desk, path.removeprefix("/ack/"), take, now)


def serve(desk: Desk, host: str, port: int) -> ThreadingHTTPServer:
    """The server, listening; `serve_forever` makes it answer."""
    return ThreadingHTTPServer((host, port), _handler(desk))


def _all(desk: Desk, query: str, authorization: str, now: datetime) -> Answer:
    if desk.password is None:
        return Answer(403, ack_page.message("Not here", NEEDS_LINK))
    who = _user(authorization, desk.password)
    if who is None:
        return Answer(401, ack_page.message("Who are you?", "Give your name and the password."), ask=True)
    matchers = [Match(name, value) for name, value in parse_qsl(query)]
    found = [one for one in desk.fires() if all(match.matches(one.labels) for match in matchers)]
    there = held(desk.alertmanager) if found else {}
    return Answer(200, ack_page.forms(_part(desk, one, there, who, now) for one in found))


def _signed(desk: Desk, token: str, then: Callable[[Incident], bytes], now: datetime) -> Answer:
    """What a signed link gives: nothing when it is not ours or ended, or when the alert has."""
    try:
        incident = ack_link.read(token, desk.key, now)
    except LinkError as error:
        return Answer(403, ack_page.message("This link does not hold", str(error)))
    if incident not in desk.fires():
        return Answer(
            410, ack_page.message("It is over", f"{incident.name} has ended, so there is nothing to look at.")
        )
    return Answer(200, then(incident))


def _form(desk: Desk, incident: Incident, who: str, now: datetime) -> bytes:
    return ack_page.page("Critical alert", _part(desk, incident, held(desk.alertmanager), who, now))


def _part(desk: Desk, incident: Incident, there: Held, who: str, now: datetime) -> str:
    token = ack_link.sign(incident, desk.key, now + FORM_LASTS)
    return ack_page.form(incident, incident.acknowledged(there), f"/ack/{token}", who)


def _user(authorization: str, password: str) -> str | None:
    """The name that came with the right password."""
    scheme, _, value = authorization.partition(" ")
    try:
        given = base64.b64decode(value.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        return None
    name, _, said = given.partition(":")
    return name if hmac.compare_digest(said.encode(), password.encode()) and name else None


def _handler(desk: Desk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            self._answer(lambda: show(desk, self.path, self.headers.get("Authorization", ""), datetime.now(UTC)))

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > LARGEST:
                self._answer(
                    lambda: Answer(413, ack_page.message("Too much", "That is more than a name and a comment."))
                )
                return
            body = self.rfile.read(int(length))
            self._answer(lambda: post(desk, self.path, body, datetime.now(UTC)))

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, ask: Callable[[], Answer]) -> None:
            try:
                answer = ask()
            except AlertmanagerError as error:
                answer = Answer(503, ack_page.message("Not now", f"{error}"))
            self.send_response(answer.status)
            for name, value in HEADERS.items():
                self.send_header(name, value)
            if answer.ask:
                self.send_header("WWW-Authenticate", 'Basic realm="watchfloor", charset="UTF-8"')
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: a path holds a link that acknowledges."""

    return Handler
