"""Groups of alert rules, replaced as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from generator.apply.connection import segment
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind, foreign, headers
from generator.apply.normal.alerting import group

RULES: Final = "/api/v1/provisioning/alert-rules"


class RuleGroups(Kind):
    """Groups by folder and name: `uid of the folder/name of the group`."""

    name = "rule group"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """Those that have rules; the list of rules says which provenance they have."""
        if not keys:
            return {}
        provenances: dict[str, set[str]] = {}
        for rule in self.api.find(RULES) or ():
            key = f"{rule.get('folderUID')}/{rule.get('ruleGroup')}"
            provenances.setdefault(key, set()).add(rule.get("provenance") or "")
        found = {}
        for key in sorted(set(keys) & set(provenances)):
            data = self.api.find(_path(key))
            if data is not None and data.get("rules"):
                # Rules of one group may differ: a person has added one. The strictest tells what may be done.
                strictest = max(provenances[key], key=lambda one: (bool(foreign(one)), one))
                found[key] = Found(data, data.get("title", ""), None, strictest, foreign(strictest))
        return found

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """The group."""
        return group(content)

    def create(self, item: Item) -> None:
        """A group is made by replacing what is not there."""
        self.api.send("PUT", _path(item.key), item.content, headers("" if self.editable else "api"))

    def update(self, item: Item, found: Found) -> None:
        """All its rules at once; Grafana itself keeps the state of those that did not change."""
        self.api.send("PUT", _path(item.key), item.content, headers(found.provenance))

    def delete(self, key: str, found: Found) -> None:
        """With its rules."""
        self.api.send("DELETE", _path(key), None, headers(found.provenance))

    def conflicts(self, items: Mapping[str, Item], owned: Collection[str]) -> dict[str, str]:
        """A rule with a uid of ours in a group of others would be moved out of it."""
        if not items:
            return {}
        places = {one["uid"]: f"{one.get('folderUID')}/{one.get('ruleGroup')}" for one in self.api.find(RULES) or ()}
        result = {}
        for key, item in items.items():
            for rule in item.content["rules"]:
                place = places.get(rule["uid"], key)
                if place != key and place not in owned and place not in items:
                    result[key] = (
                        f"the rule {rule['uid']} is in the group {place} of others; remove it there or give ours another uid"
                    )
        return result


def _path(key: str) -> str:
    folder, _, name = key.partition("/")
    return f"/api/v1/provisioning/folder/{segment(folder)}/rule-groups/{segment(name)}"
