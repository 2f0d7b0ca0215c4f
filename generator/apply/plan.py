"""What would have to happen so that Grafana has what the files want: computed from both sides, nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from generator.apply import record
from generator.apply.connection import Api
from generator.apply.desired import Desired
from generator.apply.difference import Change, differences
from generator.apply.fingerprint import Fingerprints
from generator.apply.item import Found, Item
from generator.apply.kinds import KINDS
from generator.apply.kinds.datasource import DataSources
from generator.apply.kinds.kind import Kind
from generator.apply.record import Record


class Action(StrEnum):
    """What happens to one object."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    DELETE = "delete"
    SAME = "same"
    LEFT = "left over"
    BLOCKED = "blocked"


PENDING = frozenset({Action.CREATE, Action.UPDATE, Action.ADOPT, Action.DELETE})


@dataclass(frozen=True, slots=True)
class Step:
    """One object and what happens to it."""

    action: Action
    kind: str
    key: str
    title: str
    changes: tuple[Change, ...] = ()
    reason: str = ""
    item: Item | None = field(default=None, repr=False)
    found: Found | None = field(default=None, repr=False)

    @property
    def place(self) -> tuple[str, str]:
        """Kind and key."""
        return self.kind, self.key


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user allows."""

    adopt: bool = False
    prune: bool = False
    secrets: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps in the order in which they are done, and what was found on the way."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    record: Record
    kinds: Mapping[str, Kind]
    vanished: frozenset[tuple[str, str]] = frozenset()
    """What the record lists, no file makes and Grafana has no more: ours no longer."""

    @property
    def pending(self) -> tuple[Step, ...]:
        """What changes something."""
        return tuple(step for step in self.steps if step.action in PENDING)

    @property
    def blocked(self) -> tuple[Step, ...]:
        """What cannot be done."""
        return tuple(step for step in self.steps if step.action is Action.BLOCKED)


def build(
    api: Api, desired: Desired, owner: str, wishes: Wishes, known: Fingerprints, *, editable: bool = False
) -> Plan:
    """Compare the two sides."""
    ours = record.read(api, owner)
    kinds = {kind.name: kind(api, editable=editable) for kind in KINDS}
    notes = [*desired.notes, *_default(kinds, desired, ours)]
    made: list[Step] = []
    removed: list[Step] = []
    vanished: set[tuple[str, str]] = set()
    for name, kind in kinds.items():
        items = desired.items.get(name, {})
        owned = ours.of(name)
        found = kind.fetch({*items, *owned})
        taken = kind.conflicts(items, owned)
        comparison = Comparison(kind, owned, wishes, known, taken)
        made += [comparison.step(item, found.get(key)) for key, item in items.items()]
        kept = {key for what, key in desired.unknown if what == name}
        vanished |= {(name, key) for key in owned - found.keys() - items.keys() - kept}
        gone = sorted((owned & found.keys()) - items.keys() - kept, key=lambda key: (-_depth(key, found), key))
        removed[:0] = [_leftover(name, key, found[key], wishes) for key in gone]
    notes += [note for step in made for note in _unread(step, kinds[step.kind], wishes, known)]
    return Plan((*made, *removed), tuple(notes), ours, kinds, frozenset(vanished))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the items of one kind are compared with what is there."""

    kind: Kind
    owned: Collection[str]
    wishes: Wishes
    known: Fingerprints
    taken: Mapping[str, str]

    def step(self, item: Item, found: Found | None) -> Step:
        """What happens to one item."""
        place = (item.kind, item.key, item.title)
        if item.key in self.taken:
            return Step(Action.BLOCKED, *place, reason=self.taken[item.key], item=item)
        if found is None:
            return Step(Action.CREATE, *place, item=item)
        mine = item.key in self.owned
        if not mine and not self.wishes.adopt:
            reason = "one that is not ours is there already; --adopt takes it over"
            return Step(Action.BLOCKED, *place, reason=reason, item=item, found=found)
        changes = tuple(self.changes(item, found))
        if found.locked and (changes or not mine):
            return Step(Action.BLOCKED, *place, changes, found.locked, item, found)
        action = Action.ADOPT if not mine else Action.UPDATE if changes else Action.SAME
        return Step(action, *place, changes, item=item, found=found)

    def changes(self, item: Item, found: Found) -> Iterator[Change]:
        """What differs, secrets included as far as anything is known of them."""
        hidden = tuple(found.secrets)
        yield from differences(self.kind.normal(found.content, hidden), self.kind.normal(item.content, hidden))
        wanted = self.kind.secrets(item.content, hidden)
        for name, value in sorted(wanted.items()):
            word = self._secret((item.kind, item.key, name), value, found)
            if word:
                # A value that Grafana shows is compared with it, another one with what is known here.
                yield Change(name, "hidden" if found.secrets.get(name) is None else "secret", None, word)
        if self.kind.drops_secrets:
            for name in sorted(found.secrets.keys() - wanted.keys()):
                yield Change(name, "secret", None, "a secret is set that should not be; it is removed")

    def _secret(self, key: tuple[str, str, str], value: str, found: Found) -> str:
        """What happens to a secret; empty when nothing does."""
        name = key[2]
        if name not in found.secrets:
            return "a secret is set that was not" if value else ""
        there = found.secrets[name]
        if there is not None:
            return "" if there == value else "the secret changes"
        if self.wishes.secrets:
            return "the secret is sent again"
        return "the secret changes" if self.known.same(key, value) is False else ""


def _depth(key: str, found: Mapping[str, Found]) -> int:
    """How many of the folders found are above one: what is inside goes first."""
    depth = 0
    while (parent := found[key].content.get("parentUid")) in found and depth < len(found):
        key, depth = str(parent), depth + 1
    return depth


def _leftover(kind: str, key: str, found: Found, wishes: Wishes) -> Step:
    if not wishes.prune:
        return Step(
            Action.LEFT, kind, key, found.title, reason="no file makes it any more; --prune removes it", found=found
        )
    if found.locked:
        return Step(Action.BLOCKED, kind, key, found.title, reason=found.locked, found=found)
    return Step(Action.DELETE, kind, key, found.title, found=found)


def _default(kinds: Mapping[str, Kind], desired: Desired, ours: Record) -> Iterator[str]:
    """Grafana has one default data source: one of others stays it."""
    sources = kinds[DataSources.name]
    items = desired.items.get(DataSources.name, {})
    if not isinstance(sources, DataSources) or not any(item.content.get("isDefault") for item in items.values()):
        return
    other = sources.other_default({*items, *ours.of(DataSources.name)})
    if other is None:
        return
    for key, item in items.items():
        if item.content.get("isDefault"):
            content: dict[str, Any] = {**item.content, "isDefault": False}
            items[key] = replace(item, content=content)
            yield f"the data source {item.title} is not made the default, since {other}, which is not ours, is it"


def _unread(step: Step, kind: Kind, wishes: Wishes, known: Fingerprints) -> Iterator[str]:
    """Secrets of which nothing is known."""
    if wishes.secrets or step.item is None or step.found is None or step.action is Action.BLOCKED:
        return
    wanted = kind.secrets(step.item.content, tuple(step.found.secrets))
    for name, value in sorted(wanted.items()):
        unread = name in step.found.secrets and step.found.secrets[name] is None
        if unread and known.same((step.kind, step.key, name), value) is None:
            yield f"{step.kind} {step.title}: whether {name} has changed is not known here; --secrets sends it again"
