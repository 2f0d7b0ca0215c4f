"""Ports: whether one is free, and who has it."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from provisioning.stack.part import StackError


@dataclass(frozen=True, slots=True)
class Port:
    """Where a part listens, and the setting that moves it."""

    number: int
    setting: str
    host: str = "127.0.0.1"

    def require_free(self, part: str) -> None:
        """Refuse with the name of the process that has the port, when it can be known."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.number))
            except PermissionError:
                raise StackError(
                    f"{part}: port {self.number} needs root; set {self.setting} to one above 1023"
                ) from None
            except OSError as error:
                taken = f"port {self.number} is in use{self._owner()}"
                reason = (
                    taken
                    if error.errno == errno.EADDRINUSE
                    else f"cannot listen on {self.host}:{self.number}: {error.strerror}"
                )
                raise StackError(f"{part}: {reason}; free it or set {self.setting} to another port") from None

    def _owner(self) -> str:
        import psutil

        try:
            for connection in psutil.net_connections("tcp"):
                local = connection.laddr
                if local and local.port == self.number and connection.status == psutil.CONN_LISTEN and connection.pid:
                    return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
        except psutil.Error:
            pass
        return ""
