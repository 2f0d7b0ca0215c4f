"""State sources against a real Redis and a real HTTP server."""

from __future__ import annotations

import http.server
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from exporter.settings import StateSource
from exporter.sources.reading import ReadError, Reading, number
from exporter.sources.states import States


def source(kind: str, timeout: float = 2.0, **given: object) -> StateSource:
    """A source of queue_depth{queue="jobs"}."""
    data = {"metric": "queue_depth", "labels": {"queue": "jobs"}, "timeout": timeout, kind: given}
    return StateSource.model_validate(data)


def one(what: StateSource, url: str = "") -> Reading:
    """The reading of one source."""
    (reading,) = States([what], {"REDIS_URL": url}).read()
    assert (reading.metric, reading.labels) == ("queue_depth", (("queue", "jobs"),))
    return reading


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis with a password, and some keys in it."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("redis")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"port": port, "bind": "127.0.0.1", "requirepass": "s3cret", "save": "", "dir": folder}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    url = f"redis://:s3cret@127.0.0.1:{port}/0"
    try:
        with closing(redis.Redis.from_url(url)) as client:
            _fill(client)
            yield url
    finally:
        process.terminate()
        process.wait(10)


def _fill(client: Any) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            client.ping()
            break
        except redis.ConnectionError:
            assert time.monotonic() < deadline, "Redis does not start"
            time.sleep(0.05)
    client.rpush("list", 1, 2, 3)
    client.sadd("set", 1, 2)
    client.zadd("sorted", {"a": 1})
    client.hset("hash", mapping={"a": 1, "b": 2, "c": 3, "d": 4})
    client.xadd("stream", {"a": 1})
    for key, value in {"number": "12.5", "text": "secret words", "nan": "nan", "negative": "-1", "empty": ""}.items():
        client.set(key, value)


COMMANDS = {
    "llen": ("list", 3),
    "scard": ("set", 2),
    "zcard": ("sorted", 1),
    "hlen": ("hash", 4),
    "xlen": ("stream", 1),
}


@pytest.mark.parametrize(("command", "key", "expected"), [(name, *rest) for name, rest in COMMANDS.items()])
def test_redis_sizes(redis_url: str, command: str, key: str, expected: float) -> None:
    """Each command gives the size of its kind of key, and 0 for a key that is gone because it became empty."""
    assert one(source("redis", key=key, command=command), redis_url).value == expected
    assert one(source("redis", key="gone", command=command), redis_url).value == 0
    reading = one(source("redis", key="number", command=command), redis_url)
    assert reading.value is None
    assert "is of another type; choose the command that fits" in (reading.error or "")


def _subscriber(client: Any) -> Any:
    return client.pubsub()


def test_redis_subscribers(redis_url: str) -> None:
    """pubsub_numsub gives the number of subscribers of a channel."""
    with closing(redis.Redis.from_url(redis_url)) as client, _subscriber(client) as subscriber:
        subscriber.subscribe("channel")
        assert subscriber.get_message(timeout=5)
        assert one(source("redis", key="channel", command="pubsub_numsub"), redis_url).value == 1


GETS = {"number": 12.5, "text": "text, which is no number", "nan": "no number", "negative": "from 0 on", "empty": "no number",
        "gone": "there is no such key", "list": "another type"}  # fmt: skip


@pytest.mark.parametrize(("key", "expected"), GETS.items())
def test_redis_get(redis_url: str, key: str, expected: float | str) -> None:
    """get gives the number in a key, and for anything else a sentence that does not repeat the content."""
    reading = one(source("redis", key=key, command="get"), redis_url)
    if isinstance(expected, float):
        assert (reading.value, reading.error) == (expected, None)
    else:
        assert reading.value is None
        assert expected in (reading.error or "")
        assert "secret" not in (reading.error or "")


def test_redis_url(redis_url: str, tmp_path: Path) -> None:
    """The URL comes from a file or the environment; what is wrong with it is said without the password."""
    file = tmp_path / "url"
    file.write_text(redis_url + "\n")
    assert one(source("redis", key="list", url_file=str(file))).value == 3
    wrong = {
        redis_url.replace("s3cret", "wr0ng"): "Redis refuses the user name or password",
        redis_url.replace(":s3cret@", ""): "Redis ",
        "redis://:s3cret@127.0.0.1:1/0": "cannot be reached",
        "http://:s3cret@127.0.0.1/": "write one such as redis://127.0.0.1:6379/0",
        "redis://:s3cret@127.0.0.1:x/0": "write one such as redis://127.0.0.1:6379/0",
        "": "set REDIS_URL or the source's url_file",
    }
    for url, words in wrong.items():
        reading = one(source("redis", key="list"), url)
        assert reading.value is None
        assert words in (reading.error or "")
        assert "s3cret" not in (reading.error or "")
        assert "wr0ng" not in (reading.error or "")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what the address asks for."""

    answers: dict[str, bytes]
    asked: list[str]
    enough: threading.Event
    """Set when the test is over."""
    ended: bool
    """Whether something dripped to its end, half a minute later, for somebody who did not give it up."""

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers.get('Authorization')}")
        port = self.connection.getsockname()[1]
        moved = {"/here": "/number", "/away": f"http://localhost:{port}/number"}.get(self.path)
        if moved:
            self.send_response(302)
            self.send_header("Location", moved)
            self.end_headers()
        elif self.path in ("/drip", "/drip-head"):
            self.send_response(200)
            self.end_headers() if self.path == "/drip" else self.flush_headers()
            for _ in range(600):
                if self.enough.wait(0.05):
                    return
                self.wfile.write(b"1")
            Handler.ended = True
        else:
            body = self.answers.get(self.path.partition("?")[0])
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a server whose answers are in Handler.answers."""
    monkeypatch.setenv("no_proxy", "*")
    Handler.answers, Handler.asked = {"/number": b" 42\n"}, []
    Handler.enough, Handler.ended = threading.Event(), False
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Handler.enough.set()
    server.shutdown()
    server.server_close()
    thread.join()


