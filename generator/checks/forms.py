"""Rules on the form of files: whether their readers would take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.checks.model import Fault, File, Project, Rule


def ruleset(file: File, _: Project) -> Iterator[Fault]:
    """Files that Prometheus takes."""
    from provisioning import validate
    from provisioning.document import document

    said = file.text if file.alone else document(file.data).decode()
    for mistake in validate.rules(said):
        # What is wrong with a query is said by target-promql-rule.
        if not (mistake.place.endswith(".expr") and mistake.text.startswith("this is no query")):
            yield Fault(mistake.place or "file", mistake.text, line=mistake.line if file.alone else 0)


def alertmanager(file: File, _: Project) -> Iterator[Fault]:
    """Configurations that Alertmanager takes."""
    from provisioning import validate
    from provisioning.document import document

    said = file.text if file.alone else document(file.data).decode()
    for mistake in validate.alertmanager(said):
        yield Fault(mistake.place or "file", mistake.text, line=mistake.line if file.alone else 0)


def readable(file: File, _: Project) -> Iterator[Fault]:
    """Files that can be read."""
    reason = file.data.get("unreadable")
    if isinstance(reason, str):
        yield Fault("file", reason)


RULES: Final = (
    Rule(
        id="file-unreadable", title="Files can be read", kinds=("text",), find=readable,
        why="A file that is no JSON or YAML is skipped or refused by whoever reads it, and nothing in it is checked.",
        remedy="Correct it; the reason says where it stops.",
    ),
    Rule(
        id="rules-invalid", title="Prometheus takes the file of rules", kinds=("rules",), find=ruleset,
        why="Prometheus 2.42, the oldest that is served, refuses a whole configuration for one mistake in one file of rules.",
        remedy="Correct what the reason names; `promtool check rules` says the same.",
    ),
    Rule(
        id="alertmanager-invalid", title="Alertmanager takes the configuration", kinds=("alertmanager",), find=alertmanager,
        why="Alertmanager 0.25 goes on with its old configuration when it refuses a new one, and only its log says so.",
        remedy="Correct what the reason names; `amtool check-config` says the same.",
    ),
)  # fmt: skip
