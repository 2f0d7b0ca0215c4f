"""docs/checks: a page for each rule, and one that lists them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.checks.model import Rule
from generator.checks.registry import GROUPS, RULES

FOLDER: Final = "docs/checks"
NOTE: Final = "Made from the rules by `make docs`; do not edit."
LOOKED_AT: Final = {
    "dashboard": "dashboards", "rules": "files of Prometheus rules", "alertmanager": "Alertmanager configurations", "text": "every file",
}  # fmt: skip
ORIGINS: Final = {
    "dashboard-linter": "[grafana/dashboard-linter](https://github.com/grafana/dashboard-linter), whose name it keeps",
    "mixtool": "[mixtool lint](https://github.com/monitoring-mixins/mixtool), whose name it keeps",
    "gcx": "Grafana's gcx dev lint",
    "pint": "[pint](https://cloudflare.github.io/pint/), as far as it can be told without a Prometheus",
}  # fmt: skip


def pages() -> dict[str, str]:
    """Every page by its path."""
    return {f"{FOLDER}/README.md": "\n".join(_index()) + "\n"} | {
        f"{FOLDER}/{rule.id}.md": "\n".join(_page(rule)) + "\n" for rule in RULES
    }


def _index() -> Iterator[str]:
    yield f"# Checks\n\n{NOTE}\n"
    yield (
        "`watchfloor check` looks at everything that `watchfloor generate` would write, imported files included; with files or folders "
        "behind it, at those. With `--prometheus URL` names and labels of metrics are compared with what that Prometheus has, else with the "
        "catalogue. `--json`, `--format sarif` and `--format github` are for programs; a terminal gets tables.\n\n"
        "Exit code 0: no error. 1: errors, or with `--strict` warnings. 2: the check could not be done.\n"
    )
    yield "## Exclusions\n"
    yield (
        "A file called `.lint` beside the files, above them or in the folder where the check starts excludes rules, in the format of "
        "grafana/dashboard-linter; `--lint FILE` names one elsewhere. Each exclusion has a reason. Entries narrow it: to a `dashboard` and a "
        "`panel` or `variable`, or to a `group` and a `rule`. Under `warnings` instead of `exclusions` the findings are warnings.\n\n"
        "```yaml\nexclusions:\n  template-job-rule:\n    reason: One exporter gives every metric under one job.\n"
        "  panel-units-rule:\n    entries:\n      - dashboard: Cost\n        panel: Overlapping prices\n        reason: It counts lines.\n```\n"
    )
    for group, rules in GROUPS.items():
        yield f"## {group}\n\n| rule | level | what it demands |\n| --- | --- | --- |"
        for rule in rules:
            yield f"| [{rule.id}]({rule.id}.md) | {rule.level} | {rule.title} |"
        yield ""


def _page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.id}\n\n{NOTE}\n\n**{rule.title}.**\n"
    yield f"- looks at: {', '.join(LOOKED_AT[kind] for kind in rule.kinds)}"
    yield f"- level: {rule.level}"
    if rule.origin:
        yield f"- from: {ORIGINS[rule.origin]}"
    yield f"\n## Why\n\n{rule.why}\n\n## What to do\n\n{rule.remedy}\n\n## Exclude it\n"
    yield f"```yaml\nexclusions:\n  {rule.id}:\n    reason: Say why it does not hold here.\n```"
