"""`watchfloor backfill`: the past of every metric, from the rows, into Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from generator.options import runtime as runtime_option

if TYPE_CHECKING:
    from exporter.settings import Settings
    from generator.history import Summary

FLAGS: Final = {"dry_run": "--dry-run", "overwrite": "--overwrite", "as_json": "--json"}


class Duration(click.ParamType[float]):
    """A duration such as 90d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        from exporter.duration import seconds

        try:
            return seconds(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("backfill", short_help="Write the past of every metric into Prometheus.")
@click.option("--since", type=Duration(), help="How far back to go, such as 90d.  [default: the setting history.since]")
@click.option(
    "--step", type=Duration(), help="One step for all ages, such as 1h.  [default: the setting history.steps]"
)
@click.option("--prometheus", metavar="URL", help="Address of the Prometheus to fill.  [default: the stack's]")
@click.option("--data-dir", type=click.Path(file_okay=False), help="Its data folder.  [default: the stack's]")
@click.option("--dry-run", is_flag=True, help="Only tell what would be written.")
@click.option("--overwrite", is_flag=True, help="Delete the history that was made before, and make it anew.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@runtime_option("How the stack was started; with compose it runs in a container beside Prometheus.")
@click.option("--first", is_flag=True, hidden=True, help="Before Prometheus' first start.")
@click.pass_context
def command(
    ctx: click.Context, since: float | None, step: float | None, prometheus: str | None, data_dir: str | None, *,
    dry_run: bool, overwrite: bool, as_json: bool, runtime: str, first: bool,
) -> None:  # fmt: skip
    """Compute what every counter, histogram and level was in the past and put it into Prometheus' data folder.

    Labels are those of the live exporter, so series simply go on. What Prometheus holds already is left alone: a
    running one is filled up to the first sample in its head. A backfill that was stopped goes on when it is run again.

    \b
    Examples:
      watchfloor backfill --dry-run
      watchfloor backfill --since 90d
      watchfloor backfill --runtime compose
      watchfloor backfill --prometheus http://127.0.0.1:9090 --data-dir /var/lib/prometheus/metrics2
    """
    from pathlib import Path

    from exporter.settings import load, required_url
    from generator import history, past

    settings = load(ctx.obj["config"])
    if runtime == "compose":
        if prometheus or data_dir:
            raise click.UsageError("with --runtime compose Prometheus and its data are those of the stack")
        _in_container(ctx, settings, since, step, dry_run=dry_run, overwrite=overwrite, as_json=as_json)
    if first and data_dir:
        # A part of `up --runtime compose`, in the container that sees Prometheus' data.
        past.first(settings, Path(data_dir), say, required_url(settings))
        return
    wanted = past.wanted(settings, since, step, overwrite=overwrite, dry_run=dry_run)
    target = past.target(settings, prometheus, Path(data_dir) if data_dir else None, say)
    url = required_url(settings)
    summary = history.backfill(settings, url, target, wanted, say=say, progress=past.Meter())
    _show(summary, dry_run=dry_run, as_json=as_json)


def _in_container(
    ctx: click.Context, settings: Settings, since: float | None, step: float | None, **flags: bool
) -> NoReturn:
    """Run this command where Prometheus' data is, and end as it ends."""
    from exporter.duration import duration
    from provisioning import compose

    lengths = {"--since": since, "--step": step}
    words = [f"{name}={duration(value)}" for name, value in lengths.items() if value is not None]
    words += [option for name, option in FLAGS.items() if flags[name]]
    ctx.exit(compose.beside(settings, "backfill", words))


def say(text: str) -> None:
    """Tell how far we are."""
    click.echo(text, err=True)


def _show(summary: Summary, *, dry_run: bool, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    for note in summary.notes:
        say(f"not filled: {note}")
    if as_json:
        click.echo(json.dumps(asdict(summary), indent=1, default=lambda step: step.model_dump()))
    elif not dry_run:
        rate = summary.samples / summary.seconds if summary.seconds else 0.0
        click.echo(
            f"{summary.samples:,} samples of {summary.series:,} series from {summary.rows:,} rows in {summary.seconds:.1f} s "
            f"({rate:,.0f} a second); {summary.blocks} blocks, {summary.bytes / 1e6:.1f} MB"
        )
