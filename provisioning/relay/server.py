"""The relay as a server: a message of Alertmanager comes in, one for the service goes out, and its answer goes back.

It keeps nothing: a message that the service did not take is answered as failed, so that Alertmanager sends it again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from exporter.alerting import Channel
from exporter.log import log
from exporter.settings import Settings
from provisioning.alertmanager import deadman_url
from provisioning.contact import channel_secret
from provisioning.endpoints import native
from provisioning.relay import BEAT, mails, relayed
from provisioning.relay.mail import mailed
from provisioning.relay.words import WordsError, body

MOST_BYTES: Final = 10_000_000
REQUEST_SECONDS: Final = 10.0
TIMEOUT: Final = 10.0
SLACK_API: Final = "https://slack.com/api/chat.postMessage"
SLACK_LATER: Final = (
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
)
"""Answers of Slack after which the same message may be taken later."""


class RelayError(Exception):
    """The relay cannot listen."""


@dataclass(frozen=True, slots=True)
class Way:
    """A channel, and the secret address of its service or its token."""

    channel: Channel
    secret: str


def ways(settings: Settings, environment: Mapping[str, str]) -> dict[str, Way]:
    """Every channel that goes this way. Raises SettingsError when a secret cannot be read."""
    return {one.name: Way(one, channel_secret(one, environment)) for one in relayed(settings)}


def serve(settings: Settings, found: Mapping[str, Way], stop: threading.Event) -> None:
    """Listen until `stop` is set."""
    place = (settings.relay.host, settings.relay.port)
    try:
        server = _Server(place, _handler(found, settings))
    except OSError as error:
        raise RelayError(
            f"relay: cannot listen on {place[0]}:{place[1]}: {error.strerror}; set relay.port to another port"
        ) from None
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    log("listening", host=place[0], port=place[1], channels=",".join([*found, *mails(settings)]))
    stop.wait()
    server.shutdown()
    server.server_close()


def passed_on(way: Way, content: bytes, settings: Settings) -> tuple[HTTPStatus, str]:
    """Pass one message on; the status and the words for Alertmanager, which tries again what ends with 5xx."""
    import requests

    name = way.channel.name
    bot = way.channel.kind == "slack_bot"
    try:
        given = json.loads(content)
        # Alertmanager 0.33 leaves the channel out.
        made = {**given, "channel": way.channel.to} if bot else body(way.channel, given, settings)
    except (ValueError, TypeError, WordsError) as error:
        return HTTPStatus.BAD_REQUEST, f"{name}: {error if isinstance(error, WordsError) else 'this is no JSON'}\n"
    try:
        headers = {"Authorization": f"Bearer {way.secret}"} if bot else {}
        url = (way.channel.url or SLACK_API) if bot else way.secret
        answer = requests.post(url, json=made, headers=headers, timeout=TIMEOUT)
    except requests.RequestException as error:
        log("not_passed_on", channel=name, why=type(error).__name__)
        return HTTPStatus.BAD_GATEWAY, f"{name}: the service cannot be reached: {type(error).__name__}\n"
    if answer.status_code // 100 == 2:
        return _slack_says(name, answer.text) if bot else (HTTPStatus.OK, "ok")
    log("not_passed_on", channel=name, status=answer.status_code)
    again = answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    status = HTTPStatus.BAD_GATEWAY if again else HTTPStatus.UNPROCESSABLE_ENTITY
    return status, f"{name}: the service answered {answer.status_code}\n"


def _slack_says(name: str, text: str) -> tuple[HTTPStatus, str]:
    """Slack's answer is in the body, whatever the status."""
    try:
        answer = json.loads(text)
        said = "" if answer["ok"] is True else str(answer.get("error", ""))[:80] or "nothing"
    except (ValueError, KeyError, TypeError, AttributeError):
        said = "what is no JSON"
    if not said:
        return HTTPStatus.OK, "ok"
    log("not_passed_on", channel=name, why=said)
    status = HTTPStatus.BAD_GATEWAY if said in SLACK_LATER else HTTPStatus.UNPROCESSABLE_ENTITY
    return status, f"{name}: Slack answered {said}\n"


def _beaten(content: bytes, settings: Settings) -> tuple[HTTPStatus, str]:
    """Pass a heartbeat on to the dead man's switch."""
    import requests

    try:
        answer = requests.post(deadman_url(settings, native(settings)), data=content, timeout=TIMEOUT)
    except requests.RequestException as error:
        return HTTPStatus.BAD_GATEWAY, f"the dead man's switch cannot be reached: {type(error).__name__}\n"
    taken = answer.status_code == HTTPStatus.OK
    return (HTTPStatus.OK if taken else HTTPStatus.BAD_GATEWAY), answer.text


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200
    """Alertmanager sends the messages of all groups at once."""


def _handler(found: Mapping[str, Way], settings: Settings) -> type[BaseHTTPRequestHandler]:
    letters = mails(settings)

    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > MOST_BYTES:
                self._answer(HTTPStatus.BAD_REQUEST, "A message has a length of at most ten million bytes.\n")
            else:
                self._answer(*self._passed(self.path.removeprefix("/"), self.rfile.read(int(length))))

        def _passed(self, name: str, content: bytes) -> tuple[HTTPStatus, str]:
            if name in letters:
                return mailed(name, letters[name], settings.alerting, content)
            if name in found:
                return passed_on(found[name], content, settings)
            if name == BEAT:
                return _beaten(content, settings)
            return HTTPStatus.NOT_FOUND, "There is no such channel.\n"

        def do_GET(self) -> None:
            there = self.path == "/health"
            self._answer(HTTPStatus.OK if there else HTTPStatus.NOT_FOUND, "ok" if there else "There is /health.\n")

        def _answer(self, status: HTTPStatus, text: str) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing of what went well."""

    return Handler
