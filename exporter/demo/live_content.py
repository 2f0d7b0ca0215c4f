"""The live demo's questions, and the care of its knowledge base."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from exporter.demo import steps
from exporter.demo.business import CATEGORIES
from exporter.demo.present import insert
from exporter.demo.world import GAP

if TYPE_CHECKING:
    from exporter.demo.activity import Activity, Talk

SHARE: Final = 0.08
"""One conversation in twelve has a question, as in the history."""

WORDS: Final = ("How do I change my {}?", "What does {} cost?", "Who can help me with {}?", "Where do I find {}?")
INDEX: Final = b"""
UPDATE knowledge_documents SET indexed_at = %s, refreshed_at = %s, status = 'indexed'
WHERE indexed_at IS NULL AND uploaded_at BETWEEN %s AND %s
"""
REFRESH: Final = b"""
UPDATE knowledge_documents SET refreshed_at = %s WHERE id IN (
    SELECT id FROM knowledge_documents WHERE refreshed_at IS NOT NULL AND expired_at IS NULL AND removed_at IS NULL
    ORDER BY refreshed_at DESC OFFSET %s LIMIT 1
)
"""


def ask(activity: Activity, talk: Talk, now: datetime) -> None:
    """The question of a conversation, if it has one."""
    random = activity.random
    if random.random() >= SHARE:
        return
    about = steps.topic(random)
    confidence = round(
        max(0.05, 1 - steps.tail(random, 0.15, 0.5)) * (0.6 if (talk.who["tenant"], about) == GAP else 1), 3
    )
    source = None if confidence < 0.5 else random.choices(("retrieval", "question list", "guardrail"), (6, 3, 1))[0]
    insert(
        activity.connection, "questions", id=f"question-{uuid4().hex}", conversation_id=talk.conversation, tenant=talk.who["tenant"],
        agent=talk.who["agent"], topic=about, category=CATEGORIES.get(about, "sales"),
        question=random.choice(WORDS).format(about), answer_source=source, confidence=confidence,
        out_of_scope=random.random() < 0.04, retrieval_failed=confidence < 0.45, asked_at=now,
    )  # fmt: skip


def minute(activity: Activity, now: datetime) -> None:
    """Now and then an upload; what was given in lately is indexed, and a document is read anew. Old uploads stay stuck."""
    random, connection = activity.random, activity.connection
    connection.execute(INDEX, (now, now, now - timedelta(hours=1), now - timedelta(minutes=2)))
    connection.execute(REFRESH, (now, random.randrange(60)))
    if random.random() < 0.1:
        tenant, about = random.choice(activity.world.tenants).id, steps.topic(random)
        about = steps.TOPICS[0] if (tenant, about) == GAP else about
        insert(
            connection, "knowledge_documents", id=f"document-{uuid4().hex}", tenant=tenant, title=f"{about.capitalize()}, news",
            url=f"https://{tenant}.example.com/{about.replace(' ', '-')}/news", topic=about, status="pending", uploaded_at=now,
        )  # fmt: skip
