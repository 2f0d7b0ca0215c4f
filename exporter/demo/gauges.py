"""Live state of the demo over HTTP, as a real system has it beside its database: open websockets and depth of queues."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from exporter.demo.database import DemoError
from exporter.settings import DEMO_STATES, HttpState, Settings, StateSource

QUEUES: Final = ("outbound_calls", "agent_tasks")


class Gauges:
    """The numbers of this moment. The live demo sets them, the server reads them; unknown until set."""

    def __init__(self) -> None:
        self._values: dict[str, int] = {}

    def set(self, **values: int) -> None:
        """Take new numbers, all at once."""
        self._values = dict(values)

    def body(self) -> bytes:
        """The numbers as JSON."""
        return json.dumps(self._values).encode()


@contextlib.contextmanager
def served(gauges: Gauges, port: int, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve gauges on a port (0 for any) while the context lasts; gives the port."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0

        def do_GET(self) -> None:
            body = gauges.body()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing of each request."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise DemoError(f"port {port} is not free ({error.strerror}); set demo.state_port to another") from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5.0)


def with_states(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with the demo's state sources, in a demo stack whose user set no sources."""
    url = environment.get(DEMO_STATES)
    if not url or settings.states:
        return settings
    places = [
        ("websocket_connections", {}, "websocket_connections"),
        *(("queue_depth", {"queue": name}, name) for name in QUEUES),
    ]
    sources = [
        StateSource(metric=m, labels=labels, http=HttpState(url=url, json_path=path)) for m, labels, path in places
    ]
    return settings.model_copy(update={"states": tuple(sources)})
