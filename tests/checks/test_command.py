"""The command: exit codes, forms of output, exclusions, and how little it imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from generator.cli import cli
from tests.checks.cases import BOARD, CASES
from tests.checks.cases import RULES as ALERTS
from tests.checks.conftest import write

BROKEN = CASES["uneditable-dashboard"][0].broken()
WARNED = CASES["variable-unused"][0].broken()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    """The command with these arguments."""
    return CliRunner().invoke(cli, ["check", *arguments])


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({"a.json": BOARD, "a.yml": ALERTS}, ("a.json", "a.yml"), 0),
        ({"a.json": BROKEN}, (".",), 1),
        ({"a.json": WARNED}, (".",), 0),
        ({"a.json": WARNED}, (".", "--strict"), 1),
        ({"a.json": BROKEN}, (".", "--exclude", "uneditable-dashboard"), 0),
        ({"a.json": BROKEN}, (".", "--rule", "panel-overlap"), 0),
        ({}, ("gone.json",), 2),
        ({"a.json": BOARD}, (".", "--rule", "no-such-rule"), 2),
        ({"a.json": BOARD}, (".", "--lint", "gone"), 2),
        ({"a.json": BOARD}, (".", "--json", "--format", "sarif"), 2),
        ({"a.json": BOARD}, (".", "--prometheus", "http://127.0.0.1:9"), 2),
        ({"watchfloor.yml": "no_such_setting: 1"}, (), 2),
    ],
)
def test_exit_codes(files: dict[str, Any], arguments: tuple[str, ...], code: int, here: Path) -> None:
    """0 is fine, 1 findings, 2 a check that was not done, with one sentence that says why."""
    write(here, files)
    result = run(*arguments)
    assert result.exit_code == code, result.output
    if code == 2:
        assert "Error: " in result.stderr
        assert result.stdout == ""


def test_json_says_everything(here: Path) -> None:
    """A finding has rule, level, file, line, place, reason and remedy."""
    write(here, {"a.json": BROKEN, "b.env": "x\npassword=hunter22\n"})
    found = json.loads(run(".", "--json").stdout)
    assert (found["files"], found["errors"], found["warnings"], found["excluded"]) == (2, 2, 0, 0)
    board, secret = found["findings"]
    assert (board["rule"], board["level"], board["file"], board["line"], board["place"]) == (
        "uneditable-dashboard",
        "error",
        "a.json",
        None,
        "dashboard",
    )
    assert (secret["rule"], secret["file"], secret["line"]) == ("secret", "b.env", 2)
    assert board["reason"]
    assert board["remedy"]


def test_sarif(here: Path) -> None:
    """Results name rules that the run describes, files as addresses, and lines from 1 on."""
    write(here, {"a b.json": BROKEN, "b.env": "x\npassword=hunter22\n"})
    log = json.loads(run(".", "--format", "sarif").stdout)
    (one,) = log["runs"]
    assert log["version"] == "2.1.0"
    described = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    for result in one["results"]:
        assert described[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] == "error"
    places = [result["locations"][0]["physicalLocation"] for result in one["results"]]
    assert [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places] == [
        ("a%20b.json", 1),
        ("b.env", 2),
    ]


def test_annotations_cannot_be_broken_out_of(here: Path) -> None:
    """A title with a line end and a command in it stays within the one line."""
    title = "x\n::error file=y::z%0A"
    write(here, {"a:,.json": {**BROKEN, "panels": [{**BOARD["panels"][0], "title": title, "description": ""}]}})
    lines = run(".", "--format", "github").stdout.splitlines()
    assert all(line.startswith("::error file=a%3A%2C.json,line=1,title=") for line in lines)
    assert len([line for line in lines if "panel-title-description-rule" in line]) == 1
    assert run(".", "--format", "github", "--rule", "panel-overlap").stdout == ""


def test_a_terminal_gets_a_table_without_control_characters(here: Path) -> None:
    """What a title has to steer a terminal with is written out, and is no markup."""
    write(
        here, {"a.json": {**BROKEN, "panels": [{**BOARD["panels"][0], "title": "\x1b[31m[bold]x", "description": ""}]}}
    )
    said = run(".").stdout
    assert "\x1b" not in said
    assert "uneditable-dashboard" in said
    assert "[bold]x" in " ".join(said.split())
    assert "Set editable to false" in " ".join(said.split())


@pytest.mark.parametrize(
    ("content", "findings"),
    [
        ("exclusions:\n  uneditable-dashboard:\n    reason: Because.\n", []),
        ("exclusions:\n  uneditable-dashboard:\n    entries:\n    - dashboard: Sound\n      reason: Because.\n", []),
        (
            "exclusions:\n  uneditable-dashboard:\n    reason: Because.\n    entries:\n    - dashboard: Other\n",
            ["error"],
        ),
        ("warnings:\n  uneditable-dashboard:\n    reason: Because.\n", ["warning"]),
        ("", ["error"]),
    ],
)
@pytest.mark.parametrize("place", [".lint", "boards/.lint", "boards/deep/.lint"])
def test_exclusions(content: str, findings: list[str], place: str, here: Path) -> None:
    """A file beside the files, above them or where the check starts is read; entries narrow it."""
    write(here, {"boards/deep/a.json": BROKEN, place: content})
    assert [one["level"] for one in json.loads(run("boards", "--json").stdout)["findings"]] == findings


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("exclusions:\n  no-such-rule:\n    reason: Because.\n", "'no-such-rule', which there is not"),
        ("exclusions:\n  panel-overlap:\n", "no reason for panel-overlap"),
        ("exclusions:\n  panel-overlap:\n    reason: Because.\n    entries:\n    - pannel: x\n", "name pannel"),
        ("excluded: {}\n", "nothing else"),
        ("a: b: c", "cannot be read"),
    ],
)
def test_wrong_exclusions_are_refused(content: str, said: str, here: Path) -> None:
    """An exclusion that excludes nothing by mistake would be trusted."""
    write(here, {"a.json": BROKEN, ".lint": content})
    result = run(".")
    assert result.exit_code == 2
    assert said in result.stderr


def test_rules_can_be_listed() -> None:
    """Every rule with its title."""
    said = run("--rules").stdout
    assert all(rule in said for rule in CASES)


def test_help_imports_nothing_heavy() -> None:
    """Neither the rules nor the parsers are imported to print help."""
    code = (
        "import sys\nfrom generator.cli import cli\ntry:\n    cli(['check', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'sqlglot', 'promql_parser', 'rich.console', 'requests', 'yaml', 'generator.checks.registry'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
