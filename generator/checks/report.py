"""Findings for people, for programs and for the places that show them beside the code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from generator.checks.registry import BY_ID, RULES

if TYPE_CHECKING:
    from generator.checks.model import Finding
    from generator.checks.run import Report

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
PAGES: Final = "docs/checks"


def as_json(report: Report) -> str:
    """Everything as one object."""
    content = {
        "files": report.files, "errors": report.errors, "warnings": len(report.findings) - report.errors, "excluded": report.excluded,
        "findings": [finding.json() for finding in report.findings],
    }  # fmt: skip
    return json.dumps(content, indent=2, ensure_ascii=False)


def as_sarif(report: Report) -> str:
    """SARIF 2.1.0, as code scanning reads it."""
    used = [rule for rule in RULES if any(finding.rule == rule.id for finding in report.findings)]
    index = {rule.id: number for number, rule in enumerate(used)}
    rules: list[dict[str, Any]] = [
        {
            "id": rule.id, "name": "".join(part.capitalize() for part in rule.id.split("-")), "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.why}, "help": {"text": rule.remedy}, "defaultConfiguration": {"level": rule.level},
        }
        for rule in used
    ]  # fmt: skip
    driver = {"name": "watchfloor", "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, index) for one in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    from urllib.parse import quote

    place = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(finding.file)},
            "region": {"startLine": max(finding.line, 1)},
        },
        "logicalLocations": [{"fullyQualifiedName": finding.place}],
    }
    message = f"{finding.place}: {finding.reason}. {finding.remedy}"
    return {
        "ruleId": finding.rule, "ruleIndex": index[finding.rule], "level": finding.level, "message": {"text": message}, "locations": [place],
    }  # fmt: skip


def as_github(report: Report) -> str:
    """Commands by which GitHub's actions show findings beside the lines."""
    return "\n".join(_annotation(finding) for finding in report.findings)


def _annotation(finding: Finding) -> str:
    values = {"file": finding.file, "line": str(max(finding.line, 1)), "title": finding.rule}
    properties = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in values.items())
    return f"::{finding.level} {properties}::{_escaped(f'{finding.place}: {finding.reason}. {finding.remedy}')}"


def _escaped(text: str, more: str = "") -> str:
    """A text in which no letter ends a command."""
    return "".join(f"%{ord(one):02X}" if one in "%\r\n" + more else one for one in text)


def table(report: Report) -> Iterator[Any]:
    """What a terminal shows: a table for each file, and each rule's remedy once."""
    from rich.table import Table
    from rich.text import Text

    files = dict.fromkeys(finding.file for finding in report.findings)
    for file in files:
        shown = Table(
            "Rule", "Place", "Reason", box=None, title=Text(safe(file), "bold"), title_justify="left", pad_edge=False
        )
        for finding in (one for one in report.findings if one.file == file):
            place = (
                f"line {finding.line}, {finding.place}"
                if finding.line and not finding.place.startswith("line ")
                else finding.place
            )
            colour = "red" if finding.level == "error" else "yellow"
            shown.add_row(Text(finding.rule, colour), Text(safe(place)), Text(safe(finding.reason)))
        yield shown
        yield Text()
    for rule in dict.fromkeys(finding.rule for finding in report.findings):
        yield Text.assemble((rule, "bold"), f": {BY_ID[rule].remedy}")


def safe(text: str) -> str:
    """A text of someone else on a terminal: what would steer the terminal is written out."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
