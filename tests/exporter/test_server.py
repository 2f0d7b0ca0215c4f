"""The exporter's endpoint over real sockets."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter import endpoint
from exporter.access import ServerError
from exporter.health import Check, Health
from exporter.negotiation import OPENMETRICS, TEXT, wants_gzip, wants_openmetrics
from exporter.packing import Packer, Sum, gzipped
from exporter.sections import BasicAuth, Exporter, Tls
from exporter.server import CONNECTIONS, Server
from exporter.settings import Settings, SettingsError

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
BIG = b"metric 1\n" * 5000


class Fake:
    """A source whose answers a test sets."""

    def __init__(self) -> None:
        self.state = Health(ready=True, checks=(Check("database", ok=True, detail="answers", seconds=0.01),))
        self.before: Callable[[], object] = lambda: None

    def exposition(self, openmetrics: bool) -> bytes:
        self.before()
        return (b"# openmetrics\n" if openmetrics else b"# text\n") + BIG

    def packed(self, openmetrics: bool) -> bytes:
        body = self.exposition(openmetrics)
        of = Sum()
        of.add(body)
        packer = Packer()
        packer.add(body)
        return gzipped([packer.blocks()], of)

    def health(self) -> Health:
        return self.state


def settings(**changes: object) -> Settings:
    """Settings that listen on a free port of the loopback address."""
    exporter = Exporter().model_copy(update={"port": 0, **changes})
    return Settings().model_copy(update={"exporter": exporter})


@contextmanager
def running(source: Fake, request_seconds: float = 30.0, **changes: object) -> Iterator[Server]:
    """A server that listens, and is stopped at the end."""
    server = Server(source, settings(**changes), request_seconds)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.finish()
        thread.join()


def ask(
    server: Server, path: str, method: str = "GET", tls: ssl.SSLContext | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    port = server.server_address[1]
    if tls is not None:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=tls)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def connect(server: Server) -> socket.socket:
    """A bare connection."""
    return socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5)


def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


ACCEPTS = {
    "no header gets text": ("", False),
    "a browser's anything gets text": ("text/html,*/*;q=0.8", False),
    "Prometheus prefers OpenMetrics": (PROMETHEUS, True),
    "OpenMetrics of a version that is not spoken is not given": ("application/openmetrics-text;version=2.0.0", False),
    "OpenMetrics refused with q=0 is not given": ("application/openmetrics-text;q=0,text/plain;q=0.5", False),
    "text with a higher quality wins": ("application/openmetrics-text;q=0.3,text/plain;q=0.5", False),
    "a broken quality counts as refused": ("application/openmetrics-text;q=x", False),
    "names are compared without case": ("Application/OpenMetrics-Text", True),
}


@pytest.mark.parametrize(("accept", "expected"), ACCEPTS.values(), ids=ACCEPTS.keys())
def test_accept(accept: str, expected: bool) -> None:
    """The Accept header decides between text and OpenMetrics."""
    assert wants_openmetrics(accept) is expected


ENCODINGS = {
    "": False,
    "gzip": True,
    "gzip;q=0": False,
    "*": True,
    "identity, gzip;q=0.5": False,
    "br, gzip": True,
    "br": False,
}


@pytest.mark.parametrize(("header", "expected"), ENCODINGS.items())
def test_accept_encoding(header: str, expected: bool) -> None:
    """The Accept-Encoding header decides about gzip."""
    assert wants_gzip(header) is expected


@pytest.mark.parametrize("path", ["/metrics", "/health/metrics", "/metrics/?x=1"])
def test_metrics_in_both_forms(path: str) -> None:
    """Metrics are given as text or as OpenMetrics, with the content type that says which."""
    with running(Fake()) as server:
        answer, body = ask(server, path)
        assert (answer.status, answer.headers["Content-Type"]) == (200, TEXT)
        assert body == b"# text\n" + BIG
        answer, body = ask(server, path, Accept=PROMETHEUS)
        assert answer.headers["Content-Type"] == OPENMETRICS
        assert body.startswith(b"# openmetrics\n")
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("stdlib", [False, True])
def test_gzip_round_trip(stdlib: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compressed answer holds the same bytes, with isal and without it."""
    if stdlib:
        monkeypatch.setattr("exporter.packing.fast", zlib)
    with running(Fake()) as server:
        answer, body = ask(server, "/metrics", Accept_Encoding="gzip")
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(body) < len(BIG) / 10
        assert gzip.decompress(body) == b"# text\n" + BIG


