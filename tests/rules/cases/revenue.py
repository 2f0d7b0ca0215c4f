"""Cases of revenue; its alerts look a month back, at series with a sample each hour."""

from __future__ import annotations

from typing import Final

from tests.rules.case import Case, Series

MONTH: Final = 30 * 24
"""Hours in thirty days."""

UP: Final = 'exporter_domain_up{domain="revenue"}'
LEFT: Final = 'clients_left_total{plan="pro"}'


def _clients(left: int, *, before: int = 128) -> Series:
    """So many customers a month ago, of which some left within the last days."""
    steps = f"0x{MONTH - 24} {left}x99"
    return {'clients{plan="pro"}': f"{before}x40 {before - left}x{MONTH}", LEFT: steps, UP: f"1x{MONTH + 40}"}


def _invoices(difference: str) -> Series:
    who = 'tenant="acme",plan="pro"'
    return {
        f"invoices_compared_usd_total{{{who}}}": f"0+1024x{MONTH + 40}",
        f"invoices_difference_usd_total{{{who}}}": f"0+{difference}x{MONTH + 40}",
        UP: f"1x{MONTH + 40}",
    }


CASES: Final[dict[tuple[str, str], Case]] = {
    ("ChurnHigh", "warning"): Case(_clients(8), _clients(4), at="730h", weekly=True),
    ("ChurnHigh", "critical"): Case(_clients(16), _clients(8), at="730h", weekly=True),
    ("BillingDiffers", "warning"): Case(_invoices("2"), _invoices("1"), at="730h", weekly=True),
    ("BillingDiffers", "critical"): Case(_invoices("16"), _invoices("8"), at="730h", weekly=True),
}
