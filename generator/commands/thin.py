"""`watchfloor thin`: a sample an hour instead of every scrape, where samples are old."""

from __future__ import annotations

from typing import Final

import click

from generator.commands.backfill import Duration, say
from generator.options import runtime as runtime_option

LEAST: Final = 300.0
OLD: Final = 86400.0


@click.command("thin", short_help="Make old samples in Prometheus sparse, so that long ranges are fast.")
@click.option(
    "--older-than", type=Duration(), default="2d", show_default=True, help="Samples of this age; a day or more."
)
@click.option(
    "--step", type=Duration(), default="1h", show_default=True, help="Time between the samples that are left."
)
@click.option("--prometheus", metavar="URL", help="Address of the Prometheus.  [default: the stack's]")
@click.option("--data-dir", type=click.Path(file_okay=False), help="Its data folder.  [default: the stack's]")
@click.option("--dry-run", is_flag=True, help="Only tell what would be made sparse.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@runtime_option("How the stack was started; with compose it runs in a container beside Prometheus.")
@click.pass_context
def command(
    ctx: click.Context, older_than: float, step: float, prometheus: str | None, data_dir: str | None, *,
    dry_run: bool, as_json: bool, runtime: str,
) -> None:  # fmt: skip
    """Exchange old blocks of Prometheus for ones with a sample each hour.

    A Prometheus that scrapes every 10 seconds holds 259,200 samples of a series in 30 days, and a panel over 30 days
    reads all of them. Sums over days and longer stay as they are; what is lost is detail within an hour of an old
    day, of everything that this Prometheus scrapes. It cannot be undone. Prometheus may run meanwhile. Run it once
    a day, by cron for example.

    \b
    Examples:
      watchfloor thin --dry-run
      watchfloor thin --older-than 7d --step 15m
    """
    import json
    import time
    from dataclasses import asdict
    from datetime import UTC, datetime
    from pathlib import Path

    from exporter.duration import duration
    from exporter.settings import load
    from generator import past, thinning
    from provisioning.history import HistoryError

    if older_than < OLD or step < LEAST or step % 1 or OLD % step:
        raise click.UsageError(
            "--older-than takes a day or more, --step 5m or more of which a day is a multiple, such as 15m, 1h or 6h"
        )
    settings = load(ctx.obj["config"])
    if thinning.misses(settings.time_zone, int(step), datetime.now(UTC)):
        raise click.UsageError(
            f"--step {duration(step)}: days in {settings.time_zone} begin between two such samples; use 1h, 30m or 15m"
        )
    if runtime == "compose":
        if prometheus or data_dir:
            raise click.UsageError("with --runtime compose Prometheus and its data are those of the stack")
        from provisioning import compose

        options = [f"--older-than={duration(older_than)}", f"--step={duration(step)}"]
        options += [word for word, wanted in (("--dry-run", dry_run), ("--json", as_json)) if wanted]
        ctx.exit(compose.beside(settings, "thin", options))
    target = past.target(settings, prometheus, Path(data_dir) if data_dir else None, say)
    wanted = thinning.Sparse(older_than, int(step))
    if dry_run:
        blocks = thinning.dense(target.folder, wanted, time.time())
        summary = thinning.Summary(len(blocks), sum(one.samples for one in blocks), sum(one.size for one in blocks))
    elif target.prometheus is None:
        raise HistoryError(
            "the program prometheus is not on the PATH; install it: it reads the blocks that are made sparse"
        )
    else:
        summary = thinning.thin(target.folder, target.promtool, target.prometheus, wanted, say)
    if as_json:
        click.echo(json.dumps(asdict(summary), indent=1))
    elif not summary.blocks:
        click.echo(f"nothing to do: no block older than {duration(older_than)} is denser than {duration(step)}")
    elif dry_run:
        click.echo(
            f"{summary.blocks} blocks with {summary.samples:,} samples, {summary.bytes / 1e6:.1f} MB, would be made sparse"
        )
    else:
        click.echo(
            f"{summary.blocks} blocks: {summary.samples:,} samples became {summary.samples_left:,}, "
            f"{summary.bytes / 1e6:.1f} MB became {summary.bytes_left / 1e6:.1f} MB"
        )
