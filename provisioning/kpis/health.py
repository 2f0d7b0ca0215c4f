"""Formulas of health."""

from typing import Final

from provisioning.kpi import Kpi

KPIS: Final[tuple[Kpi, ...]] = ()