def test_head_has_the_headers_of_get_and_no_body() -> None:
    """HEAD tells the length that GET would have, and the connection stays usable."""
    with running(Fake()) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
        connection.request("HEAD", "/metrics")
        answer = connection.getresponse()
        assert (answer.read(), answer.headers["Content-Length"]) == (b"", str(len(BIG) + 7))
        connection.request("GET", "/health/live")
        assert json.loads(connection.getresponse().read()) == {"status": "live"}
        connection.close()


HEALTH = {
    "all is well": (Health(ready=True, checks=(Check("a", ok=True, detail="x"),)), 200, 200),
    "ready with a failing check": (Health(ready=True, checks=(Check("a", ok=False, detail="x"),)), 200, 503),
    "not ready": (Health(ready=False, checks=()), 503, 503),
    "in its first pass": (Health(ready=False, checks=(), first_pass=0.25), 503, 503),
}


@pytest.mark.parametrize(("health", "ready", "healthy"), HEALTH.values(), ids=HEALTH.keys())
def test_health(health: Health, ready: int, healthy: int) -> None:
    """Ready, basic and detailed health follow the source; live only says that the process serves."""
    source = Fake()
    source.state = health
    with running(source) as server:
        statuses = {path: ask(server, path)[0].status for path in endpoint.ROUTES if path.startswith("/health")}
        body = json.loads(ask(server, "/health/detailed")[1])
    assert statuses == {
        "/health": healthy, "/health/ready": ready, "/health/live": 200, "/health/detailed": healthy,
        "/health/metrics": 200,
    }  # fmt: skip
    assert body["ready"] is health.ready
    assert [check["name"] for check in body["checks"]] == [check.name for check in health.checks]


def test_unknown_addresses_and_methods() -> None:
    """What is not there gives 404, what may not be done 405, what is no HTTP 400: one sentence each, no version."""
    with running(Fake()) as server:
        for path, method, status in (("/x", "GET", 404), ("/metrics", "POST", 405), ("/metrics", "BREW", 501)):
            answer, body = ask(server, path, method)
            assert (answer.status, body.count(b"\n"), answer.headers["Server"]) == (status, 1, "watchfloor")
        answer, body = ask(server, "/")
        assert b'href="/metrics"' in body
        with connect(server) as raw:
            raw.sendall(b"GET /\x00 what is this\r\n\r\n")
            assert b" 400 " in raw.recv(4096)


def test_a_body_is_not_taken_for_the_next_request() -> None:
    """A request with a body is answered and the connection closed."""
    with running(Fake()) as server, connect(server) as raw:
        raw.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        received = b""
        while part := raw.recv(4096):
            received += part
    assert received.count(b"HTTP/1.1") == 1


def test_a_failing_source_gives_500_without_detail(capfd: pytest.CaptureFixture[str]) -> None:
    """A bug in the source is one log line and a sentence; neither holds the error's words, and the server goes on."""
    source = Fake()

    def fail() -> None:
        raise ValueError("row: secret")

    source.before = fail
    with running(source) as server:
        answer, body = ask(server, "/metrics")
        assert answer.status == 500
        assert ask(server, "/health/live")[0].status == 200
    log = capfd.readouterr().err
    assert log.startswith("event=request_failed path=/metrics error=ValueError at=test_server.py:")
    assert "secret" not in log + body.decode()


