"""Pages that are partly made from code are up to date, and name every command."""

from __future__ import annotations

import re

import pytest

from generator.checks.pages import FOLDER
from generator.checks.pages import pages as checks
from generator.checks.registry import RULES
from generator.cli import cli
from generator.documents import ROOT, DocumentError, _between, pages


@pytest.mark.parametrize("path", ["README.md", "docs/mapping.md", "docs/metrics.md", "docs/features.md", *checks()])
def test_generated_parts_are_up_to_date(path: str) -> None:
    """`make docs` would change nothing."""
    assert (ROOT / path).read_text(encoding="utf-8") == pages()[path]


def test_every_rule_of_check_has_a_page_and_no_page_is_left_over() -> None:
    """A rule is found by its name: reason, remedy and the list name it; a page of a rule that went is gone."""
    there = {path.name for path in (ROOT / FOLDER).iterdir()}
    assert there == {"README.md", *(f"{rule.id}.md" for rule in RULES)}
    index = (ROOT / FOLDER / "README.md").read_text(encoding="utf-8")
    for rule in RULES:
        page = (ROOT / FOLDER / f"{rule.id}.md").read_text(encoding="utf-8")
        assert f"[{rule.id}]({rule.id}.md)" in index
        assert all(part in page for part in (rule.id, rule.title, rule.why, rule.remedy))


def test_readme_names_every_command() -> None:
    """Each command of the group stands in the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    with cli.make_context("watchfloor", ["--help"], resilient_parsing=True) as context:
        missing = [name for name in cli.list_commands(context) if not re.search(rf"`[^`\n]*\b{name}\b", readme)]

    assert missing == []


def test_every_command_has_help_with_an_example() -> None:
    """A reader of --help sees what a command does and how it is called."""
    with cli.make_context("watchfloor", ["--help"], resilient_parsing=True) as context:
        commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
        lacking = [
            name for name, command in commands.items() if command is None or "watchfloor" not in (command.help or "")
        ]

    assert lacking == []


def test_a_page_without_marks_is_refused() -> None:
    """A lost mark is an error and not a page without its generated part."""
    with pytest.raises(DocumentError, match="each once"):
        _between("text", "<!-- a -->", "<!-- b -->", "made")
