"""Formulas of conversations."""

from typing import Final

from provisioning.kpi import Kpi

KPIS: Final[tuple[Kpi, ...]] = ()
