"""Processor time of the processes behind an address, in steps of a nanosecond."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import psutil

from bench.server import cpu_seconds


def listener(url: str) -> int:
    """The process that listens on a URL's port of this machine."""
    port = urlsplit(url).port
    for connection in psutil.net_connections("tcp"):
        local = connection.laddr
        if local and local.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
            return int(connection.pid)
    raise SystemExit(f"nobody listens on port {port} of this machine, so processor time cannot be told")


class Backend:
    """One connection to PostgreSQL: its process, and parallel workers, which the server counts when they have ended."""

    def __init__(self, connection: Any, server: int) -> None:
        self._pid: int = connection.info.backend_pid
        self._server = psutil.Process(server)

    def seconds(self) -> float:
        """Processor time so far."""
        ended = self._server.cpu_times()
        return cpu_seconds(self._pid) + ended.children_user + ended.children_system


class Scraped:
    """The exporter with its connections to the database, whatever they do in the background included."""

    def __init__(self, exporter: int) -> None:
        self._exporter = psutil.Process(exporter)

    def seconds(self) -> tuple[float, float]:
        """Processor time so far: of the exporter, and of the processes at the other ends of its connections."""
        mine = {one.laddr for one in self._exporter.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED}
        others = {
            one.pid
            for one in psutil.net_connections("tcp")
            if one.raddr in mine and one.pid and psutil.Process(one.pid).name() == "postgres"
        }
        return cpu_seconds(self._exporter.pid), sum(cpu_seconds(pid) for pid in others)
