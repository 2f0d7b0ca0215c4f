"""The exporters under test as processes: ours with two settle windows, query-exporter, postgres_exporter."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
import yaml

from bench import sql
from bench.awake import wake
from bench.server import Server, cpu_seconds, free_port

PEER_FLAGS: Final = (
    "--disable-default-metrics", "--disable-settings-metrics", "--no-collector.database", "--no-collector.bgwriter",
    "--log.level=error",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one scrape cost."""

    latency: float
    exporter_cpu: float
    postgres_cpu: float
    memory: int
    wire: int
    series: int


@dataclass(slots=True)
class Subject:
    """One exporter on one table."""

    name: str
    rows: int
    role: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    scrapes: list[Scrape] = field(default_factory=list)

    def start(self) -> None:
        """Start the process."""
        environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env={**environment, **self.environment}, cwd=self.folder, stdout=log, stderr=log
            )

    def get(self, path: str = "/metrics") -> tuple[int, bytes, bytes]:
        """Status, text and bytes on the wire of one answer."""
        status, packed, wire = self._fetch(path)
        return status, gzip.decompress(wire) if packed else wire, wire

    def _fetch(self, path: str) -> tuple[int, bool, bytes]:
        """Status of one answer, whether it is packed, and its bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/plain;version=0.0.4"})
            answer = connection.getresponse()
            wire = answer.read()
            packed = answer.getheader("Content-Encoding") == "gzip"
        finally:
            connection.close()
        return answer.status, packed, wire

    def wait(self, seconds: float, mark: bytes = b"completed_total{") -> bytes:
        """The first answer with metrics of the table."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                status, text, _ = self.get()
                if status == 200 and mark in text:
                    return text
            except OSError:
                pass
            if time.monotonic() > deadline or (self.process is not None and self.process.poll() is not None):
                raise SystemExit(
                    f"{self.name} on {self.rows} rows gave no metrics:\n{(self.folder / 'log').read_text()[-3000:]}"
                )
            time.sleep(0.005)

    def measure(self, server: Server, *, awake: bool = True) -> None:
        """One scrape with everything it costs; see `bench.awake`."""
        assert self.process is not None
        pid = self.process.pid
        if awake:
            wake([pid, *server.processes(self.role)])
        database, own = server.cpu(self.role), cpu_seconds(pid)
        begun = time.perf_counter()
        _, packed, wire = self._fetch("/metrics")
        latency = time.perf_counter() - begun
        own = cpu_seconds(pid) - own
        memory = psutil.Process(pid).memory_info().rss
        # A backend whose snapshot has just been given back needs an instant to be idle again.
        time.sleep(0.02)
        text = gzip.decompress(wire) if packed else wire
        series = sum(1 for line in text.splitlines() if not line.startswith(b"#"))
        self.scrapes.append(Scrape(latency, own, server.cpu(self.role) - database, memory, len(wire), series))

    def stop(self) -> None:
        """End the process."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


def ours(server: Server, folder: Path, rows: int, settle: int, **extra: Any) -> Subject:
    """Our exporter. `extra` goes into the settings of the exporter."""
    name = f"watchfloor settle {settle} s"
    role = f"watchfloor_{settle}_{rows}" + ("_logged" if extra else "")
    place = folder / role
    place.mkdir()
    port = free_port()
    settings = {
        "database": {"mapping": str(place / "mapping.yml"), "statement_timeout": 30},
        "exporter": {
            "port": port, "settle": settle, "state_file": str(place / "state.json"), "disabled_metrics": sql.disabled(), **extra,
        },
    }  # fmt: skip
    (place / "mapping.yml").write_text(yaml.safe_dump(sql.mapping(f"calls_{rows}")), encoding="utf-8")
    (place / "watchfloor.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    url = server.role(role, **({"log_statement": "'all'"} if extra else {}))
    command = [str(Path(sys.executable).with_name("watchfloor")), "exporter"]
    return Subject(name, rows, role, command, {"ANALYTICS_DATABASE_URL": url}, place, port)


def query_exporter(server: Server, folder: Path, rows: int, program: Path) -> Subject:
    """query-exporter without an interval: it runs its queries at each scrape."""
    role = f"query_exporter_{rows}"
    place = folder / role
    place.mkdir()
    dsn = server.role(role).replace("postgresql://", "postgresql+psycopg://")
    (place / "config.yaml").write_text(json.dumps(sql.query_exporter(f"calls_{rows}", dsn)), encoding="utf-8")
    port = free_port()
    command = [
        str(program),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--config",
        str(place / "config.yaml"),
        "-L",
        "error",
    ]
    return Subject("query-exporter", rows, role, command, {}, place, port)


def postgres_exporter(server: Server, folder: Path, rows: int) -> Subject:
    """postgres_exporter with custom queries and nothing else."""
    program = shutil.which("prometheus-postgres-exporter") or shutil.which("postgres_exporter")
    if program is None:
        raise SystemExit("postgres_exporter is missing; install Debian's package prometheus-postgres-exporter")
    role = f"postgres_exporter_{rows}"
    place = folder / role
    place.mkdir()
    (place / "queries.yaml").write_text(json.dumps(sql.postgres_exporter(f"calls_{rows}")), encoding="utf-8")
    port = free_port()
    command = [
        program,
        *PEER_FLAGS,
        f"--extend.query-path={place / 'queries.yaml'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"{server.role(role)}?sslmode=disable"
    return Subject("postgres_exporter", rows, role, command, {"DATA_SOURCE_NAME": url}, place, port)


def find_query_exporter(folder: Path) -> Path:
    """query-exporter beside this Python (extra `bench`), else in a virtual environment made for it."""
    beside = Path(sys.executable).with_name("query-exporter")
    if beside.exists():
        return beside
    venv = folder / "query-exporter"
    if not (venv / "bin" / "query-exporter").exists():
        print("installing query-exporter", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        packages = ["query-exporter>=5,<6", "psycopg[binary]>=3.2,<4"]
        subprocess.run([str(venv / "bin" / "pip"), "install", "--quiet", *packages], check=True)
    return venv / "bin" / "query-exporter"


def totals(text: bytes) -> dict[str, float]:
    """What an exporter counted, added up over all series, under the same names for all."""
    found: dict[str, float] = defaultdict(float)
    for line in text.decode().splitlines():
        if line.startswith("#"):
            continue
        series, _, value = line.rpartition(" ")
        base, _, labels = series.partition("{")
        found[_common(base, labels)] += float(value)
    return {name: found[name] for name in COMMON}


COMMON: Final = ("completed", "count", "sum", "below 60", "tokens", "cost", "active")


def _common(base: str, labels: str) -> str:
    if base.endswith("_created"):
        return ""
    if base.endswith("_bucket"):
        return "below 60" if 'le="60.0"' in labels or 'le="60"' in labels else ""
    if base == "active_calls":
        return "active"
    endings = {
        "completed_total": "completed", "call_duration_seconds_count": "count", "call_duration_seconds_sum": "sum",
        "tokens_total": "tokens", "cost_usd_total": "cost",
    }  # fmt: skip
    return next((word for ending, word in endings.items() if base.endswith(ending)), "")
