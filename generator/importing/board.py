"""One dashboard of other origin as a file of this project: compiled, with our data sources, an identity and a folder."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from dashboards.compiler import canonical, imported
from dashboards.compiler.kinds import BUILT_IN
from dashboards.compiler.read import mapping, mappings, panels, text
from generator.importing import inputs, library, schema
from generator.importing.record import Found, Json, Made, Refusal
from generator.importing.sources import Sources

UID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
SLUG: Final = re.compile(r"[^a-z0-9]+")
TITLE: Final = 250
DROPPED: Final = ("id", "version", "iteration", "gnetId", "slug", "fullPath", "url", "uri", "revision")
"""What a Grafana keeps about a dashboard beside it: numbers of its own database."""
PANELS: Final = 5_000


def make(found: Found, origin: str, known: Mapping[str, str], folder: str) -> Made:
    """The compiled dashboard. `origin` makes the identity of one that has none."""
    data = found.data
    changes: list[str] = []
    attention: list[str] = []
    before = _kinds(data)
    count = sum(before.values())
    if count > PANELS:
        raise Refusal(f"it has {count} panels; the limit is {PANELS}")
    asked = inputs.resolve(data, found.hints.inputs, changes, attention)
    library.inline(data, changes, attention)
    rows = len(mappings(data.get("rows")))
    attention += _gone(data)
    data, version, left_out = imported(data)
    for key in DROPPED:
        data.pop(key, None)
    title = _title(data, found, changes)
    uid = _uid(data, found, origin, changes)
    Sources(data, asked, known, changes, attention).rewrite()
    _tell_versions(version, rows, changes)
    _tell_kinds(before, data, changes, attention)
    attention += left_out[:20] + ([f"{len(left_out) - 20} more values were left out"] if len(left_out) > 20 else [])
    if found.hints.folder_uid and not found.hints.folder:
        changes.append(f"it was in the folder with the uid {found.hints.folder_uid}; it is in {folder!r}")
    attention += found.notes
    attention += schema.differences(data)
    name = (
        SLUG.sub("-", (found.hints.name or origin.rpartition("/")[2].partition(".")[0] or title).lower()).strip("-")[
            :80
        ]
        or uid.lower()
    )
    return Made("dashboard", name, title, canonical(data), uid, found.hints.folder or folder, changes, attention)


def _title(data: Json, found: Found, changes: list[str]) -> str:
    title = " ".join(text(data.get("title")).split())
    if not title:
        title = found.hints.name or "Imported dashboard"
        changes.append(f"it had no title; it is called {title!r}")
    data["title"] = title[:TITLE]
    return str(data["title"])


def _uid(data: Json, found: Found, origin: str, changes: list[str]) -> str:
    """The identity given, by the dashboard or its envelope, or one made from where it came from."""
    given = text(data.get("uid")) or found.hints.uid
    uid = given
    if not UID.match(given):
        uid = identity(given or f"{origin}#{found.hints.name}")
        changes.append(f"uid {given!r} cannot be one; it is {uid}" if given else f"it had no uid; it is {uid}")
    data["uid"] = uid
    return uid


def identity(seed: str) -> str:
    """A uid that is always the same for the same text."""
    return f"import-{hashlib.sha256(seed.encode('utf-8', 'replace')).hexdigest()[:16]}"


def rename(made: Made, *, uid: str = "", title: str = "") -> None:
    """Give a dashboard another uid or title."""
    import orjson

    data = orjson.loads(made.content)
    if uid:
        made.changes.append(f"uid {made.uid} is taken by another dashboard; it is {uid}")
        data["uid"] = made.uid = uid
    if title:
        made.changes.append(f"title {made.title!r} is taken in folder {made.folder!r}; it is {title!r}")
        data["title"] = made.title = title
    made.content = canonical(data)


def _kinds(data: Json) -> Counter[str]:
    return Counter(text(panel.get("type")) for panel in panels(data))


def _gone(data: Json) -> Iterator[str]:
    """What old panels had and no Grafana of today has."""
    for panel in panels(data):
        title = text(panel.get("title"))
        if isinstance(panel.get("alert"), dict):
            yield f"panel {title!r} had an alert of before Grafana 9, which is gone; write a rule for it"
        if mapping(panel.get("grid")).get("threshold1") is not None:
            yield f"panel {title!r} had thresholds of before version 13, which no Grafana reads any more"


def _tell_versions(version: int, rows: int, changes: list[str]) -> None:
    if version != 42:
        changes.append(f"schema version {version or 'unknown'} became 42")
    if rows:
        changes.append(f"{rows} {'row' if rows == 1 else 'rows'} became panels with places on a grid")


def _tell_kinds(before: Counter[str], data: Json, changes: list[str], attention: list[str]) -> None:
    after = _kinds(data)
    changes += [
        f"{before[kind]} {kind} {'panel' if before[kind] == 1 else 'panels'} became today's kind"
        for kind in sorted(set(before) - set(after))
        if kind
    ]
    attention += [
        f"{after[kind]} of its panels need the plugin {kind}, which Grafana does not have built in"
        for kind in sorted(set(after) - BUILT_IN - {"row", ""})
    ]
