"""Computations of leads."""

from typing import Final

from exporter.computed.facts import Computation

COMPUTATIONS: Final[tuple[Computation, ...]] = ()
