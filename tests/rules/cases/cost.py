"""Cases of cost."""

from __future__ import annotations

from typing import Final

from tests.rules.case import Case, Series, gauge

OF: Final = 'budget="all",tenant="all",period="month"'
UP: Final = 'exporter_domain_up{domain="cost"}'


def _used(share: str, reached: str) -> Series:
    return {f"budget_used_ratio{{{OF}}}": share, f"budget_reached_ratio{{{OF}}}": reached}


def _outlook(forecast: str, used: str = "0.5") -> Series:
    return {
        f"budget_forecast_usd{{{OF}}}": forecast,
        f"budget_limit_usd{{{OF}}}": "128",
        f"budget_used_ratio{{{OF}}}": used,
    }


def _unpriced(name: str, label: str, value: str) -> Series:
    return {f'{name}{{{label}="x",reason="no_price"}}': value}


def _share(unpriced: str, requests: str) -> Series:
    return {
        'llm_unpriced_requests_total{tenant="acme",model="x",reason="no_price"}': unpriced,
        'llm_requests_total{tenant="acme",model="x",status="ok"}': requests,
        UP: "1",
    }


CASES: Final[dict[tuple[str, str], Case]] = {
    # Weekly series: a sample each ten minutes; the first week rises by one step a sample, the second by the other.
    ("CostGrowthHigh", "warning"): Case(
        {'llm_cost_usd_total{tenant="acme"}': "0+1x1008 1010+2x1100", UP: "1"},
        {'llm_cost_usd_total{tenant="acme"}': "0+1x1008 1009+1x1100", UP: "1"},
        at="14d",
        weekly=True,
    ),
    ("CostAnomaly", "warning"): gauge('cost_anomaly_score{tenant="acme"}', "8", "4"),
    ("BudgetHalfSpent", "info"): Case(_used("0.625", "0.5"), _used("0.375", "0")),
    ("BudgetMostlySpent", "info"): Case(_used("0.8125", "0.75"), _used("0.8125", "0.5")),
    ("BudgetNearlySpent", "warning"): Case(_used("0.9375", "0.9"), _used("0.9375", "0.75")),
    ("BudgetExceeded", "critical"): Case(_used("1.25", "1"), _used("0.9375", "0.9")),
    ("BudgetForecastExceeded", "warning"): Case(_outlook("192"), _outlook("64"), at="15m"),
    ("BudgetStale", "warning"): gauge(f'budget_status{{{OF},status="stale"}}', "1", "0"),
    ("UnpricedShareHigh", "warning"): Case(_share("+1", "+8"), _share("+1", "+32"), at="15m"),
    ("UnpricedUsage", "warning"): Case(
        _unpriced("llm_unpriced_requests_total", "model", "+1"),
        _unpriced("llm_unpriced_requests_total", "model", "7"),
        at="15m",
    ),
    ("UnpricedSpeech", "warning"): Case(
        _unpriced("tts_unpriced_requests_total", "provider", "+1"),
        _unpriced("tts_unpriced_requests_total", "provider", "7"),
        at="15m",
    ),
    ("UnpricedCalls", "warning"): Case(
        _unpriced("telephony_unpriced_calls_total", "provider", "+1"),
        _unpriced("telephony_unpriced_calls_total", "provider", "7"),
        at="15m",
    ),
    ("PricesOverlap", "info"): gauge("price_overlaps", "2", "0"),
    ("PricesLate", "warning"): gauge("exporter_late_prices", "2", "0"),
}
