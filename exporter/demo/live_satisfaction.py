"""What people say about the live demo's agents when a conversation has ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from exporter.demo.present import insert

if TYPE_CHECKING:
    from exporter.demo.activity import Activity, Talk

SHARE: Final = 0.0625
"""One conversation in sixteen is answered, as in the history."""

COMMENTS: Final = {"good": "Quick and clear.", "bad": "It did not understand me."}


def answer(activity: Activity, talk: Talk, sentiment: float, now: datetime) -> None:
    """Feedback of one of the three kinds, better the better the conversation felt."""
    random = activity.random
    if random.random() >= SHARE:
        return
    kind = random.choice(("thumbs", "rating", "nps"))
    mood = min(1.0, max(0.0, random.gauss(sentiment + 0.1, 0.2)))
    score = {"thumbs": int(mood > 0.45), "rating": 1 + round(4 * mood), "nps": round(10 * mood**0.5)}[kind]
    comment = COMMENTS["good"] if mood > 0.9 else COMMENTS["bad"] if mood < 0.2 else None
    insert(
        activity.connection, "agent_feedback", id=f"feedback-{uuid4().hex}", conversation_id=talk.conversation, **talk.who,
        channel=talk.channel, kind=kind, score=score, comment=comment, created_at=now,
    )  # fmt: skip
