"""The exporter's HTTP server: a bounded number of connections, deadlines, and a clean stop."""

from __future__ import annotations

import contextlib
import io
import signal
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from exporter.access import Guard, ServerError, address, bind_error, context
from exporter.endpoint import NOT_ALLOWED, OPEN, PLAIN, REFUSED, Answer, Source, answer, clean
from exporter.log import log, where
from exporter.negotiation import wants_gzip

if TYPE_CHECKING:
    from exporter.settings import Settings

__all__ = ["Server", "ServerError", "Source", "serve", "stop_on_signals"]

CONNECTIONS: Final = 64
CROWDED: Final = CONNECTIONS * 3 // 4
REQUEST_SECONDS: Final = 30.0
STOP_SECONDS: Final = 5.0
BUSY: Final = b"Too many connections; try again in a moment.\n"
BUSY_HEAD: Final = (
    f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {PLAIN}\r\nContent-Length: {len(BUSY)}\r\n"
    "Retry-After: 1\r\nConnection: close\r\n\r\n"
).encode()
REALM: Final = 'Basic realm="watchfloor", charset="UTF-8"'


def serve(
    source: Source, settings: Settings, stop: threading.Event, ready: Callable[[], object] = lambda: None
) -> None:
    """Serve until `stop` is set, then finish the requests in progress. `ready` is called once the port is open.

    Raises ServerError when the port or the certificate is not usable, SettingsError when the password file is not.
    """
    server = Server(source, settings)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="server", daemon=True)
    thread.start()
    try:
        ready()
        stop.wait()
    finally:
        server.finish()
        thread.join(STOP_SECONDS)


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` at SIGTERM or SIGINT; a second signal ends the process at once. Main thread only."""

    def handle(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        # Event.set in the handler itself could wait for a lock that the interrupted main thread holds.
        threading.Thread(target=stop.set, daemon=True).start()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


class Server(socketserver.ThreadingTCPServer):
    """Listens as soon as it is made; serves at most `CONNECTIONS` clients at a time."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, source: Source, settings: Settings, request_seconds: float = REQUEST_SECONDS) -> None:
        exporter = settings.exporter
        self.source = source
        self.request_seconds = request_seconds
        self.guard = Guard.of(exporter.basic_auth)
        self.tls = context(exporter.tls) if exporter.tls else None
        self.stopping = False
        self._change = threading.Condition()
        self._connections = self._requests = 0
        self.address_family, place = address(exporter.host, exporter.port)
        try:
            super().__init__(place, Handler)
        except OSError as error:
            raise bind_error(exporter.host, exporter.port, error) from None

    @property
    def crowded(self) -> bool:
        """Whether connections are better closed than kept for a next request."""
        return self._connections >= CROWDED or self.stopping

    def finish(self) -> None:
        """Stop listening, and give requests in progress a little time to end."""
        self.stopping = True
        self.shutdown()
        self.server_close()
        with self._change:
            self._change.wait_for(lambda: self._requests == 0, STOP_SECONDS)

    def count(self, connections: int = 0, requests: int = 0) -> None:
        """Note that connections or requests began (1) or ended (-1)."""
        with self._change:
            self._connections += connections
            self._requests += requests
            self._change.notify_all()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread of its own, or refuse it when there are too many."""
        if self._connections >= CONNECTIONS:
            self._refuse(request)
            return
        self.count(connections=1)
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.count(connections=-1)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The life of one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.count(connections=-1)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that went away is no error; anything else is one line."""
        error = sys.exc_info()[1]
        if isinstance(error, ssl.SSLError):
            log("tls_refused", client=client_address[0], reason=error.reason or "handshake failed")
        elif error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            log("connection_failed", **where(error))

    def _refuse(self, request: Any) -> None:
        if self.tls is None:  # A TLS handshake here would let one slow client hold up the accepting thread.
            request.settimeout(0)
            with contextlib.suppress(OSError):
                request.send(BUSY_HEAD + BUSY)
        self.shutdown_request(request)


class _Reader(io.RawIOBase):
    """Reads from a socket until a deadline, however slowly bytes drop in."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        return self.connection.recv_into(buffer)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # What is malformed is answered with a status line too.
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        """Give the connection its deadline and, when asked for, TLS."""
        self.request.settimeout(self.server.request_seconds)
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self._reader = _Reader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def finish(self) -> None:
        """Close what `setup` opened; the plain socket is the server's to close."""
        super().finish()
        if self.server.tls is not None:
            self.connection.close()

    def handle_one_request(self) -> None:
        """One request; its head must be complete before the deadline."""
        self._reader.deadline = time.monotonic() + self.server.request_seconds
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        """Answer; a server that stops waits for it."""
        self.server.count(requests=1)
        try:
            path = clean(self.path)
            if path not in OPEN and not self.server.guard.admits(self.headers.get("Authorization", "")):
                self._send(REFUSED, {"WWW-Authenticate": REALM})
            else:
                gzip = wants_gzip(self._header("Accept-Encoding"))
                stopping = self.server.stopping
                self._send(answer(path, self._header("Accept"), self.server.source, stopping=stopping, gzip=gzip))
        finally:
            self.server.count(requests=-1)

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def _not_allowed(self) -> None:
        self._send(NOT_ALLOWED, {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _not_allowed  # noqa: N815 - as above

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse a request that is no proper HTTP, in one sentence."""
        self.close_connection = True
        status = HTTPStatus(code)
        self._send(Answer(status, PLAIN, f"This request is not understood: {status.phrase}.\n".encode()))

    def version_string(self) -> str:
        """The Server header: no versions."""
        return "watchfloor"

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: their headers and queries can hold secrets."""

    def _header(self, name: str) -> str:
        headers = getattr(self, "headers", None)
        return ",".join(headers.get_all(name, [])) if headers else ""

    def _send(self, what: Answer, extra: dict[str, str] | None = None) -> None:
        self.connection.settimeout(self.server.request_seconds)
        headers = {"Content-Type": what.kind, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        headers |= {"X-Content-Type-Options": "nosniff", **(extra or {})}
        body = what.body
        if what.packed:
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        if self.server.crowded or self._header("Transfer-Encoding") or self._header("Content-Length") not in ("", "0"):
            self.close_connection = True  # Also since a body that nobody reads would be taken for the next request.
        if self.close_connection:
            headers["Connection"] = "close"
        self.send_response(what.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
