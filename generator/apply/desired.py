"""What should be in Grafana, read from the generated files as Grafana's own file loader would read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from generator.apply import alerting
from generator.apply.error import ApplyError
from generator.apply.folders import Folders
from generator.apply.interpolate import UnsetError, expand
from generator.apply.item import Item
from generator.files import MANIFEST

PROVISIONING: Final = "grafana/provisioning"
DASHBOARDS: Final = "grafana/dashboards"
LIBRARY: Final = "grafana/library"


@dataclass(slots=True)
class Desired:
    """Items by kind and key; `unknown` are ours too, but cannot be told because something is missing here."""

    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def add(self, item: Item, source: str) -> None:
        """One more; a key that is there already is an error."""
        there = self.items.setdefault(item.kind, {})
        if item.key in there:
            raise ApplyError(f"{source}: the {item.kind} {item.key} is given twice; each needs a key of its own")
        there[item.key] = item


def read(out: Path, environment: Mapping[str, str], owner: str) -> Desired:
    """Everything below an output directory of `watchfloor generate`."""
    if not (out / MANIFEST).is_file():
        raise ApplyError(f"{out} holds no generated files; run `watchfloor generate` first or name them by --out")
    # The place of dashboards is known; whatever the variable says is for Grafana's own process.
    environment = {**environment, "WATCHFLOOR_DASHBOARDS": str((out / DASHBOARDS).absolute())}
    desired, folders = Desired(), Folders(owner)
    organisations: set[object] = set()
    for source, content in _documents(out / PROVISIONING / "datasources"):
        for entry in content.get("datasources") or ():
            organisations.add(entry.get("orgId") or 1)
            _datasource(desired, entry, source, environment)
    for source, content in _documents(out / PROVISIONING / "dashboards"):
        for entry in content.get("providers") or ():
            organisations.add(entry.get("orgId") or 1)
            _provider(desired, expand(entry, environment), source, folders)
    for path in sorted((out / LIBRARY).glob("*.json")):
        _library(desired, _json(path), str(path), folders)
    documents = list(_documents(out / PROVISIONING / "alerting"))
    for item, source, organisation in alerting.items(documents, environment, folders):
        organisations.add(organisation)
        desired.add(item, source)
    if len(organisations) > 1:
        raise ApplyError(f"{out} has files for {len(organisations)} organisations; apply brings one into one")
    for item in folders.items():
        desired.add(item, str(out))
    return desired


def _datasource(desired: Desired, entry: Mapping[str, Any], source: str, environment: Mapping[str, str]) -> None:
    uid, name = entry.get("uid"), entry.get("name")
    if not uid or not name:
        raise ApplyError(f"{source}: a data source needs a name and a uid; one lacks them")
    try:
        filled = expand(entry, environment)
    except UnsetError as error:
        desired.unknown.add(("data source", str(uid)))
        desired.notes.append(
            f"the data source {name} is left as it is, since {error}; set database.viewer_url_file or the variable"
        )
        return
    body = {"access": "proxy", "basicAuth": False, "withCredentials": False, "isDefault": False, **filled}
    content = {key: value for key, value in body.items() if key not in ("orgId", "editable", "version", "correlations")}
    desired.add(Item("data source", str(uid), str(name), content), source)


def _provider(desired: Desired, entry: Mapping[str, Any], source: str, folders: Folders) -> None:
    options = entry.get("options") or {}
    root = Path(str(options.get("path", "")))
    if not root.is_dir():
        raise ApplyError(f"{source}: there is no folder {root} with dashboards; run `watchfloor generate` again")
    for path in sorted(root.rglob("*.json")):
        if any(part.startswith(".") for part in path.relative_to(root).parts):
            continue
        title, uid = str(entry.get("folder") or ""), entry.get("folderUid")
        if options.get("foldersFromFilesStructure") and path.parent != root:
            title, uid = path.parent.name, None  # Grafana knows one level.
        _dashboard(desired, _json(path), str(path), folders.uid((title,) if title else (), uid))


def _dashboard(desired: Desired, data: Any, source: str, folder: str) -> None:
    if not isinstance(data, dict) or not data.get("uid") or not data.get("title"):
        raise ApplyError(f"{source}: a dashboard needs a uid and a title")
    if "elements" in data or "spec" in data:
        raise ApplyError(f"{source}: this is no classic dashboard; import it with `watchfloor import` first")
    content = {"dashboard": data, "folderUid": folder}
    desired.add(Item("dashboard", str(data["uid"]), str(data["title"]), content), source)


def _library(desired: Desired, data: Any, source: str, folders: Folders) -> None:
    if not isinstance(data, dict) or not all(data.get(key) for key in ("uid", "name", "model")):
        raise ApplyError(f"{source}: a library panel needs a uid, a name and a model")
    folder = (
        folders.uid(alerting.titles(str(data["folder"])), None) if data.get("folder") else data.get("folderUid") or ""
    )
    content = {"uid": data["uid"], "name": data["name"], "model": data["model"], "folderUid": folder}
    desired.add(Item("library panel", str(data["uid"]), str(data["name"]), content), source)


def _documents(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The files of one provisioning folder in the order in which Grafana reads them."""
    import yaml

    for path in sorted(folder.glob("*")):
        if path.suffix not in (".yaml", ".yml"):
            continue
        try:
            content = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        except (OSError, ValueError, yaml.YAMLError):
            raise ApplyError(f"{path} cannot be read as YAML; generate it again") from None
        if not isinstance(content, dict):
            raise ApplyError(f"{path} holds no provisioning file; generate it again")
        yield str(path), content


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise ApplyError(f"{path} cannot be read as JSON; generate it again") from None
