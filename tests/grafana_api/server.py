"""The process: `python -m tests.grafana_api.server` serves the stand-in on a free port of the loopback and prints its address.

Everything below /-/ is for tests alone: what is kept, which requests came, and faults to come.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import ssl
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from tests.grafana_api import dashboards, folders, library, notifications, rules, sources, texts
from tests.grafana_api.answer import RefusalError, Request
from tests.grafana_api.state import State

TOKEN, VIEWER = "glsa_test", "glsa_viewer"
USER, PASSWORD = "admin", "admin"
ORGANISATIONS = (1, 2)
P = "/api/v1/provisioning"
ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "/api/folders/([^/]+)", folders.get),
    ("POST", "/api/folders", folders.post),
    ("PUT", "/api/folders/([^/]+)", folders.put),
    ("POST", "/api/folders/([^/]+)/move", folders.move),
    ("GET", "/api/folders/([^/]+)/counts", folders.counts),
    ("DELETE", "/api/folders/([^/]+)", folders.delete),
    ("GET", "/api/datasources", sources.listed),
    ("POST", "/api/datasources", sources.post),
    ("GET", "/api/datasources/uid/([^/]+)", sources.get),
    ("PUT", "/api/datasources/uid/([^/]+)", sources.put),
    ("DELETE", "/api/datasources/uid/([^/]+)", sources.delete),
    ("GET", "/api/search", dashboards.search),
    ("GET", "/api/dashboards/uid/([^/]+)", dashboards.get),
    ("POST", "/api/dashboards/db", dashboards.save),
    ("DELETE", "/api/dashboards/uid/([^/]+)", dashboards.delete),
    ("GET", "/api/library-elements/([^/]+)", library.get),
    ("POST", "/api/library-elements", library.post),
    ("PATCH", "/api/library-elements/([^/]+)", library.patch),
    ("DELETE", "/api/library-elements/([^/]+)", library.delete),
    ("GET", f"{P}/templates", texts.templates),
    ("PUT", f"{P}/templates/([^/]+)", texts.put_template),
    ("DELETE", f"{P}/templates/([^/]+)", texts.delete_template),
    ("GET", f"{P}/mute-timings", texts.timings),
    ("POST", f"{P}/mute-timings", texts.post_timing),
    ("PUT", f"{P}/mute-timings/([^/]+)", texts.put_timing),
    ("DELETE", f"{P}/mute-timings/([^/]+)", texts.delete_timing),
    ("GET", f"{P}/contact-points", notifications.listed),
    ("POST", f"{P}/contact-points", notifications.post),
    ("PUT", f"{P}/contact-points/([^/]+)", notifications.put),
    ("DELETE", f"{P}/contact-points/([^/]+)", notifications.delete),
    ("GET", f"{P}/policies", notifications.get_policies),
    ("PUT", f"{P}/policies", notifications.put_policies),
    ("DELETE", f"{P}/policies", notifications.delete_policies),
    ("GET", f"{P}/alert-rules", rules.listed),
    ("GET", f"{P}/folder/([^/]+)/rule-groups/([^/]+)", rules.get),
    ("PUT", f"{P}/folder/([^/]+)/rule-groups/([^/]+)", rules.put),
    ("DELETE", f"{P}/folder/([^/]+)/rule-groups/([^/]+)", rules.delete),
)


@dataclass
class Fault:
    """What happens to requests that match, so many times after so many were let through.

    `what` is a status, or: lose (no answer, nothing done), late (done, but no answer), gateway (done, but answered with 504), pretend (an answer, nothing done), hang,
    html, redirect.
    """

    match: str
    what: str
    times: int = 1
    after: int = 0


@dataclass
class World:
    """Everything of the process."""

    states: dict[int, State] = field(default_factory=lambda: defaultdict(State))
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    proxied: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, line: str) -> str:
        """The fault of a request, if it has one."""
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.match, line):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault.what
        return ""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    """An answer in one piece: two would wait for each other."""
    world: World

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing; requests are kept."""

    def handle_any(self) -> None:
        """Answer one request."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.world.proxied += self.path.startswith("http")
        if parts.path.startswith("/-/"):
            self._say(200, self._test(parts, json.loads(raw or b"null")))
            return
        line = f"{self.command} {parts.path}"
        with self.world.lock:
            self.world.requests.append(line)
            fault = self.world.fault(line)
        if fault == "hang":
            time.sleep(3600)
        if fault == "lose":
            self.close_connection = True
            return
        status, body = self._answered(parts.path, parse_qs(parts.query), raw, fault)
        if fault == "late":
            self.close_connection = True
            return
        if fault == "gateway":
            status, body = 504, {"message": "gateway timeout"}
        self._say(status, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's own names

    def _answered(self, path: str, query: dict[str, list[str]], raw: bytes, fault: str) -> tuple[int, Any]:
        if fault == "pretend":
            return 200, {}
        if fault.isdigit():
            return int(fault), {"message": f"fault {fault}"}
        if fault in ("html", "redirect"):
            return (200, b"<html>") if fault == "html" else (302, {"message": "moved"})
        try:
            org = self._who()
            body = json.loads(raw) if raw else None
            with self.world.lock:
                return self._routed(path, Request(body, query, self.headers, org))  # type: ignore[arg-type]
        except RefusalError as refusal:
            return refusal.code, refusal.body
        except ValueError:
            return 400, {"message": "bad request data"}

    def _routed(self, path: str, request: Request) -> tuple[int, Any]:
        for method, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                status, body = handler(
                    self.world.states[request.org], request, *(unquote(part) for part in found.groups())
                )
                return status, body
        return 404, {"message": "Not found"}

    def _who(self) -> int:
        """The organisation of who asks."""
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer" and value in (TOKEN, VIEWER):
            if value == VIEWER and self.command != "GET":
                raise RefusalError(
                    403, "You'll need additional permissions to perform this action.", accessErrorId="ACE1"
                )
            return 1
        if kind == "Basic" and base64.b64decode(value).decode() == f"{USER}:{PASSWORD}":
            org = int(self.headers.get("X-Grafana-Org-Id", "1"))
            if org not in ORGANISATIONS:
                raise RefusalError(401, "Unauthorized")
            return org
        raise RefusalError(401, "Invalid API key" if kind == "Bearer" else "Invalid username or password")

    def _test(self, parts: SplitResult, body: Any) -> Any:
        world, path = self.world, parts.path
        if path == "/-/reset":
            world.states.clear()
            world.faults.clear()
            world.requests.clear()
            world.proxied = 0
        if path == "/-/faults":
            world.faults[:] = [Fault(**one) for one in body]
        if path == "/-/provenance":
            self._mark(body)
        if path == "/-/requests":
            taken = list(world.requests)
            if not parts.query:
                world.requests.clear()
            return taken
        return {"orgs": {str(org): state.dump() for org, state in world.states.items()}, "proxied": world.proxied}

    def _mark(self, body: Any) -> None:
        """As if a provisioning file had made it."""
        state = self.world.states[1]
        for uid in body.get("dashboards", ()):
            state.provisioned.add(uid)
        for uid in body.get("sources", ()):
            state.sources[uid]["readOnly"] = True
        for kind in ("templates", "timings", "contacts", "rules"):
            for key in body.get(kind, ()):
                getattr(state, kind)[key]["provenance"] = "file"

    def _say(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body, default=str).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "https://elsewhere.example.org/login")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _end_with_input() -> None:
    """A test run that was killed leaves no server behind."""
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cert")
    parser.add_argument("--attached", action="store_true", help="End when standard input does.")
    arguments = parser.parse_args()
    if arguments.attached:
        threading.Thread(target=_end_with_input, daemon=True).start()
    Handler.world = World()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if arguments.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.cert)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    print(f"{scheme}://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201 - whoever started it reads it
    server.serve_forever()


if __name__ == "__main__":
    main()
