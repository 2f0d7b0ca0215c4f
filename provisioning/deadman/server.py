"""The dead man's switch as a server: heartbeats come in, silence goes out as an alarm."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from exporter.log import log
from exporter.settings import Settings
from provisioning.deadman.watch import Alarm, Watch

BEAT: Final = "/beat"
HEARTBEAT: Final = "Watchdog"
MOST_BYTES: Final = 1_000_000
REQUEST_SECONDS: Final = 10.0
CHECK: Final = 0.5
PLAIN: Final = "text/plain; charset=utf-8"
METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"


class DeadmanError(Exception):
    """The dead man's switch cannot listen."""


class Switch:
    """The watch, used by the threads of requests and by the one that checks; what is to be told goes to `tell`."""

    def __init__(self, settings: Settings, tell: Callable[[Alarm], None]) -> None:
        self._watch = Watch(settings.deadman.timeout, settings.deadman.repeat, time.monotonic())
        self._lock = threading.Lock()
        self._tell = tell

    def take(self, body: bytes) -> bool:
        """Take a message of Alertmanager; returns whether it was about the heartbeat."""
        states = set(_states(body))
        if not states:
            return False
        with self._lock:
            now = time.monotonic()
            self._told(self._watch.beat(now) if "firing" in states else self._watch.ended(now))
        return True

    def check(self) -> None:
        """Raise the alarm when it is time."""
        with self._lock:
            self._told(self._watch.check(time.monotonic()))

    def metrics(self) -> str:
        """What Prometheus may know of it."""
        with self._lock:
            silence = self._watch.silence(time.monotonic())
            alarmed, beats = int(self._watch.alarmed), self._watch.beats
        return (
            "# HELP deadman_silence_seconds Time since the last heartbeat of the alert system.\n"
            "# TYPE deadman_silence_seconds gauge\n"
            f"deadman_silence_seconds {silence:.3f}\n"
            "# HELP deadman_alarm Whether the alarm is raised (1) or not (0).\n"
            "# TYPE deadman_alarm gauge\n"
            f"deadman_alarm {alarmed}\n"
            "# HELP deadman_beats_total Heartbeats that came.\n"
            "# TYPE deadman_beats_total counter\n"
            f"deadman_beats_total {beats}\n"
        )

    def _told(self, alarm: Alarm | None) -> None:
        if alarm is not None:
            self._tell(alarm)


def serve(settings: Settings, switch: Switch, stop: threading.Event) -> None:
    """Listen and check until `stop` is set."""
    place = (settings.deadman.host, settings.deadman.port)
    try:
        server = ThreadingHTTPServer(place, _handler(switch))
    except OSError as error:
        raise DeadmanError(
            f"deadman: cannot listen on {place[0]}:{place[1]}: {error.strerror}; set deadman.port to another port"
        ) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    log("listening", host=place[0], port=place[1], timeout=settings.deadman.timeout)
    try:
        while not stop.wait(CHECK):
            switch.check()
    finally:
        server.shutdown()
        server.server_close()


def _handler(switch: Switch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != BEAT:
                self._answer(HTTPStatus.NOT_FOUND, f"Heartbeats are posted to {BEAT}.\n")
            elif not length.isdecimal() or int(length) > MOST_BYTES:
                self._answer(HTTPStatus.BAD_REQUEST, "A heartbeat has a length of at most a million bytes.\n")
            elif switch.take(self.rfile.read(int(length))):
                self._answer(HTTPStatus.OK, "ok\n")
            else:
                self._answer(HTTPStatus.BAD_REQUEST, f"This is no message of Alertmanager about {HEARTBEAT}.\n")

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(HTTPStatus.OK, switch.metrics(), METRICS)
            elif self.path == "/health":
                self._answer(HTTPStatus.OK, "ok\n")
            else:
                self._answer(HTTPStatus.NOT_FOUND, f"There are {BEAT}, /metrics and /health.\n")

        def _answer(self, status: HTTPStatus, text: str, kind: str = PLAIN) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a line for each heartbeat would hide the alarm."""

    return Handler


def _states(body: bytes) -> Iterator[str]:
    """States of the heartbeat in a message of Alertmanager; nothing when it is another message."""
    try:
        message: Any = json.loads(body)
        alerts = message["alerts"]
        for alert in alerts:
            if alert["labels"]["alertname"] == HEARTBEAT and alert["status"] in ("firing", "resolved"):
                yield alert["status"]
    except (ValueError, KeyError, TypeError):
        return
