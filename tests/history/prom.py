"""A real Prometheus on a data folder with history in it, and backfills into that folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from exporter.settings import HistoryStep, Settings
from generator.history import Summary, Target, Wanted, backfill
from provisioning.history import Block, Folder
from provisioning.past import ask
from provisioning.stack.binary import Program
from tests.history.rig import MAPPING, Form
from tests.parallel import free_port
from tests.processes import answers, running, wait_until

STEPS = (HistoryStep(age=7200, step=60), HistoryStep(age=86400, step=3600), HistoryStep(age=None, step=21600))


@dataclass
class Server:
    """A running Prometheus."""

    url: str

    def get(self, what: str, **params: Any) -> Any:
        """An answer of its API."""
        answer = requests.get(f"{self.url}/api/v1/{what}", params=params, timeout=10)
        answer.raise_for_status()
        return answer.json()["data"]

    def at(self, expression: str, time: float) -> dict[tuple[str, ...], float]:
        """Values at a time by the values of their labels."""
        found = self.get("query", query=expression, time=repr(time))["result"]
        return {tuple(item["metric"].values()): float(item["value"][1]) for item in found}

    def one(self, expression: str, time: float | None = None) -> float:
        """The only value."""
        params = {} if time is None else {"time": repr(time)}
        (item,) = self.get("query", query=expression, **params)["result"]
        return float(item["value"][1])

    def raw(self, selector: str) -> list[tuple[float, float]]:
        """All samples of the only series, with their times."""
        (item,) = self.get("query", query=f"{selector}[400d]")["result"]
        return [(float(time), float(value)) for time, value in item["values"]]


@contextmanager
def serving(folder: Path, target: str | None = None) -> Iterator[Server]:
    """Prometheus on `folder`/data; with a target it scrapes it each second, as the stack does."""
    binary = shutil.which("prometheus")
    if binary is None or shutil.which("promtool") is None:
        pytest.skip("prometheus and promtool are not on the PATH; Debian's package prometheus has them")
    jobs = []
    if target is not None:
        static = {"targets": [target.removeprefix("http://")], "labels": {"instance": "watchfloor"}}
        jobs = [{"job_name": "watchfloor", "scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": [static]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": jobs}), encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    argv = [binary, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    argv += [f"--web.listen-address={address}", "--storage.tsdb.retention.time=400d", "--log.level=warn"]
    with running("prometheus", argv, folder) as process:
        wait_until(lambda: answers(f"http://{address}/-/ready"), 30, "it was ready", process)
        yield Server(f"http://{address}")


def raw(blocks: Sequence[Block]) -> list[Block]:
    """Blocks of raw history: none overlaps another. A block of recordings lies within one of them."""
    found: list[Block] = []
    within: list[Block] = []
    for block in sorted(blocks, key=lambda one: -one.samples):
        over = [one for one in found if block.begin < one.end and one.begin < block.end]
        if over:
            assert [one.begin <= block.begin and block.end <= one.end for one in over] == [True], block
            assert over[0] not in within, "two blocks of recordings of one block"
            within += over
        else:
            found.append(block)
    return sorted(found, key=lambda one: one.begin)


@dataclass
class Work:
    """A folder, and the settings for the table of `rig` in a database."""

    folder: Path
    url: str
    form: Form

    @property
    def sections(self) -> dict[str, Any]:
        """Settings, with the mapping in a file."""
        path = self.folder / "mapping.yml"
        path.write_text(MAPPING.format(form=self.form.mapping).replace(", }", " }"), encoding="utf-8")
        return {
            "database": {"mapping": str(path)},
            "exporter": {"state_file": str(self.folder / "state.json"), "disabled_metrics": ["calls_by_hour_total"]},
        }

    def settings(self) -> Settings:
        """The same as an object."""
        return Settings.model_validate(self.sections)

    @property
    def data(self) -> Folder:
        """Prometheus' data folder."""
        return Folder(self.folder / "data")

    def backfill(self, days: float, url: str | None = None, **wanted: Any) -> Summary:
        """Fill so many days."""
        promtool = shutil.which("promtool")
        if promtool is None:
            pytest.skip("promtool is not on the PATH; Debian's package prometheus has it")
        prometheus = shutil.which("prometheus")
        target = Target(
            self.data,
            ask(url) if url is not None else None,
            Program((promtool,)),
            Program((prometheus,)) if prometheus is not None else None,
        )
        how = Wanted(days * 86400, STEPS, **wanted)
        return backfill(self.settings(), self.url, target, how, say=lambda _: None, progress=lambda _, __: None)
