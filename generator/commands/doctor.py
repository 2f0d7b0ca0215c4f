"""`watchfloor doctor`: what the mapping can give, what is missing, slow or stale."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from exporter.doctor import Report


@click.command(name="doctor", short_help="Check a database and its mapping.")
@click.option("--json", "as_json", is_flag=True, help="Print the report for machines.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Say which metrics the mapping gives and why others are missing, which indexes are missing, what is stale and slow.

    Ends with exit code 1 when there is something to act on.

    \b
    Examples:
      watchfloor doctor
      watchfloor doctor --json | jq '.indexes[].sql'
    """
    from exporter.doctor import examine
    from exporter.mapping import load as load_mapping
    from exporter.settings import load, required_url
    from exporter.sources.database import connect

    settings = load(ctx.obj["config"])
    database = connect(required_url(settings), settings.database.connect_timeout)
    try:
        report = examine(settings, load_mapping(settings.database), database)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(report.plain(), indent=2))
    else:
        _print(report)
    ctx.exit(1 if report.findings else 0)


def _print(report: Report) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    given = [metric for metric in report.metrics if metric.given]
    console.print(f"[bold]Metrics[/]: {len(given)} of {len(report.metrics)} can be given.")
    table = Table("Metric", "Why it is missing", box=None)
    for metric in report.metrics:
        if not metric.given:
            table.add_row(metric.name, escape(metric.reason))
    if len(given) < len(report.metrics):
        console.print(table)
    console.print("\n[bold]Statements of a scrape[/]")
    table = Table("Statement", "Time", "Rows", "Newest row", box=None)
    for scan in report.scans:
        if scan.error is not None:
            table.add_row(scan.name, "[red]failed[/]", "", escape(scan.error))
        else:
            stale = " [yellow]stale[/]" if scan.stale else ""
            table.add_row(
                scan.name, f"{(scan.seconds or 0) * 1000:.1f} ms", str(scan.rows), _age(scan.newest_seconds) + stale
            )
    console.print(table)
    for problem in report.problems:
        console.print(f"[red]Problem[/]: {escape(problem)}")
    if report.indexes:
        console.print("\n[bold]Missing indexes[/]: without them a scrape reads whole tables. This makes them:")
        for index in report.indexes:
            click.echo(f"  {index.sql}")
    console.print(f"\n{report.findings} finding{'' if report.findings == 1 else 's'}.")


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
