"""What people changed in Grafana, told as a difference to the code."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from generator.apply import record
from generator.apply.desired import Desired
from generator.apply.difference import Change, differences
from generator.apply.error import ApplyError
from generator.apply.item import Found
from generator.apply.kinds.dashboard import Dashboards
from generator.apply.kinds.kind import Kind
from generator.apply.plan import Action, Plan, Step
from generator.apply.text import printable


@dataclass(frozen=True, slots=True)
class Edit:
    """One object that is not as the code makes it: changed, gone or new."""

    state: str
    kind: str
    key: str
    title: str
    changes: tuple[Change, ...] = ()
    before: Any = field(default=None, repr=False)
    after: Any = field(default=None, repr=False)
    found: Found | None = field(default=None, repr=False)

    def lines(self) -> Iterator[str]:
        """The difference of the two forms, as a unified diff from the code to Grafana."""
        old, new = (_text(value) if value is not None else [] for value in (self.before, self.after))
        yield from difflib.unified_diff(old, new, "code", "Grafana", lineterm="", n=2)
        yield from (f"{change.path}: a secret that is not shown" for change in self.changes if change.kind == "secret")


def edits(plan: Plan, desired: Desired, owner: str) -> tuple[Edit, ...]:
    """Everything that differs among what is ours, and dashboards that somebody has put into our folders."""
    return (*(_edit(step, plan) for step in plan.steps if _differs(step, plan)), *_strays(plan, desired, owner))


def _differs(step: Step, plan: Plan) -> bool:
    if step.place not in plan.record.keys:
        return False
    edited = any(change.kind != "hidden" for change in step.changes)
    return edited or step.action in (Action.CREATE, Action.LEFT, Action.DELETE)


def _edit(step: Step, plan: Plan) -> Edit:
    kind = plan.kinds[step.kind]
    hidden = tuple(step.found.secrets) if step.found is not None else ()
    before = kind.normal(step.item.content, hidden) if step.item is not None else None
    after = kind.normal(step.found.content, hidden) if step.found is not None else None
    state = "gone" if after is None else "new" if before is None else "changed"
    secret = (change for change in step.changes if change.kind == "secret")
    told = (*differences(before, after), *secret) if state == "changed" else ()
    return Edit(state, step.kind, step.key, step.title, told, before, after, step.found)


def _strays(plan: Plan, desired: Desired, owner: str) -> Iterator[Edit]:
    folders = {key for kind, key in plan.record.keys if kind == "folder"}
    kind: Kind = plan.kinds[Dashboards.name]
    known = {*desired.items.get(kind.name, {}), *plan.record.of(kind.name), record.uid(owner)}
    for key, found in kind.fetch({key for key in kind.strays(folders) if key not in known}).items():
        yield Edit("new", kind.name, key, found.title, (), None, kind.normal(found.content), found)


def write(folder: Path, found: tuple[Edit, ...]) -> tuple[Path, ...]:
    """Files with what is in Grafana: dashboards whole, so that `watchfloor import` reads them, all else as it is compared."""
    written = []
    for edit in found:
        if edit.found is None:
            continue
        content = edit.after
        if edit.kind == Dashboards.name:
            content = {
                key: value for key, value in edit.found.content["dashboard"].items() if key not in ("id", "version")
            }
        path = folder / edit.kind.replace(" ", "-") / f"{quote(edit.key, safe='')}.json"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise ApplyError(f"cannot write {path}: {error.strerror}") from None
        written.append(path)
    return tuple(written)


def _text(value: Any) -> list[str]:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return [printable(line) for line in text.split("\n")]
