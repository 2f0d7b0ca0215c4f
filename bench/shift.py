"""A clock that differs: a proxy before Alertmanager that shifts the times of alerts, as a sender with another clock gives them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


@contextmanager
def shifted(url: str, seconds: float) -> Iterator[str]:
    """Address (host:port) of the proxy."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alerts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in alerts:
                for key in ("startsAt", "endsAt"):
                    moment = datetime.fromisoformat(alert[key]) + timedelta(seconds=seconds)
                    alert[key] = moment.isoformat()
            answer = requests.post(f"{url}{self.path}", json=alerts, timeout=5)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