BODIES: dict[str, tuple[bytes, str, float | str]] = {
    "a text that is a number": (b"7.5\n", "", 7.5),
    "a number deep in JSON": (b'{"a": [{"b": 0}]}', "a.0.b", 0.0),
    "a number as JSON text": (b'{"a": "12"}', "a", 12.0),
    "true is no number": (b'{"a": true}', "a", "a at http://127.0.0.1:*/x holds true, which is no number"),
    "null is no number": (b'{"a": null}', "a", "holds null, which is no number"),
    "NaN is refused": (b'{"a": NaN}', "a", "holds NaN; a state is a finite number from 0 on"),
    "too large for a float": (b'{"a": 1' + b"0" * 400 + b"}", "a", "holds Infinity; a state is"),
    "negative": (b"-3", "", "holds -3.0; a state is a finite number from 0 on"),
    "a list": (b'{"a": [1]}', "a", "holds a list, which is no number"),
    "a missing key": (b'{"a": {}}', "a.b", "has no a.b: a is an object without b"),
    "no JSON": (b"<html>", "a", "answers with something that is no JSON"),
    "nested beyond reason": (b"[" * 100_000, "a", "is no JSON"),
    "no text": (b"\xff\x00", "", "which is no number"),
    "nothing": (b"", "", "which is no number"),
    "underscores are no number": (b"1_000", "", "which is no number"),
    "a huge body": (b"1" * 1_000_001, "", "answers with more than 1000000 bytes"),
}


@pytest.mark.parametrize(("body", "path", "expected"), BODIES.values(), ids=BODIES.keys())
def test_http_bodies(web: str, body: bytes, path: str, expected: float | str) -> None:
    """The number is found in text and JSON; anything else is a sentence and no value."""
    Handler.answers["/x"] = body
    reading = one(source("http", url=f"{web}/x", json_path=path))
    if isinstance(expected, float):
        assert (reading.value, reading.error) == (expected, None)
    else:
        assert reading.value is None
        assert expected.replace("http://127.0.0.1:*", web) in (reading.error or "")


def test_http_secrets(web: str, tmp_path: Path) -> None:
    """Token and password are sent, stay out of messages, and never follow a redirect to another host."""
    (tmp_path / "token").write_text("t0ken\n")
    token = str(tmp_path / "token")
    assert one(source("http", url=f"{web}/here", token_file=token)).value == 42
    assert Handler.asked == ["/here Bearer t0ken", "/number Bearer t0ken"]
    reading = one(source("http", url=f"{web}/away?key=t0ken", token_file=token))
    assert reading.error == f"queue_depth: {web}/away answers with HTTP 404"
    Handler.asked.clear()
    reading = one(source("http", url=f"{web}/away", token_file=token))
    assert reading.error == f"queue_depth: {web}/away redirects to another host; write the final address"
    assert Handler.asked == ["/away Bearer t0ken"]
    assert one(source("http", url=web.replace("//", "//user:t0ken@") + "/number")).value == 42
    assert Handler.asked[-1] == "/number Basic dXNlcjp0MGtlbg=="


def test_a_source_that_fails_costs_only_itself(web: str) -> None:
    """A slow source is given up at its timeout, and the others are fine."""
    slow = source("http", timeout=0.2, url=f"{web}/drip")
    states = States([slow, source("http", url=f"{web}/number"), source("http", url="http://127.0.0.1:1/")], {})
    first, second, third = states.read()
    assert not Handler.ended
    assert (first.value, second.value, third.value) == (None, 42, None)
    assert "within 0.2 s" in (first.error or "")
    assert (third.error or "").endswith("cannot be reached: Connection refused")


def test_a_source_that_hangs_is_not_asked_again(web: str) -> None:
    """While an answer that never ends is still coming in, the value is unknown and no second request is made."""
    now = [0.0]
    states = States([source("http", timeout=0.2, url=f"{web}/drip-head")], {}, clock=lambda: now[0])
    for _ in range(2):
        (reading,) = states.read()
        assert reading.error == "queue_depth: the source gives no answer within 0.2 s"
        now[0] += 2
    assert len(Handler.asked) == 1
    assert not Handler.ended


def test_readings_are_used_again_for_a_second(web: str) -> None:
    """Several scrapes within a second ask the source once."""
    now = [100.0]
    states = States([source("http", url=f"{web}/number")], {}, clock=lambda: now[0])
    states.read()
    now[0] += 0.9
    states.read()
    assert len(Handler.asked) == 1
    now[0] += 0.2
    states.read()
    assert len(Handler.asked) == 2


@pytest.mark.parametrize("value", ["inf", "1e999", "0x10", "١٢", "+", ".", True, None, [1]])
def test_what_is_no_number(value: object) -> None:
    """Only finite decimal numbers from 0 on are states."""
    with pytest.raises(ReadError):
        number(value, "it")
