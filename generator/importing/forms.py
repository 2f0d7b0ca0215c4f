"""The forms in which dashboards, rules and configurations come, each recognised by what it holds and taken out of its envelope."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from generator.importing.record import Found, Hints, Irrelevant, Json, Refusal
from generator.importing.text import BYTES, documents

CLASSIC: Final = ("panels", "rows", "schemaVersion", "templating")
FOLDERS: Final = ("grafana_folder", "grafana-folder", "k8s-sidecar-target-directory")
FOLDER_UID: Final = "grafana.app/folder"
REMOTE: Final = {
    "url": "it names an address, and nothing is fetched from the network; download the dashboard and import the file",
    "urlAuthorization": "",
    "grafanaCom": "it names a dashboard of grafana.com, and nothing is fetched from the network; download it and import the file",
    "oci": "it names an image of a registry, and nothing is fetched from the network; unpack it and import the file",
    "configMapRef": "it refers to a ConfigMap; import the ConfigMap itself",
    "jsonnetLib": "its Jsonnet project is packed; unpack it and import its file",
}
"""What a GrafanaDashboard of the operator may have instead of a dashboard."""

Evaluate = Callable[[str, Json], Any]
"""The value of a Jsonnet text, with external variables."""


class Forms:
    """Takes documents apart; Jsonnet inside of them is evaluated by the function given."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate

    def all(self, value: Any, hints: Hints | None = None) -> Iterator[Found | Refusal]:
        """Everything in a document that can be imported, and a refusal for each part that cannot."""
        try:
            yield from self._one(value, hints or Hints())
        except Refusal as refusal:
            yield refusal

    def _one(self, value: Any, hints: Hints) -> Iterator[Found | Refusal]:
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                yield from self.all(item, hints)
            return
        if not isinstance(value, dict):
            raise Refusal(f"it holds {_word(value)} where an object with keys should be")
        if isinstance(value.get("apiVersion"), str) and isinstance(value.get("kind"), str):
            yield from self._resource(value, hints)
        elif isinstance(value.get("dashboard"), dict):
            yield from self._answer(value, hints)
        elif value and all(key.endswith((".json", ".yaml", ".yml")) for key in value):
            for name, inner in value.items():
                yield from self.all(inner, Hints(folder=hints.folder, name=name.rpartition(".")[0]))
        elif "grafanaDashboards" in value or "prometheusAlerts" in value or "prometheusRules" in value:
            yield from self._mixin(value, hints)
        else:
            yield _bare(value, hints)

    def _answer(self, value: Json, hints: Hints) -> Iterator[Found | Refusal]:
        """An answer of Grafana's API, or a request to it."""
        meta = value.get("meta") if isinstance(value.get("meta"), dict) else {}
        folder = _text(meta, "folderTitle") or hints.folder
        listed = value.get("inputs")
        inputs = {
            _text(one, "name"): _text(one, "value") for one in listed or [] if isinstance(one, dict) and one.get("value")
        } if isinstance(listed, list) else {}  # fmt: skip
        yield from self.all(value["dashboard"], replace(hints, folder=folder, inputs={**hints.inputs, **inputs}))

    def _mixin(self, value: Json, hints: Hints) -> Iterator[Found | Refusal]:
        """A mixin: dashboards by file name, groups of alerts and of recordings."""
        boards = value.get("grafanaDashboards")
        for name, board in boards.items() if isinstance(boards, dict) else ():
            yield from self.all(board, Hints(folder=hints.folder, name=name.removesuffix(".json")))
        for key in ("prometheusAlerts", "prometheusRules"):
            if isinstance(value.get(key), dict):
                yield from self.all(value[key], Hints(name=f"{hints.name}-{key.removeprefix('prometheus').lower()}"))

    def _resource(self, value: Json, hints: Hints) -> Iterator[Found | Refusal]:
        kind, metadata = value["kind"], value.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        spec = value.get("spec")
        name = _text(metadata, "name")
        inner = replace(
            hints, folder=_folder(metadata) or hints.folder, name=name or hints.name, folder_uid=_folder_uid(metadata)
        )
        if kind == "ConfigMap":
            yield from self._config_map(value, inner)
        elif isinstance(value.get("items"), list) and kind.endswith("List"):
            for item in value["items"]:
                yield from self.all(item, hints)
        elif kind == "GrafanaDashboard" and isinstance(spec, dict):
            yield from self._operator(spec, inner)
        elif kind == "GrafanaManifest" and isinstance(spec, dict):
            yield from self.all(spec.get("template"), inner)
        elif kind in ("Dashboard", "DashboardWithAccessInfo") and isinstance(spec, dict):
            second = "/v2" in value["apiVersion"]
            yield _bare(
                {"elements": {}, "layout": None, **spec} if second else spec,
                replace(inner, uid=name),
            )
        elif kind == "Dashboard" and isinstance(_source(value), dict):
            # A conversion that failed keeps what it was asked to convert.
            yield from self.all(_source(value), inner)
        elif kind in ("PrometheusRule", "VMRule") and isinstance(spec, dict):
            yield _bare(spec, inner)
        else:
            raise Irrelevant(f"it is a {kind} of {value['apiVersion']}, which is neither a dashboard nor rules")

    def _config_map(self, value: Json, hints: Hints) -> Iterator[Found | Refusal]:
        entries = value.get("data")
        for key, text in entries.items() if isinstance(entries, dict) else ():
            form = "json" if key.endswith(".json") else "yaml" if key.endswith((".yml", ".yaml")) else ""
            if form and isinstance(text, str):
                yield from self._text(
                    text.encode("utf-8", "replace"), form, Hints(folder=hints.folder, name=key.rpartition(".")[0]), key
                )
        packed = value.get("binaryData")
        for key, text in packed.items() if isinstance(packed, dict) else ():
            try:
                yield from self._text(unpack(text), "", Hints(folder=hints.folder, name=key.partition(".")[0]), key)
            except Refusal as refusal:
                yield Refusal(f"{key}: {refusal}")

    def _text(self, data: bytes, form: str, hints: Hints, place: str) -> Iterator[Found | Refusal]:
        """A document inside a document."""
        try:
            for one in documents(data, form):
                yield from self.all(one, hints)
        except Refusal as refusal:
            yield Refusal(f"{place}: {refusal}")

    def _operator(self, spec: Json, hints: Hints) -> Iterator[Found | Refusal]:
        folder = _text(spec, "folder") or hints.folder
        sources = spec.get("datasources")
        inputs = {
            _text(one, "inputName"): _text(one, "datasourceName")
            for one in (sources if isinstance(sources, list) else ())
            if isinstance(one, dict) and one.get("inputName")
        }
        inner = replace(hints, uid=_text(spec, "uid"), folder=folder, inputs=inputs)
        if isinstance(spec.get("json"), str):
            yield from self._text(spec["json"].encode("utf-8", "replace"), "json", inner, "spec.json")
        elif isinstance(spec.get("gzipJson"), str):
            yield from self._text(unpack(spec["gzipJson"]), "json", inner, "spec.gzipJson")
        elif isinstance(spec.get("jsonnet"), str):
            yield from self.all(self._evaluate(spec["jsonnet"], {}), inner)
        else:
            reasons = [reason for key, reason in REMOTE.items() if spec.get(key) and reason]
            raise Refusal(reasons[0] if reasons else "it is a GrafanaDashboard without a dashboard")


