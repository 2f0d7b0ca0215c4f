"""Prometheus takes new files while it runs: what that keeps, and what happens when it refuses them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from exporter.settings import Settings
from generator import files, generate
from provisioning.stack import StackError, native, process
from provisioning.stack.account import unprivileged
from provisioning.stack.native import CONFIG, Place
from provisioning.stack.record import Record
from tests.parallel import free_port
from tests.processes import wait_until

pytestmark = pytest.mark.stack

INTERVAL = "3s"
GOES_ON, ENDS = 'level{of="what goes on"}', 'level{of="what ends"}'


class Exporter(ThreadingHTTPServer):
    """An exporter with these levels, each at 1."""

    levels: tuple[str, ...] = (GOES_ON, ENDS)


class Page(BaseHTTPRequestHandler):
    """Its only page."""

    server: Exporter

    def do_GET(self) -> None:
        """Text for Prometheus."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write("".join(f"{level} 1\n" for level in self.server.levels).encode())

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    """The exporter, on a free port."""
    with Exporter(("127.0.0.1", free_port()), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def place(exporter: Exporter) -> Iterator[Place]:
    """A stack's folder with generated files. Not pytest's own: the programs' account must reach it."""
    folder = Path(tempfile.mkdtemp(prefix="watchfloor-reload-"))
    folder.chmod(0o755)
    settings = Settings.model_validate(
        {
            "exporter": {"port": exporter.server_port},
            "stack": {
                "directory": folder / "stack",
                "output": folder / "out",
                "scrape_interval": INTERVAL,
                "scrape_timeout": INTERVAL,
                "prometheus_port": free_port(),
            },
        }
    )
    place = Place(settings, None, unprivileged(), lambda _: None)
    for path in (place.directory / "logs", place.secrets, place.output):
        path.mkdir(parents=True)
    files.write(place.output, generate.build(settings, "native"))
    yield place
    shutil.rmtree(folder)


@pytest.fixture
def started(place: Place) -> Iterator[Record]:
    """Prometheus as it starts, with both levels."""
    service = native.prometheus(place, starting=True)
    record = process.start(service)
    try:
        process.wait_ready(service, record)
        wait_until(lambda: query(place, "count(level)") == ["2"], 20, "both levels arrived")
        yield record
    finally:
        process.stop([record])


def ask(place: Place, path: str, **parameters: str) -> Any:
    """Data of an answer of Prometheus."""
    answer = requests.get(f"http://{place.endpoints.prometheus}/api/v1/{path}", parameters, timeout=5)
    return answer.json()["data"]


def query(place: Place, expression: str) -> list[str]:
    """Values of an instant query."""
    return [item["value"][1] for item in ask(place, "query", query=expression)["result"]]


def scraped_each(place: Place) -> str:
    """How often Prometheus scrapes the exporter."""
    targets = ask(place, "targets")["activeTargets"]
    return str(next(target["scrapeInterval"] for target in targets if target["labels"]["job"] == "watchfloor"))


def test_a_level_that_ends_just_then_ends(place: Place, exporter: Exporter, started: Record) -> None:
    """A restart would lose sight of it, and it would live on for five minutes."""
    final = native.prometheus(place)
    assert final.fingerprint == started.fingerprint
    exporter.levels = (GOES_ON,)
    record = process.reload(final, started)
    since = time.time()
    assert (record.pid, record.version) == (started.pid, final.version)
    wait_until(lambda: query(place, f"timestamp({GOES_ON}) > {since}") != [], 20, "it was scraped again")
    assert query(place, "level") == ["1"]


def test_the_start_differs_in_the_interval_only(place: Place, started: Record) -> None:
    """Rules find the state of their alerts again with the first configuration only, so it has them."""
    groups = {(group["file"], group["name"]) for group in ask(place, "rules")["groups"]}
    assert groups
    assert scraped_each(place) == native.START_INTERVAL
    process.reload(native.prometheus(place), started)
    assert {(group["file"], group["name"]) for group in ask(place, "rules")["groups"]} == groups
    wait_until(lambda: scraped_each(place) == INTERVAL, 10, "the interval was the configured one")


def test_files_that_are_refused_are_told_and_the_old_ones_stay(place: Place, started: Record) -> None:
    """The sentence has Prometheus' own reason."""
    (place.output / "prometheus" / CONFIG).write_text("scrape_configs: 7\n")
    with pytest.raises(StackError, match=r"prometheus did not take its new files .* old ones(.|\n)*cannot unmarshal"):
        process.reload(native.prometheus(place), started, timeout=2)
    assert process.alive(started)
    assert scraped_each(place) == native.START_INTERVAL


def test_a_start_that_was_cut_off_is_made_good(place: Place, started: Record) -> None:
    """Half-made links and files of before do not stand in the way."""
    data = place.directory / "prometheus"
    (data / "config.new").symlink_to("nowhere")
    (data / "start" / f"{CONFIG}.new").write_text("half")
    again = native.prometheus(place, starting=True)
    assert process.reload(again, started).version == again.version
    assert scraped_each(place) == native.START_INTERVAL
