"""Doing what the plan says: one object at a time, each read back, and told apart when something fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.apply import record
from generator.apply.connection import Api
from generator.apply.difference import differences
from generator.apply.error import ApplyError, RefusedError, UnreachableError, UnsureError
from generator.apply.fingerprint import Fingerprints
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind
from generator.apply.plan import Action, Plan, Step

TRIES: Final = 3
"""How often a change is made anew after no answer came to it."""


class Outcome(StrEnum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "not tried"


@dataclass(frozen=True, slots=True)
class Result:
    """A step and how it ended."""

    step: Step
    outcome: Outcome
    reason: str = ""


def apply(
    api: Api, plan: Plan, owner: str, known: Fingerprints, tell: Callable[[Result], None] = lambda _: None
) -> tuple[Result, ...]:
    """Send what the plan says. The list of what is ours names everything before it is made and after it is gone."""
    if plan.blocked:
        raise ApplyError("the plan is blocked; nothing was sent")
    if not plan.pending and not plan.vanished:
        return ()
    mine = {step.place for step in plan.steps if step.action in (Action.CREATE, Action.ADOPT)}
    ours = record.write(api, owner, plan.record, (plan.record.keys - plan.vanished) | mine)
    results = tuple(_told(_steps(plan, known), tell))
    gone = {one.step.place for one in results if one.outcome is Outcome.DONE and one.step.action is Action.DELETE}
    known.remember({}, gone)
    try:
        record.write(api, owner, ours, ours.keys - gone)
    except ApplyError:
        # What failed is told first; the list names too much, which the next run puts right.
        if all(one.outcome is Outcome.DONE for one in results):
            raise
    return results


def _told(results: Iterable[Result], tell: Callable[[Result], None]) -> Iterable[Result]:
    for result in results:
        tell(result)
        yield result


def _steps(plan: Plan, known: Fingerprints) -> Iterable[Result]:
    """Each step; what needs a folder that failed is not tried, and nothing is once Grafana is out of reach."""
    stopped = ""
    failed: set[str] = set()
    for step in plan.pending:
        reason = stopped or _missing(step, failed)
        if reason:
            failed |= _lacking(step)
            yield Result(step, Outcome.SKIPPED, reason)
            continue
        try:
            _do(step, plan.kinds[step.kind], known)
            yield Result(step, Outcome.DONE)
        except (UnreachableError, KeyboardInterrupt) as error:
            stopped = "it was interrupted" if isinstance(error, KeyboardInterrupt) else "Grafana is out of reach"
            yield Result(step, Outcome.FAILED, str(error) or stopped)
        except ApplyError as error:
            failed |= _lacking(step)
            yield Result(step, Outcome.FAILED, str(error))


def _lacking(step: Step) -> set[str]:
    """The folder that is not there because a step was not done; one that could not be changed is still there."""
    return {step.key} if step.kind == "folder" and step.action is Action.CREATE else set()


def _missing(step: Step, failed: set[str]) -> str:
    """Why a step cannot succeed: its folder could not be made."""
    if step.item is None or step.action is Action.DELETE:
        return ""
    folder = step.item.content.get("folderUid") or step.item.content.get("parentUid")
    return f"its folder {folder} could not be made" if folder in failed else ""


def _do(step: Step, kind: Kind, known: Fingerprints) -> None:
    if step.action is Action.DELETE:
        _delete(step, kind)
        return
    if step.item is None:
        raise AssertionError
    if step.changes or step.action is Action.CREATE:
        _put(step.item, step.found, kind)
        secrets = kind.secrets(step.item.content, tuple(step.found.secrets) if step.found else ())
        known.remember({(step.kind, step.key, name): value for name, value in secrets.items()})


def _put(item: Item, found: Found | None, kind: Kind) -> None:
    """Make or change an object. After no answer one looks first, since the change may have been made."""
    for attempt in range(TRIES):
        try:
            if found is None:
                kind.create(item)
            else:
                kind.update(item, found)
        except UnsureError:
            found = kind.fetch([item.key]).get(item.key)
            if found is not None and not _wrong(item, found, kind):
                return
            if attempt == TRIES - 1:
                raise
        except RefusedError as error:
            raise _explained(error, item) from None
        else:
            break
    back = kind.fetch([item.key]).get(item.key)
    if back is None:
        raise ApplyError("Grafana accepted it and does not have it; look into Grafana's own log")
    wrong = _wrong(item, back, kind)
    if wrong:
        raise ApplyError(f"Grafana accepted it and gives back something else: {wrong}")


def _wrong(item: Item, found: Found, kind: Kind) -> str:
    """The first difference between what was sent and what is there; empty when there is none."""
    hidden = tuple(found.secrets)
    first = next(differences(kind.normal(item.content, hidden), kind.normal(found.content, hidden)), None)
    return "" if first is None else str(first)


def _explained(error: RefusedError, item: Item) -> ApplyError:
    if error.status == 412 or "changed by someone else" in str(error) or "updated by someone else" in str(error):
        return ApplyError(f"somebody has changed this {item.kind} just now; look at the plan again ({error})")
    return error


def _delete(step: Step, kind: Kind) -> None:
    for attempt in range(TRIES):
        found = kind.fetch([step.key]).get(step.key)
        if found is None:
            return
        try:
            kind.delete(step.key, found)
        except UnsureError:
            if attempt == TRIES - 1:
                raise
        except RefusedError as error:
            if error.status != 404:
                raise
        else:
            break
    if step.key in kind.fetch([step.key]):
        raise ApplyError("Grafana accepted its removal and still has it; look into Grafana's own log")