def _bare(value: Json, hints: Hints) -> Found | Refusal:
    """A dashboard, rules or a configuration without an envelope."""
    if isinstance(value.get("elements"), dict) and (
        "layout" in value or "variables" in value or "timeSettings" in value
    ):
        from generator.importing.second import classic

        data, notes = classic(value)
        return Found("dashboard", data, hints, tuple(dict.fromkeys(notes)))
    if isinstance(value.get("groups"), list):
        return Found("rules", value, hints)
    if "route" in value and "receivers" in value:
        return Found("alertmanager", value, hints)
    for key in ("panels", "rows"):
        if value.get(key) is not None and not isinstance(value[key], list):
            raise Refusal(f"its {key} are {_word(value[key])} and not a list, so it is no dashboard of Grafana")
    if any(key in value for key in CLASSIC):
        return Found("dashboard", value, hints)
    keys = ", ".join(sorted(value)[:8])
    raise Refusal(
        f"it is neither a dashboard (it has none of {', '.join(CLASSIC)}) nor rules nor an Alertmanager configuration; its keys are {keys or 'none'}"
    )


def _source(value: Json) -> Any:
    for key in ("status", "conversion", "source"):
        found = value.get(key)
        value = found if isinstance(found, dict) else {}
    return value or None


def unpack(text: object) -> bytes:
    """The bytes of a gzipped text in base 64, up to the limit."""
    try:
        raw = base64.b64decode("".join(str(text).split()), validate=True)
        if not raw.startswith(b"\x1f\x8b"):
            return raw
        machine = zlib.decompressobj(wbits=31)
        data = machine.decompress(raw, BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Refusal(f"it is no gzipped text in base 64: {error}") from None
    if len(data) > BYTES or not machine.eof:
        raise Refusal(f"unpacked it is longer than {BYTES // 2**20} MiB, or cut off")
    return data


def _folder(metadata: Json) -> str:
    for key in ("annotations", "labels"):
        notes = metadata.get(key)
        for name in FOLDERS:
            if isinstance(notes, dict) and _text(notes, name):
                return _text(notes, name).strip("/").rpartition("/")[2]
    return ""


def _folder_uid(metadata: Json) -> str:
    notes = metadata.get("annotations")
    return _text(notes, FOLDER_UID) or _text(metadata, "folder")


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _word(value: object) -> str:
    return {
        list: "a list",
        dict: "an object",
        str: "text",
        int: "a number",
        float: "a number",
        bool: "true or false",
    }.get(type(value), "nothing")
