"""The validator says of every file what amtool 0.25 and promtool 2.42 say: accepted or not."""

from __future__ import annotations

import copy
import random
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from provisioning import validate
from tests.rules.promtool import tool
from tests.validate.texts import QUERIES, TEMPLATES

HERE: Final = Path(__file__).parent
SHARED: Final = HERE.parents[2].parent / "shared" / "data"
VALUES: Final[tuple[Any, ...]] = (
    "",
    "x",
    0,
    -1,
    7,
    1.5,
    True,
    [],
    {},
    ["x"],
    {"x": "y"},
    "5m",
    "http://a:b/c",
    "a b",
    "<secret>",
    "sum(",
)
ROUTE_KEYS: Final = (
    "active_time_intervals", "continue", "group_by", "group_interval", "group_wait", "match", "match_re", "matchers",
    "mute_time_intervals", "receiver", "repeat_interval", "routes",
)  # fmt: skip
CHANGED: Final = {"alertmanager": 150, "rules": 500}
"""Changed files of each kind in a run; each run has the same ones."""


def _accepted(kind: str, files: Sequence[Path]) -> dict[Path, bool]:
    """What the program says of each file."""
    program = [tool("amtool"), "check-config"] if kind == "alertmanager" else [tool("promtool"), "check", "rules"]
    done = subprocess.run(
        [*program, *map(str, files)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    said = {}
    for part in re.split(r"^Checking ", done.stdout, flags=re.MULTILINE)[1:]:
        name = next(path for path in files if part.lstrip("'").startswith((f"{path}'", f"{path}\n")))
        # promtool warns of rules that stand twice, and accepts them.
        said[name] = "SUCCESS" in part or "FAILED:\nlint error" in part or "  FAILED:" not in part
    return said


def _differences(kind: str, files: Sequence[Path]) -> dict[str, tuple[bool, list[str]]]:
    check: Callable[[str], tuple[validate.Mistake, ...]] = getattr(validate, kind)
    said = _accepted(kind, files)
    assert set(said) == set(files)
    ours = {path: [str(one) for one in check(path.read_text("utf-8"))] for path in files}
    return {path.name: (said[path], ours[path]) for path in files if said[path] is bool(ours[path])}


@pytest.mark.shared
@pytest.mark.promtool
@pytest.mark.parametrize(("kind", "least"), [("alertmanager", 28), ("rules", 85)])
def test_agrees_on_every_shared_file(kind: str, least: int) -> None:
    """Good and bad files of the programs' own tests and of the world."""
    files = sorted((SHARED / kind).glob("*")) if SHARED.is_dir() else []
    if not files:
        pytest.skip(f"there is no {SHARED / kind}")
    assert len(files) >= least
    # One process for each: a file that makes amtool panic must not hide the next.
    command = ["amtool", "check-config"] if kind == "alertmanager" else ["promtool", "check", "rules"]
    check: Callable[[str], tuple[validate.Mistake, ...]] = getattr(validate, kind)
    different = []
    for path in files:
        done = subprocess.run([tool(command[0]), *command[1:], str(path)], capture_output=True, check=False, timeout=60)
        if (done.returncode == 0) is bool(check(path.read_text("utf-8"))):
            different.append(path.name)
    assert different == []


def _paths(data: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*above, key))


def _changed(data: Any, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    made = copy.deepcopy(data)
    inner = made
    for key in place[:-1]:
        inner = inner[key]
    change(inner, place[-1])
    return made


def _put(value: Any) -> Callable[[Any, Any], None]:
    def change(inner: Any, key: Any) -> None:
        inner[key] = value

    return change


def _remove(inner: Any, key: Any) -> None:
    del inner[key]


def _unknown(inner: Any, key: Any) -> None:
    if isinstance(inner, dict):
        inner["unheard_of"] = inner[key]
    else:
        inner.append({"unheard_of": 1})


def _cases(file: Path) -> list[Any]:
    """The file with one place changed, in every way."""
    data = yaml.safe_load(file.read_text())
    changes = [*(_put(value) for value in VALUES), _remove, _unknown]
    return [_changed(data, place, change) for place in _paths(data) if place for change in changes]


@pytest.mark.promtool
@pytest.mark.parametrize("kind", ["alertmanager", "rules"])
def test_agrees_on_changed_files(kind: str, tmp_path: Path) -> None:
    """A file that uses every section, with one place removed or given another value."""
    file = HERE / f"{kind}.yml"
    assert validate.__dict__[kind](file.read_text()) == ()
    cases = _cases(file)
    random.Random(5).shuffle(cases)
    files = []
    for number, case in enumerate(cases[: CHANGED[kind]]):
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_text(yaml.safe_dump(case, sort_keys=False))
    assert _differences(kind, files) == {}
    assert {True, False} == {bool(validate.__dict__[kind](file.read_text())) for file in files}


@pytest.mark.promtool
@pytest.mark.parametrize(("field", "texts"), [("template", TEMPLATES), ("query", QUERIES)])
def test_agrees_on_templates_and_queries(field: str, texts: tuple[str, ...], tmp_path: Path) -> None:
    """Go's templates in annotations, and PromQL of 2.42 where the parser knows more or less."""
    files = []
    for number, text in enumerate(texts):
        rule = (
            {"alert": "A", "expr": "up", "annotations": {"x": text}}
            if field == "template"
            else {"alert": "A", "expr": text}
        )
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    different = _differences("rules", files)
    assert {texts[int(name.removesuffix(".yml"))]: said for name, said in different.items()} == {}


def test_a_mistake_names_its_line_and_what_would_be_right() -> None:
    """Line, place, what is wrong, what would be right."""
    text = "route:\n  receiver: a\n  rputes: []\nreceivers:\n- name: a\n  webhook_configs:\n  - url: ftp://x\n"
    assert [str(one) for one in validate.alertmanager(text)] == [
        f"line 3: route.rputes: there is no such key; known are {', '.join(ROUTE_KEYS)}",
        "line 7: receivers[0].webhook_configs[0].url: is no address; write one that begins with http:// or https://",
    ]
    assert [str(one) for one in validate.rules("groups: [")] == [
        "line 1: this is no YAML: expected the node content, but found '<stream end>'"
    ]
    assert str(validate.alertmanager("")[0]) == "line 1: the file is empty; it needs at least route and receivers"
