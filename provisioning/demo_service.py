"""What the demo's container runs: roles and history once, then the workload that keeps adding to it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Final

from provisioning.container import DATABASE, SECRETS
from provisioning.stack.port import Port
from provisioning.stack.postgres import ADMIN, OWNER, Cluster

LOADED: Final = Path("/tmp/loaded")  # noqa: S108 - the container's own, seen by its health check
LOADING: Final = f"{DATABASE}_loading"


def main() -> None:
    """Entry point; the argument is the settings file."""
    from exporter.demo import live
    from exporter.server import stop_on_signals
    from exporter.settings import load

    whole = load(Path(sys.argv[1]))
    settings = whole.demo
    stop = threading.Event()
    stop_on_signals(stop)
    cluster = Cluster(Path("/"), Path(SECRETS), Port(5432, "", "postgres"))
    cluster.roles()
    prepare(cluster, seed=settings.seed, calls=settings.calls, days=settings.days)
    cluster.views(DATABASE, personal=whole.database.personal_data)
    LOADED.touch()
    # Its port is published nowhere: only the containers of this stack reach it.
    live(cluster.url(OWNER, DATABASE), settings, stop, say, host="0.0.0.0")  # noqa: S104


def prepare(cluster: Cluster, *, seed: int, calls: int, days: int) -> None:
    """Load the history into a database that gets its name when it is complete: the exporter never sees a part of it."""
    import psycopg

    from exporter.demo import create_database, load

    with psycopg.connect(cluster.url(ADMIN, "postgres"), autocommit=True) as admin:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            say("the history is there already")
            return
        admin.execute(f"DROP DATABASE IF EXISTS {LOADING} WITH (FORCE)".encode())
        url = create_database(cluster.url(OWNER, "postgres"), LOADING)
        load(url, seed=seed, calls=calls, days=days, progress=say)
        admin.execute(f"ALTER DATABASE {LOADING} RENAME TO {DATABASE}".encode())


def say(text: str) -> None:
    """Tell the container's log."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
