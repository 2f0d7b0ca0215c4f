"""Ports that nobody else takes between the moment they are chosen and the moment they are used."""

from __future__ import annotations

import random
import socket
from contextlib import closing
from typing import Final

RANGE: Final = (15_000, 32_000)
"""Below the ports that the kernel gives to outgoing connections and to whoever asks for any port."""

_chosen: set[int] = set()


def quiet_port() -> int:
    """A free port of the loopback outside the range from which the kernel gives ports away."""
    chance = random.SystemRandom()
    while True:
        port = chance.randrange(*RANGE)
        if port in _chosen:
            continue
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _chosen.add(port)
        return port
