"""A plan and its outcome for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from generator.apply.plan import PENDING, Action, Plan, Step
from generator.apply.run import Outcome, Result
from generator.apply.text import printable, shown

SIGNS: Final = {
    Action.CREATE: "+", Action.UPDATE: "~", Action.ADOPT: "&", Action.DELETE: "-", Action.LEFT: "?", Action.BLOCKED: "!",
}  # fmt: skip
LINES: Final = 20
"""Changes shown of one object; all are in --json and --full."""


def lines(plan: Plan, *, full: bool = False) -> Iterator[str]:
    """The plan, without what stays as it is."""
    for step in plan.steps:
        if step.action is Action.SAME:
            continue
        yield f"{SIGNS[step.action]} {step.action} {label(step)}" + (f": {step.reason}" if step.reason else "")
        limit = len(step.changes) if full else LINES
        for change in step.changes[:limit]:
            yield f"    {change}"
        if len(step.changes) > limit:
            yield f"    and {len(step.changes) - limit} more; --full shows them"


def summary(plan: Plan) -> str:
    """One sentence."""
    counts = Counter(step.action for step in plan.steps)
    parts = [f"{counts[action]} to {action}" for action in Action if action in PENDING and counts[action]]
    parts += [f"{counts[action]} {action}" for action in (Action.LEFT, Action.BLOCKED) if counts[action]]
    same = f"{counts[Action.SAME]} as they should be"
    return f"{', '.join(parts)}, {same}." if parts else f"No changes: {same}."


def label(step: Step) -> str:
    """Kind, title and key of an object."""
    return f"{step.kind} {shown(step.title)}" + ("" if step.title == step.key else f" ({printable(step.key)})")


def outcome(result: Result) -> str:
    """One line for one step."""
    words = {Action.CREATE: "created", Action.UPDATE: "updated", Action.ADOPT: "adopted", Action.DELETE: "deleted"}
    if result.outcome is Outcome.DONE:
        return f"{words[result.step.action]} {label(result.step)}"
    return f"{result.outcome}: {result.step.action} {label(result.step)}: {printable(result.reason)}"


def as_json(plan: Plan, results: Iterable[Result] | None = None) -> dict[str, Any]:
    """Everything, for machines."""
    ended = {one.step.place: one for one in results} if results is not None else {}
    return {
        "steps": [
            {
                "action": step.action.value,
                "kind": step.kind,
                "key": step.key,
                "title": step.title,
                "reason": step.reason,
                "changes": [
                    {"path": one.path, "change": one.kind, "before": one.before, "after": one.after}
                    for one in step.changes
                ],
                **(
                    {"outcome": ended[step.place].outcome.value, "error": ended[step.place].reason}
                    if step.place in ended
                    else {}
                ),
            }
            for step in plan.steps
            if step.action is not Action.SAME
        ],
        "same": sum(step.action is Action.SAME for step in plan.steps),
        "notes": list(plan.notes),
    }
