"""A PostgreSQL server of the benchmark's own, and how much processor time its parts use."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from provisioning.stack.account import open_path, unprivileged
from provisioning.stack.postgres import programs as embedded

OPTIONS: Final = {
    "shared_buffers": "3GB", "work_mem": "64MB", "maintenance_work_mem": "512MB", "max_parallel_workers_per_gather": "2",
    "jit": "off", "autovacuum": "off", "fsync": "off", "synchronous_commit": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "max_wal_size": "8GB", "checkpoint_timeout": "1h", "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "", "timezone": "UTC", "log_timezone": "UTC", "log_line_prefix": "%u|",
}  # fmt: skip
"""Nothing is written to disk for safety, and everything is in memory: the best case for those who read whole tables."""


def newest_programs() -> Path:
    """PostgreSQL's programs: those of Debian's package where it is installed, else the embedded ones."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parent.parent.name))
    return found[-1].parent if found else embedded()


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, ended threads included, in nanosecond steps; 0 when it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


class Server:
    """PostgreSQL in a folder of its own. Whoever is on the machine may connect while it runs: it holds invented rows."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.port = free_port()
        self.log = folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, role: str) -> str:
        """Connection URL of a role."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the data folder and start; returns when the server answers."""
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        account = unprivileged()
        user: dict[str, Any] = {}
        if account is not None:
            open_path(data)
            account.own(data)
            user = {"user": account.uid, "group": account.gid, "extra_groups": []}
        made = [str(self.programs / "initdb"), "--auth=trust", "--username=postgres", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([*made, f"--pgdata={data}"], check=True, capture_output=True, cwd="/", **user)
        words = [
            word for name, value in {**OPTIONS, "port": str(self.port)}.items() for word in ("-c", f"{name}={value}")
        ]
        command = [str(self.programs / "postgres"), "-D", str(data), *words]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log, cwd="/", **user)
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.admin().close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise SystemExit(f"PostgreSQL did not start:\n{self.log.read_text()[-2000:]}") from None
                time.sleep(0.1)

    def admin(self) -> psycopg.Connection[Any]:
        """A connection that may do everything."""
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def role(self, name: str, **settings: str) -> str:
        """A role that only reads, so that its statements and processes can be told from others; its URL."""
        with self.admin() as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN IN ROLE pg_read_all_data")
            for key, value in settings.items():
                connection.execute(f"ALTER ROLE {name} SET {key} = {value}")
        return self.url(name)

    def processes(self, role: str) -> list[int]:
        """Processes of the connections of a role."""
        with self.admin() as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", (role,)).fetchall()
        return [pid for (pid,) in found]

    def cpu(self, role: str) -> float:
        """Processor time used so far by the connections of a role and by all parallel workers that have ended."""
        assert self._process is not None
        ended = psutil.Process(self._process.pid).cpu_times()
        return ended.children_user + ended.children_system + sum(map(cpu_seconds, self.processes(role)))

    def stop(self) -> None:
        """End the server and drop its data."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(3)
            self._process.wait(30)
        shutil.rmtree(self.folder / "data", ignore_errors=True)
