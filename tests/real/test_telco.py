"""4225 real customers with their charges: customers, churn, recurring revenue and invoices equal the file's own totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.processes import exporter, wait_until
from tests.real import telco
from tests.real.conftest import NewDatabase
from tests.samples import Samples

pytestmark = [pytest.mark.shared, pytest.mark.stack]

CONTRACTS = ("Month-to-month", "One year", "Two year")


@pytest.fixture(scope="module")
def samples(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    """What the exporter says of them, once everything is computed."""
    database = new_database()
    with database.connect() as connection:
        telco.load(connection, datetime.now(UTC))
    with exporter(tmp_path_factory.mktemp("telco"), database.url, {}) as found:
        wait_until(lambda: "churn_projected_ratio" in found.samples().names(), 60, "churn was projected")
        yield found.samples()


def test_customers_and_churn(samples: Samples) -> None:
    """Who is there and who left, by contract."""
    found = telco.customers()
    assert len(found) == 4225
    assert samples.value("clients") == sum(not one.churned for one in found) == 3119
    assert samples.value("clients_joined_total") == 4225
    left = Counter(one.contract for one in found if one.churned)
    assert samples.sum("clients_left_total", "plan") == {(contract,): left[contract] for contract in CONTRACTS}
    assert sum(left.values()) == 1106


def test_recurring_revenue(samples: Samples) -> None:
    """Monthly charges of those who stayed, by contract, though most customers share one series beyond the cap."""
    wanted: Counter[str] = Counter()
    for one in telco.customers():
        wanted[one.contract] += 0 if one.churned else one.monthly  # type: ignore[assignment]
    found = samples.sum("monthly_recurring_revenue_usd", "plan")
    assert found == {(contract,): pytest.approx(float(wanted[contract]), abs=1e-6) for contract in CONTRACTS}
    assert sum(found.values()) == pytest.approx(190883.40, abs=1e-6)
    assert samples.value("subscriptions") == 3119
    assert ("other",) in samples.sum("monthly_recurring_revenue_usd", "tenant")


def test_invoices(samples: Samples) -> None:
    """All charges so far; customers without any have no invoice, and billing agrees."""
    charges = [one.total for one in telco.customers()]
    assert charges.count(None) == 7
    total = float(sum((charge for charge in charges if charge is not None), Decimal(0)))
    for name in ("invoiced_usd_total", "invoices_compared_usd_total", "invoices_billed_usd_total"):
        assert samples.value(name) == pytest.approx(total, abs=1e-6), name
    assert samples.value("invoices_difference_usd_total") == 0
    assert "invoices_unbilled_usd_total" not in {name for name, _, _ in samples.all}


def test_projected_churn(samples: Samples) -> None:
    """Lost of all that were there at the beginning of each of twelve periods."""
    found = telco.customers()
    exposed = sum(one.months >= period for one in found for period in range(1, 13))
    lost = sum(one.churned and one.months >= 1 for one in found)
    assert samples.value("churn_projected_ratio", band="expected") == pytest.approx(lost / exposed)
    bounds = samples.sum("churn_projected_ratio", "band")
    assert bounds["low",] < lost / exposed < bounds["high",]
