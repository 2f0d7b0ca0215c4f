"""What a recommendation is, and what a rule is that makes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from exporter.entity import Entity

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

EVERY: Final = "all"
"""Tenant or agent of a recommendation that concerns all of them."""


class Priority(StrEnum):
    """How much it matters, the most urgent first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Category(StrEnum):
    """What kind of advice it is."""

    PREDICTIVE_MAINTENANCE = "predictive_maintenance"
    RESOURCE_OPTIMISATION = "resource_optimisation"
    QUICK_WIN = "quick_win"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found. `numbers` are those it rests on, `why` says in a sentence how they lead to the advice.

    `subject` tells findings of one rule and agent apart, such as a tool or a model.
    """

    priority: Priority
    component: str
    confidence: float
    observed: float
    expected: float
    unit: str
    why: str
    tenant: str | None = EVERY
    agent: str | None = EVERY
    subject: str = ""
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: fixed words, the columns that it needs, and a function that looks at rows.

    The function yields None for each thing that it looked at and found in order, so that "nothing to do" differs from
    "nothing to look at".
    """

    name: str
    category: Category
    title: str
    issue: str
    action: str
    impact: str
    needs: Mapping[Entity, tuple[str, ...]]
    find: Callable[[Facts], Iterator[Finding | None]]

    def lacks(self, facts: Facts) -> str | None:
        """Why the rule cannot be asked here; None when it can."""
        for entity, columns in self.needs.items():
            if not facts.has(entity):
                return f"entity {entity.name} is not mapped"
            missing = [column for column in columns if not facts.has(entity, column)]
            if missing:
                return f"column {', '.join(missing)} of {entity.name} is not mapped"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One record, as the specification has it, with the explanation."""

    id: str
    rule: str
    title: str
    priority: Priority
    category: Category
    component: str
    tenant: str
    agent: str
    issue: str
    confidence: float
    action: str
    impact: str
    observed: float
    expected: float
    unit: str
    why: str
    numbers: Mapping[str, float]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        names = (
            "id", "title", "priority", "category", "component", "tenant", "agent", "issue", "confidence", "action", "impact",
            "observed", "expected", "unit", "why", "rule",
        )  # fmt: skip
        return {**{name: getattr(self, name) for name in names}, "numbers": dict(self.numbers)}


def record(rule: Rule, finding: Finding) -> Recommendation:
    """The record of a finding. Its identity is what it is about, so it stays the same while the numbers move."""
    about = [word for word in (finding.tenant, finding.agent) if word not in (None, EVERY)]
    parts = [rule.name, *about, *([finding.subject] if finding.subject else [])]
    return Recommendation(
        id="/".join(str(part) for part in parts),
        rule=rule.name,
        title=rule.title,
        priority=finding.priority,
        category=rule.category,
        component=finding.component,
        tenant=finding.tenant or "unknown",
        agent=finding.agent or "unknown",
        issue=rule.issue,
        confidence=rounded(min(1.0, max(0.0, finding.confidence))),
        action=rule.action,
        impact=rule.impact,
        observed=rounded(finding.observed),
        expected=rounded(finding.expected),
        unit=finding.unit,
        why=finding.why,
        numbers={name: rounded(value) for name, value in finding.numbers.items()},
    )


def rounded(value: float) -> float:
    """Six digits: sums of floats may differ in their last bits with the order in which a database reads rows."""
    return float(f"{value:.6g}")
