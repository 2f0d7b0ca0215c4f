"""Damaged, hostile and random files: the check never ends in a crash, and never takes long."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.settings import Settings
from generator.checks import promql, reading, report, sql
from generator.checks.run import Excused, Report, judge, project
from tests.checks.cases import BOARD, MANAGER, RULES

EXAMPLES = int(os.environ.get("WATCHFLOOR_FUZZ_EXAMPLES", "60"))
"""More for a long run by hand."""
FUZZED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
HOSTILE = st.sampled_from([
    "${x}", "$", "${", "[[", "$__rate_interval", "{{ $labels.x }}", "sum(rate(x[5m]))", "label_values(up, job)", "SELECT 1", "../../etc/passwd", "\x00\x1b[31m",
    "\ud800", "[bold]", "a" * 5000, "::error::", "١٢٣", "-1", "NaN", "5m", "__proto__",
])  # fmt: skip
VALUES = st.recursive(
    SCALARS | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PARTS = st.sampled_from(
    [
        "sum",
        "by (le)",
        "(",
        ")",
        "rate",
        "[5m]",
        "[$x]",
        "{",
        "}",
        "a",
        "=~",
        '"b"',
        ",",
        "+",
        "==",
        "$x",
        "1",
        "offset",
        "and",
        "on (x)",
        "or",
        "bool",
        '{a="',
        "histogram_quantile",
        "-",
        "@",
        ":",
        "[[y]]",
        "#",
    ]
)
WORDS = st.sampled_from(
    [
        "SELECT",
        "FROM",
        "t",
        "JOIN",
        "(",
        ")",
        ",",
        "'",
        "$x",
        "${x:csv}",
        "$__timeFilter(a)",
        "*",
        "CASE",
        "WHEN",
        "END",
        "UNION",
        "WITH",
        "AS",
        "[",
        "]",
        "::",
        "$$",
        "--",
        ";",
        "INTO",
        "1",
        "AND",
        "NOT",
        "IN",
        "OVER",
        "DELETE",
        ".",
    ]
)


def judged(files: dict[str, bytes]) -> Report:
    """Everything that is found in files, and every form in which it is told."""
    found = project(Settings(), reading.generated(files), None)
    told = judge(found, Excused(found, lambda _: (), None))
    for form in (report.as_json, report.as_sarif):
        json.loads(form(told).encode("utf-8", "replace"))
    assert report.as_github(told).count("\n") == max(len(told.findings) - 1, 0)
    return told


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(one for key, item in inner for one in places(item, (*path, key)))]


@FUZZED
@given(st.sampled_from([("b.json", BOARD), ("r.yml", RULES), ("m.yml", MANAGER)]), st.data())
def test_damaged_files(source: tuple[str, Any], data: st.DataObject) -> None:
    """Any values in the places of a few others."""
    name, content = source[0], copy.deepcopy(source[1])
    for _ in range(data.draw(st.integers(1, 4))):
        *way, last = data.draw(st.sampled_from([one for one in places(content) if one]))
        holder = content
        for key in way:
            holder = holder[key]
        holder[last] = data.draw(VALUES)
    said = json.dumps(content) if name.endswith(".json") else yaml.safe_dump(content)
    judged({name: said.encode("utf-8", "surrogatepass")})


@FUZZED
@given(st.binary(max_size=300), st.sampled_from(["a.json", "a.yml", "a.env"]))
def test_random_bytes(content: bytes, name: str) -> None:
    """Bytes that are no text, or none in the form of the name."""
    judged({name: content})


@FUZZED
@given(st.lists(PARTS | st.text(max_size=4), max_size=40))
def test_random_queries(parts: list[str]) -> None:
    """Whatever stands in a query."""
    promql.read(" ".join(parts))
    promql.read("".join(parts))


@FUZZED
@given(st.lists(WORDS | st.text(max_size=4), max_size=40), st.sampled_from(sorted({*sql.DIALECTS.values(), ""})))
def test_random_statements(words: list[str], dialect: str) -> None:
    """Whatever stands in a statement."""
    sql.verdict(" ".join(words), dialect)


@pytest.mark.parametrize(
    "part", ["(", "a+", "-", "sum(", 'a{b="', "[", "a and ", "rate(a[5m:", "$x", "#", "\\", "(a)+", "a[5m]", '{a=~"("}']
)
@pytest.mark.parametrize("times", [150, 399, 30_000])
def test_long_queries(part: str, times: int) -> None:
    """A query of one part over and over is read or refused; the time limit of tests sees a hang."""
    promql.read(part * times)


@pytest.mark.parametrize(
    "part",
    [
        "(",
        "f(",
        "JOIN b ",
        "CASE WHEN ",
        "NOT ",
        "[",
        "a.",
        "UNION SELECT 1 ",
        "WITH a AS (",
        "'",
        "$x$",
        "--",
        "1+",
        "a::int[",
        "{",
        "EXISTS(SELECT ",
    ],
)
@pytest.mark.parametrize("times", [30, 600, 30_000])
def test_long_statements(part: str, times: int) -> None:
    """The same of SQL, where sqlglot alone would try for hours."""
    for dialect in ("postgres", "mysql", "clickhouse"):
        sql.verdict("SELECT " + part * times, dialect)
        sql.verdict("SELECT a FROM a " + part * times, dialect)


@pytest.mark.parametrize(
    "text",
    [
        "a@" * 50_000,
        "1234 " * 50_000,
        "+49 " * 50_000,
        "https://" + "a:" * 50_000,
        "DE89 3704 " * 20_000,
        "password: " * 20_000,
        "eyJ" * 50_000,
        "A" * 200_000,
        "-----BEGIN " * 20_000,
    ],
)
def test_long_lines(text: str) -> None:
    """Lines that make patterns try again and again."""
    judged({"a.env": text.encode()})


@pytest.mark.parametrize("key", ["type", "title", "targets", "datasource", "fieldConfig", "id", "gridPos", "repeat"])
@pytest.mark.parametrize("value", [[], {}, [[]], 0, True, None])
def test_keys_of_panels_with_values_of_another_kind(key: str, value: object) -> None:
    """Each key of a panel may hold anything."""
    board = copy.deepcopy(BOARD)
    for panel in board["panels"]:
        panel[key] = value
    judged({"b.json": json.dumps(board).encode()})


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A folder's links are left out, so that no file of elsewhere is read or named."""
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.env").write_text("password=hunter22")
    (tmp_path / "in" / "a.env").symlink_to(tmp_path / "secret.env")
    (tmp_path / "in" / "deep").symlink_to(tmp_path)
    assert list(reading.named([tmp_path / "in"])) == []
