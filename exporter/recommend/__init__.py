"""Recommendations: rules that look at rows and say what should be done, with the numbers they rest on.

The rules read rows through `Facts`, so that the exporter, the command line and tests get the same records from the same
rows at the same instant. They reach the dashboard as metrics and not by SQL: the exporter may only read, so it has no
table to write to, and a rule repeated in SQL would be a second definition. What moves (confidence, the number observed,
the number expected) are values of series; what a rule says is fixed, so it stands in the labels of one information
series a rule, and panels join it by the label `rule`. The sentence with all numbers would be a new series with each
change, so it is only in `watchfloor recommend`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from exporter.entities.agents import AGENT_RECORD, AGENT_TASK
from exporter.entities.calls import CALL, SCHEDULED_CALL
from exporter.entities.content import DOCUMENT, QUESTION
from exporter.entities.conversations import CONVERSATION
from exporter.entities.cost import BUDGET, TELEPHONY_CALL
from exporter.entities.pipeline import LLM_REQUEST, STT_REQUEST, TOOL_CALL, TTS_REQUEST, TURN
from exporter.entity import Entity
from exporter.recommend import budgets, demand, failures, latency, setup, spending
from exporter.recommend.record import Priority, Recommendation, Rule, record

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

RULES: Final[tuple[Rule, ...]] = (
    *latency.RULES, *failures.RULES, *spending.RULES, *budgets.RULES, *demand.RULES, *setup.RULES,
)  # fmt: skip
USES: Final[tuple[Entity, ...]] = (
    AGENT_RECORD, AGENT_TASK, CALL, SCHEDULED_CALL, CONVERSATION, LLM_REQUEST, STT_REQUEST, TTS_REQUEST, TOOL_CALL, TURN,
    QUESTION, DOCUMENT, BUDGET, TELEPHONY_CALL,
)  # fmt: skip
"""Entities that rules read."""

ORDER: Final = tuple(Priority)


@dataclass(frozen=True, slots=True)
class Advice:
    """What all rules said: records by priority, then identity; how many things were looked at; rules that could not be asked."""

    records: tuple[Recommendation, ...]
    looked: int
    unasked: dict[str, str]

    def only(self, least: str, tenants: Collection[str] = ()) -> Advice:
        """The records of this priority and above, of these tenants (all if none is given)."""
        place = ORDER.index(Priority(least))
        chosen = (one for one in self.records if ORDER.index(one.priority) <= place)
        return replace(self, records=tuple(one for one in chosen if not tenants or one.tenant in tenants))


def advise(facts: Facts, rules: tuple[Rule, ...] = RULES) -> Advice:
    """Ask every rule that the mapping allows."""
    records, looked, unasked = [], 0, {}
    for rule in rules:
        reason = rule.lacks(facts)
        if reason is not None:
            unasked[rule.name] = reason
            continue
        for finding in rule.find(facts):
            looked += 1
            if finding is not None:
                records.append(record(rule, finding))
    records.sort(key=lambda one: (ORDER.index(one.priority), one.id))
    return Advice(tuple(records), looked, unasked)
