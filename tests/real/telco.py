"""Real customers of a telephone company, put into the reference schema. What the file does not say follows these rules.

- A customer's plan is its contract, its monthly charge is what the subscription brings.
- It joined as many months of 30 days ago as its `tenure` says, and a day; who churned left a day ago.
- `TotalCharges` is one invoice of a day ago, which billing knows as the same sum; where it is blank there is none.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

import exporter.schema
from tests.real.data import file

FILE = "traffic/telco_churn_billing.csv"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Customer:
    """One line of the file."""

    id: str
    contract: str
    months: int
    monthly: Decimal
    total: Decimal | None
    churned: bool


def customers() -> list[Customer]:
    """The lines of the file, in its order."""
    with file(FILE).open(encoding="utf-8", newline="") as lines:
        return [
            Customer(
                row["customerID"],
                row["Contract"],
                int(row["tenure"]),
                Decimal(row["MonthlyCharges"]),
                Decimal(row["TotalCharges"]) if row["TotalCharges"].strip() else None,
                row["Churn"] == "Yes",
            )
            for row in csv.DictReader(lines)
        ]


def load(connection: psycopg.Connection[Any], now: datetime) -> None:
    """The reference schema with all customers, their subscriptions and invoices."""
    connection.execute((Path(exporter.schema.__file__).parent / "reference.sql").read_bytes())
    tenants, subscriptions, invoices = [], [], []
    for one in customers():
        joined, left = now - DAY - 30 * one.months * DAY, now - DAY if one.churned else None
        tenants.append((one.id, one.id, one.contract, joined, left))
        subscriptions.append((one.id, one.id, one.contract, one.monthly, joined, left))
        if one.total is not None:
            invoices.append((one.id, one.id, one.contract, one.total, one.total, now - DAY))
    cursor = connection.cursor()
    cursor.executemany(
        "INSERT INTO tenants (id, name, plan, created_at, churned_at) VALUES (%s, %s, %s, %s, %s)", tenants
    )
    cursor.executemany(
        "INSERT INTO subscriptions (id, tenant, plan, mrr_usd, started_at, ended_at) VALUES (%s, %s, %s, %s, %s, %s)",
        subscriptions,
    )
    cursor.executemany(
        """INSERT INTO invoices (id, tenant, plan, kind, amount_usd, billed_usd, status, issued_at)
           VALUES (%s, %s, %s, 'subscription', %s, %s, 'paid', %s)""",
        invoices,
    )
