"""Leads and appointments of the live demo: they come, are contacted, won, lost, kept and called off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from exporter.demo.database import Connection
from exporter.demo.present import insert
from exporter.demo.world import World

if TYPE_CHECKING:
    from exporter.demo.activity import Activity

EVERY: Final = 15.0
"""Seconds between two looks at what has become due."""

OUTCOMES: Final = (
    """UPDATE leads SET contacted_at = %(now)s, status = 'contacted', next_action = 'follow up' WHERE id IN (
        SELECT id FROM leads WHERE contacted_at IS NULL AND closed_at IS NULL ORDER BY created_at DESC LIMIT 1 OFFSET 2)""",
    """UPDATE leads SET converted_at = %(now)s, closed_at = %(now)s, status = 'converted', next_action = NULL, next_action_at = NULL
        WHERE id IN (SELECT id FROM leads WHERE contacted_at < %(now)s AND closed_at IS NULL ORDER BY contacted_at DESC LIMIT 1
            OFFSET 4)""",
    """UPDATE leads SET closed_at = %(now)s, status = 'lost', next_action = NULL, next_action_at = NULL
        WHERE id IN (SELECT id FROM leads WHERE closed_at IS NULL ORDER BY created_at LIMIT 1)""",
    """UPDATE appointments SET cancelled_at = %(now)s, status = 'cancelled'
        WHERE id IN (SELECT id FROM appointments WHERE status = 'booked' AND starts_at > %(now)s ORDER BY starts_at LIMIT 1)""",
)
"""One of these happens at each look, the first most often."""

CHANCES: Final = (0.6, 0.15, 0.2, 0.05)
BOOK: Final = """
INSERT INTO appointments (id, tenant, agent, campaign, call_id, status, value_usd, booked_at, starts_at)
SELECT 'appointment-' || id, tenant, agent, campaign, id, 'booked', 40 + abs(hashtext(id) %% 400), %(now)s,
    %(now)s + interval '1 day' * (1 + abs(hashtext(id)) %% 13)
FROM call_sessions c WHERE outcome = 'appointment_booked' AND ended_at > %(now)s - interval '5 minutes'
    AND NOT EXISTS (SELECT FROM appointments a WHERE a.id = 'appointment-' || c.id)
"""
KEEP: Final = """
UPDATE appointments SET status = CASE WHEN hashtext(id) %% 16 = 0 THEN 'missed' ELSE 'kept' END,
    kept_at = CASE WHEN hashtext(id) %% 16 = 0 THEN NULL ELSE %(now)s END
WHERE id IN (SELECT id FROM appointments WHERE status = 'booked' AND starts_at BETWEEN %(now)s - interval '2 days' AND %(now)s LIMIT 20)
"""


def begin(activity: Activity, now: datetime) -> None:
    """Start; leads come at a twentieth of the rate of calls."""
    _comes(activity, now)
    _look(activity, now)


def _comes(activity: Activity, now: datetime) -> None:
    tenant, _, _, channel, campaign = activity.random.choice(activity.calls)
    number = uuid4().hex[:12]
    insert(
        activity.connection, "leads", id=f"lead-{number}", tenant=tenant, campaign=campaign, channel=channel, name=f"Lead {number}",
        email=f"lead{number}@example.com", status="new", valid=activity.random.random() > 0.06,
        do_not_call=activity.random.random() < 0.04, quality_score=round(activity.random.uniform(0, 100), 1),
        pipeline_value_usd=round(activity.random.uniform(200, 5000), 2), next_action="call", next_action_at=now + timedelta(hours=4),
        created_at=now,
    )  # fmt: skip
    activity.again(now, activity.calls_per_minute / 20, lambda then: _comes(activity, then))


def _look(activity: Activity, now: datetime) -> None:
    given = {"now": now}
    (outcome,) = activity.random.choices(OUTCOMES, CHANCES)
    for statement in (BOOK, KEEP, outcome):
        activity.connection.execute(statement.encode(), given)
    activity.later(now, EVERY, lambda then: _look(activity, then))


def recent(connection: Connection, world: World) -> None:
    """What happened in the last hours, whatever the size of the history."""
    tenant = world.tenants[0].id
    agent = f"{tenant}-reception"
    hour = timedelta(hours=1)
    for number in range(6):
        created = world.until - (8 - number) * hour
        contacted = created + hour if number < 4 else None
        converted = created + 2 * hour if number == 0 else None
        lost = created + 3 * hour if number == 1 else None
        status = "converted" if converted else "lost" if lost else "contacted" if contacted else "new"
        action = None if converted or lost else "follow up" if contacted else "call"
        insert(
            connection, "leads", id=f"lead-recent-{number}", tenant=tenant, channel="phone", name=f"Lead R{number}",
            email=f"lead-r{number}@example.com", status=status, valid=True, do_not_call=False, quality_score=62.5,
            pipeline_value_usd=1200, next_action=action, next_action_at=world.until + 20 * hour if action else None,
            created_at=created, contacted_at=contacted, converted_at=converted, closed_at=converted or lost,
        )  # fmt: skip
    ends = {"kept": ("kept_at", 2), "cancelled": ("cancelled_at", 3)}
    for status, (column, hours) in ends.items():
        at = world.until - hours * hour
        insert(
            connection, "appointments", id=f"appointment-recent-{status}", tenant=tenant, agent=agent, status=status, value_usd=180,
            booked_at=world.until - 30 * hour, starts_at=world.until - 2 * hour, **{column: at},
        )  # fmt: skip
