"""Cases of leads."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, Case, Series, gauge

MONTH: Final = 30 * 24
"""Hours in thirty days."""

WHO: Final = 'tenant="acme",campaign="spring",channel="phone"'


def _booked(booked: str, other: str) -> Series:
    return {
        f'calls_completed_total{{{CALLER},outcome="appointment_booked"}}': booked,
        f'calls_completed_total{{{CALLER},outcome="not_interested"}}': other,
        'exporter_domain_up{domain="leads"}': "1",
    }


def _converted(before: int, after: int) -> Series:
    """So many conversions until the last hour but one, and so many then."""
    return {f"leads_converted_total{{{WHO}}}": f"0x2 {before}x{MONTH - 4} {after}x50"}


CASES: Final[dict[tuple[str, str], Case]] = {
    ("BookingRateLow", "warning"): Case(_booked("+1", "+1"), _booked("+3", "+1"), at="15m"),
    ("NewLead", "info"): gauge(f"leads_created_total{{{WHO}}}", "+1", "7"),
    ("ConversionMilestone", "info"): Case(_converted(90, 110), _converted(70, 90), at="720h", weekly=True),
}
