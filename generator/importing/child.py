"""A process of its own that evaluates one Jsonnet program or runs one grafanalib module: limited in time, memory and files.

It reads a request as JSON from standard input and writes the answer as JSON to a pipe of its own, so that what a module prints does no harm.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

MEMORY: Final = 2 * 1024**3
SECONDS: Final = 60
WRAP: Final = """
local found = import {file};
local parts = ['grafanaDashboards', 'prometheusAlerts', 'prometheusRules'];
local has(key) = std.objectHasAll(found, key);
if std.isObject(found) && std.length(std.filter(has, parts)) > 0
then {{ [key]: found[key] for key in parts if has(key) }}
else found
"""
"""A mixin hides what it makes; everything else is its own value."""


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    _limit()
    answer: dict[str, Any]
    try:
        answer = {"value": _jsonnet(request) if request["kind"] == "jsonnet" else _module(Path(request["file"]))}
    except BaseException as error:  # noqa: BLE001 - whatever a program of someone else throws is its answer
        answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
    with os.fdopen(int(sys.argv[1]), "wb") as out:
        out.write(_written(answer))


def _written(answer: dict[str, Any]) -> bytes:
    try:
        return json.dumps(answer, allow_nan=False).encode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"error": f"its value cannot be written as JSON: {error}"[:2000]}).encode()


def _limit() -> None:
    """Bounds that the process cannot lift any more."""
    import resource

    for what, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 64 * 1024**2), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def _jsonnet(request: dict[str, Any]) -> Any:
    from generator.importing.jsonnet import evaluate

    root, file = Path(request["root"]), request["file"]
    text = WRAP.format(file=json.dumps(file)) if request["text"] is None else request["text"]
    return json.loads(evaluate(text, root, request["folder"]))


def _module(file: Path) -> Any:
    """The value of the variable `dashboard` of a module, as grafanalib's own loader takes it."""
    import runpy

    from dashboards.compiler.encode import encode

    sys.stdout = sys.stderr
    sys.path.insert(0, str(file.parent))
    found = runpy.run_path(str(file), run_name="dashboard")
    if "dashboard" not in found:
        raise LookupError("it defines no variable called dashboard")
    board = found["dashboard"]
    if hasattr(board, "auto_panel_ids"):
        board = board.auto_panel_ids()
    return encode(board)


if __name__ == "__main__":
    main()