def test_basic_auth(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With a password everything but live and ready needs it."""
    (tmp_path / "password").write_text("pä:ss\n")
    auth = BasicAuth(username="prometheus", password_file=tmp_path / "password")
    right = base64.b64encode("prometheus:pä:ss".encode()).decode()
    with running(Fake(), basic_auth=auth) as server:
        for path in ("/", "/metrics", "/health/", "/health/detailed", "/nothing"):
            answer, _ = ask(server, path)
            assert answer.status == 401, path
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        for path in ("/health/live", "/health/ready"):
            assert ask(server, path)[0].status == 200
        for wrong in (
            f"Bearer {right}",
            "Basic",
            "Basic !!!",
            "Basic " + base64.b64encode(b"prometheus:pass").decode(),
        ):
            assert ask(server, "/metrics", Authorization=wrong)[0].status == 401
        assert ask(server, "/metrics", Authorization=f"Basic {right}")[0].status == 200
    assert capfd.readouterr().err == ""
    with pytest.raises(SettingsError, match=r"exporter.basic_auth.password_file: cannot read .*missing"):
        Server(Fake(), settings(basic_auth=BasicAuth(username="a", password_file=tmp_path / "missing")))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a.crt and a.key for 127.0.0.1, and another key b.key."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("a", "b"):
        line = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.crt -days 2"
        subj = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run([*line.split(), *subj], cwd=folder, check=True, capture_output=True)
    return folder


def test_tls(certificate: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With a certificate the endpoint speaks TLS 1.2 or newer, and a client without TLS costs one log line."""
    tls = Tls(cert_file=certificate / "a.crt", key_file=certificate / "a.key")
    client = ssl.create_default_context(cafile=str(certificate / "a.crt"))
    with running(Fake(), tls=tls) as server:
        answer, body = ask(server, "/metrics", tls=client)
        assert (answer.status, body) == (200, b"# text\n" + BIG)
        assert server.tls is not None
        assert server.tls.minimum_version is ssl.TLSVersion.TLSv1_2
        with pytest.raises((http.client.HTTPException, OSError)):
            ask(server, "/metrics")
        assert ask(server, "/health/live", tls=client)[0].status == 200
    assert capfd.readouterr().err == "event=tls_refused client=127.0.0.1 reason=HTTP_REQUEST\n"


def test_wrong_certificates(certificate: Path, tmp_path: Path) -> None:
    """A wrong certificate is one sentence that names the setting."""
    wrong = {
        "a.crt and b.key": (certificate / "a.crt", certificate / "b.key", "does not belong to the certificate"),
        "no file": (certificate / "a.crt", tmp_path / "no.key", "exporter.tls.key_file: cannot read .*No such file"),
        "swapped": (certificate / "a.key", certificate / "a.crt", "no usable pair; give a certificate and its key"),
    }
    for cert, key, words in wrong.values():
        with pytest.raises(ServerError, match=words):
            Server(Fake(), settings(tls=Tls(cert_file=cert, key_file=key)))


def test_addresses_that_cannot_be_opened() -> None:
    """A busy port, a foreign address and a name without address are one sentence each, with the setting."""
    with running(Fake()) as server:
        port = server.server_address[1]
        with pytest.raises(ServerError, match=rf"^127.0.0.1:{port} is in use .* set exporter.port to a free port$"):
            Server(Fake(), settings(port=port))
    with pytest.raises(ServerError, match=r"192.0.2.1:0 is no address of this machine; set exporter.host"):
        Server(Fake(), settings(host="192.0.2.1"))
    with pytest.raises(ServerError, match=r"exporter.host: 'no such host' is no address"):
        Server(Fake(), settings(host="no such host"))


def test_a_slow_client_loses_its_connection() -> None:
    """A head that drips in byte by byte is given up at the deadline, however short the pauses."""
    with (
        running(Fake(), request_seconds=0.4) as server,
        connect(server) as raw,
    ):

        def drip() -> bool:
            try:
                raw.sendall(b"G")
            except OSError:
                return True
            return False

        until(drip)


def test_connections_are_bounded() -> None:
    """Beyond the limit a client gets 503 at once; when the others are gone, it is served again."""
    with running(Fake()) as server:
        idle = [connect(server) for _ in range(CONNECTIONS)]
        until(lambda: server._connections == CONNECTIONS)
        answer, body = ask(server, "/health/live")
        assert (answer.status, body) == (503, b"Too many connections; try again in a moment.\n")
        for one in idle:
            one.close()
        until(lambda: server._connections == 0)
        assert ask(server, "/health/live")[0].status == 200


def test_requests_are_served_side_by_side() -> None:
    """A scrape that hangs does not hold up the others."""
    source = Fake()
    together = threading.Barrier(8, timeout=5)
    source.before = together.wait
    with running(source) as server:
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda: statuses.append(ask(server, "/metrics")[0].status)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 8


PROGRAM = """
import sys, threading, time
from exporter.server import Server, serve, stop_on_signals
from tests.exporter.test_server import Fake, settings
import exporter.server as module
import zlib
source = Fake()
began = lambda: (print("asked", flush=True), time.sleep(0.4))
source.before = began
made = []
real = module.Server
module.Server = lambda *a: made.append(real(*a)) or made[0]
stop = threading.Event()
stop_on_signals(stop)
serve(source, settings(), stop, lambda: print(made[0].server_address[1], flush=True))
print("stopped", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_after_the_request_in_progress(number: signal.Signals) -> None:
    """SIGTERM and SIGINT end the process with 0, and the scrape under way is answered whole."""
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/metrics")
        assert process.stdout.readline() == "asked\n"
        process.send_signal(number)
        answer = connection.getresponse()
        assert (answer.status, len(answer.read())) == (200, len(BIG) + 7)
        assert answer.headers["Connection"] == "close"
        connection.close()
        assert process.stdout.readline() == "stopped\n"
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
