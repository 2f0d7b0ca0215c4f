"""What visitors and users do in the live demo: where visitors come from, visits of the product, experiments, words."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from exporter.demo.present import insert

if TYPE_CHECKING:
    from exporter.demo.activity import Activity

COUNTRIES: Final = ("US", "US", "US", "GB", "DE", "FR", "CA", "IN", "ES", "AU")
BROWSERS: Final = ("chrome", "chrome", "safari", "firefox", "edge")
REFERRERS: Final = ("search", "search", "direct", "advert", "social", "partner")
WAYS: Final = (
    ("dashboard", "transcripts", "reports", "dashboard"), ("dashboard", "campaigns", "agents", "campaigns"),
    ("dashboard", "billing"), ("agents", "knowledge", "agents", "experiments"), ("transcripts",),
)  # fmt: skip
VISITS: Final = 3
TALKS: Final = 20
"""Most conversations of a minute whose words are kept; they are among those that are traced."""

EXPOSE: Final = """
INSERT INTO experiment_exposures (id, experiment_id, experiment, tenant, variant, visitor_id, engaged, converted, duration_seconds,
    satisfaction, exposed_at)
SELECT 'exposure-' || c.id, e.id, e.name, c.tenant, CASE WHEN hashtext(c.visitor_id) %% 2 = 0 THEN 'A' ELSE 'B' END, c.visitor_id,
    c.messages > 5, c.goal_achieved AND c.messages > 12, c.duration_seconds, c.sentiment, %s
FROM agent_conversations c JOIN experiments e ON e.tenant = c.tenant AND e.ended_at IS NULL
WHERE c.ended_at > %s AND c.ended_at <= %s AND c.call_id IS NULL ON CONFLICT (id) DO NOTHING
"""
WORDS: Final = """
INSERT INTO conversation_messages (id, conversation_id, tenant, role, content, objection, sent_at)
SELECT 'message-' || c.id || '-' || k, c.id, tenant, CASE WHEN k %% 2 = 1 THEN 'agent' ELSE 'person' END,
    CASE WHEN k = 1 THEN 'Hello, how can I help you?' WHEN k = c.messages THEN 'Thank you, goodbye.'
        WHEN k %% 2 = 0 THEN 'I have a question about ' || topic || '.' ELSE 'Here is what I know about ' || topic || '.' END,
    k %% 2 = 0 AND (hashtext(c.id) + k) %% 12 = 0, %s - (c.messages - k) * interval '1 millisecond'
FROM (
    SELECT * FROM agent_conversations v WHERE ended_at > %s AND ended_at <= %s AND EXISTS (
        SELECT FROM turns t WHERE t.conversation_id = v.id AND t.ended_at > %s - interval '1 hour' AND t.ended_at <= %s
    ) ORDER BY ended_at DESC LIMIT %s
) c, LATERAL generate_series(1, c.messages) k ON CONFLICT (id) DO NOTHING
"""


def visit(random: Random, *, phone: bool) -> dict[str, Any]:
    """Who comes, from where and with what."""
    device = "phone" if phone else random.choice(("mobile", "desktop", "desktop", "tablet"))
    browser, referrer = (None, None) if phone else (random.choice(BROWSERS), random.choice(REFERRERS))
    return {
        "visitor_id": f"visitor-live-{random.randrange(5000)}", "device": device, "browser": browser, "country": random.choice(COUNTRIES),
        "referrer": referrer, "stage": random.choice(("greeting", "qualification", "offer", "closing")),
    }  # fmt: skip


def minute(activity: Activity, now: datetime) -> None:
    """A few visits of the product, what became of those who were shown a variant, and words of some conversations.

    All carry the present time: a row that is older than its insert would arrive behind the exporter's horizon.
    """
    connection, random = activity.connection, activity.random
    for _ in range(VISITS):
        tenant = random.choice(activity.world.tenants[:6])
        session, user, way = uuid4().hex, f"user-{tenant.id}-{10 + random.randrange(6)}", random.choice(WAYS)
        for number, feature in enumerate(way):
            head = {"id": uuid4().hex, "tenant": tenant.id, "plan": tenant.plan, "user_id": user, "session_id": session}
            done = {"event_type": random.choice(("page_view", "page_view", "action", "export")), "feature": feature}
            at = now - (len(way) - number) * timedelta(milliseconds=1)
            insert(connection, "usage_events", **head, **done, duration_seconds=random.randint(5, 90), occurred_at=at)
    since = now - timedelta(seconds=60)
    connection.execute(EXPOSE.encode(), (now, since, now))
    connection.execute(WORDS.encode(), (now, since, now, now, now, TALKS))
