"""`watchfloor check`: dashboards, rules and configurations against the rules of docs/checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from generator.checks.run import Report


@click.command(name="check", short_help="Check dashboards, rules and configurations, ours and others'.")
@click.argument("places", nargs=-1, metavar="[FILE|DIR]...", type=click.Path(path_type=Path))
@click.option(
    "--prometheus", metavar="URL", help="Compare names with what this Prometheus has, not with the catalogue."
)
@click.option("--rule", "chosen", metavar="ID", multiple=True, help="Only this rule; may be given again.")
@click.option("--exclude", metavar="ID", multiple=True, help="Not this rule; may be given again.")
@click.option(
    "--lint", type=click.Path(path_type=Path, dir_okay=False), help="A file of exclusions beside those called .lint."
)
@click.option("--strict", is_flag=True, help="Warnings count as errors for the exit code.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON; the same as --format json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "sarif", "github"]),
    help="How findings are printed.  [default: table]",
)
@click.option("--rules", "list_rules", is_flag=True, help="List the rules and check nothing.")
@click.pass_context
def command(
    context: click.Context,
    *,
    places: tuple[Path, ...],
    prometheus: str | None,
    chosen: tuple[str, ...],
    exclude: tuple[str, ...],
    lint: Path | None,
    strict: bool,
    as_json: bool,
    form: str | None,
    list_rules: bool,
) -> None:
    """Check files, or without any everything that `watchfloor generate` would write, imported files included.

    Dashboards (also in answers of the API, ConfigMaps and other envelopes), Prometheus rules and Alertmanager configurations are
    checked against the rules of docs/checks; other files for secrets. Nothing is run or changed, and without --prometheus nothing
    is asked over the network. A file called .lint beside the files or above them excludes rules, with reasons.

    Exit code 0 without errors, 1 with errors (or warnings, with --strict), 2 when the check could not be done.

    \b
    Examples:
      watchfloor check
      watchfloor check out imports --prometheus http://localhost:9090
      watchfloor check dashboards/*.json --format sarif > check.sarif
    """
    from generator.cli import is_for_user

    if as_json and form not in (None, "json"):
        raise click.UsageError("--json and --format contradict each other; give one")
    try:
        if list_rules:
            _list()
            return
        report = _checked(context, places, prometheus=prometheus, chosen=chosen, exclude=exclude, lint=lint)
    except Exception as error:
        if not is_for_user(error):
            raise
        click.echo(f"Error: {error}", err=True)
        context.exit(2)
    _print(report, "json" if as_json else form or "table")
    context.exit(1 if report.errors or (strict and report.findings) else 0)


def _checked(
    context: click.Context,
    places: tuple[Path, ...],
    *,
    prometheus: str | None,
    chosen: tuple[str, ...],
    exclude: tuple[str, ...],
    lint: Path | None,
) -> Report:
    from exporter.settings import load
    from generator.checks.model import CheckError
    from generator.checks.registry import BY_ID, RULES
    from generator.checks.run import check

    for name in (*chosen, *exclude):
        if name not in BY_ID:
            raise CheckError(f"there is no rule {name!r}; `watchfloor check --rules` lists them")
    if lint is not None and not lint.is_file():
        raise CheckError(f"{lint} does not exist; name a file of exclusions")
    rules = [rule for rule in RULES if rule.id not in exclude and (not chosen or rule.id in chosen)]
    return check(load((context.obj or {}).get("config")), places, prometheus, lint, rules)


def _list() -> None:
    from generator.checks.registry import GROUPS

    for group, rules in GROUPS.items():
        click.echo(group)
        for rule in rules:
            click.echo(f"  {rule.id:36} {rule.title}")


def _print(report: Report, form: str) -> None:
    from generator.checks import report as forms

    if form != "table":
        said = {"json": forms.as_json, "sarif": forms.as_sarif, "github": forms.as_github}[form](report)
        click.echo(said, nl=bool(said))
    elif report.findings:
        from rich.console import Console

        console = Console(highlight=False)
        for part in forms.table(report):
            console.print(part)
    warnings = len(report.findings) - report.errors
    excluded = f", {report.excluded} excluded by .lint" if report.excluded else ""
    click.echo(f"{report.files} files checked: {report.errors} errors, {warnings} warnings{excluded}.", err=True)
