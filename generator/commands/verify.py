"""`watchfloor verify`: every metric once more by plain SQL, compared with what is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from exporter.verify.report import Report

ROWS: Final = 100
"""Differences shown; all are in --json."""


@click.command(name="verify", short_help="Prove that metrics equal the rows.")
@click.option("--exporter", "exporters", metavar="URL", multiple=True, help="Compare a running exporter, too.")
@click.option("--prometheus", metavar="URL", help="Compare the last scrape of this Prometheus, too.")
@click.option(
    "--past", type=click.IntRange(min=0), default=0, help="Compare Prometheus at this many random past times, too."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed chooses the same times.")
@click.option("--late", metavar="DURATION", help="How late rows may have been written.  [default: exporter.settle]")
@click.option("--job", default="watchfloor", show_default=True, help="Job under which Prometheus scrapes the exporter.")
@click.option("--here/--no-here", default=True, help="Compare the exporter's code and state file.  [default: --here]")
@click.option("--metric", "metrics", metavar="NAME", multiple=True, help="Only this metric; may be given again.")
@click.option("--domain", "domains", metavar="NAME", multiple=True, help="Only this domain; may be given again.")
@click.option("--sql", "show_sql", is_flag=True, help="Print the plain statements instead and compare nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report for machines.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    exporters: tuple[str, ...],
    prometheus: str | None,
    past: int,
    seed: int,
    late: str | None,
    job: str,
    here: bool,
    metrics: tuple[str, ...],
    domains: tuple[str, ...],
    show_sql: bool,
    as_json: bool,
) -> None:
    """Recompute every metric from the rows by plain SQL of its own, and compare it with what is shown.

    The exporter's own code and state file are compared in one snapshot of the database, to the unit. A running exporter
    and the next scrape of Prometheus are compared with the rows of the instant that the scrape read, in a snapshot just
    before and one just after it: only what came or changed between the two may be as in either ("between").
    What differs is looked at three times; a difference is what differs twice, the rest is listed as "once".
    Counts, whole numbers and decimals must be equal; sums of floating-point columns may differ by a billionth.
    A metric that the mapping cannot give is listed as not verifiable, never as equal.

    Ends with exit code 1 when anything differs or could not be compared.

    \b
    Examples:
      watchfloor verify
      watchfloor verify --exporter http://127.0.0.1:9877
      watchfloor verify --prometheus http://127.0.0.1:9090 --past 20
      watchfloor verify --metric calls_completed_total --sql
      watchfloor verify --domain calls --json | jq '.differences[]'
    """
    from exporter.duration import seconds
    from exporter.mapping import load as load_mapping
    from exporter.run import show_progress
    from exporter.settings import load, required_url
    from exporter.sources.database import connect
    from exporter.verify.shown import Prometheus
    from exporter.verify.verifier import Verifier, chosen

    if past and prometheus is None:
        raise click.UsageError("--past needs --prometheus: past times are compared with what Prometheus has")
    if not (here or exporters or prometheus or show_sql):
        raise click.UsageError("there is nothing to compare: give --here, --exporter or --prometheus")
    settings = load(ctx.obj["config"])
    try:
        allowed = settings.exporter.settle if late is None else seconds(late)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--late") from None
    url, timeout = required_url(settings), settings.database.connect_timeout
    verifier = Verifier(
        settings,
        load_mapping(settings.database),
        lambda: connect(url, timeout),
        chosen(settings, metrics, domains),
        lambda line: click.echo(line, err=True),
    )
    try:
        if show_sql:
            for name, statement in verifier.sql():
                click.echo(f"-- {name}\n{statement};\n")
            return
        if here:
            verifier.here(show_progress)
        for address in exporters:
            verifier.exporter(address)
        if prometheus is not None:
            source = Prometheus(prometheus, job)
            verifier.prometheus_now(source)
            verifier.prometheus_past(source, past, seed, allowed)
    finally:
        verifier.close()
    report = verifier.report
    if as_json:
        click.echo(json.dumps(report.plain(), indent=2))
    else:
        _print(report)
    ctx.exit(0 if report.fine else 1)


def _print(report: Report) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("Compared", "Series", "Between", "Differences", "Once", "Time", box=None)
    for comparison in report.comparisons:
        wrong = len(comparison.differences)
        shown = f"[red]{wrong}[/]" if wrong else "0"
        numbers = (str(comparison.series), str(comparison.between), shown, str(len(comparison.once)))
        table.add_row(escape(comparison.where), *numbers, f"{comparison.seconds:.1f} s")
    console.print(table)
    if report.differences:
        table = Table("Sample", "Labels", "Where", "Expected", "Found", box=None)
        for difference in report.differences[:ROWS]:
            labels = ", ".join(f"{name}={value}" for name, value in difference.labels.items())
            found = "none" if difference.found is None else f"{difference.found:.17g}"
            table.add_row(difference.sample, escape(labels), escape(difference.where), difference.expected, found)
        console.print(table)
        if len(report.differences) > ROWS:
            console.print(f"... and {len(report.differences) - ROWS} more; --json has all of them.")
    if report.unverifiable:
        table = Table("Not verifiable", "Why", box=None)
        for name, reason in report.unverifiable.items():
            table.add_row(name, escape(reason))
        console.print(table)
    for problem in report.problems:
        console.print(f"[red]Problem[/]: {escape(problem)}")
    verdict = "[green]equal[/]" if report.fine else f"[red]{len(report.differences)} differences[/]"
    console.print(f"{report.series} series of {report.metrics} metrics compared: {verdict}.")
