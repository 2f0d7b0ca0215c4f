"""`watchfloor exporter`: serve metrics, or print them once."""

from __future__ import annotations

import click


@click.command(name="exporter", short_help="Serve the metrics of a database.")
@click.option("--once", is_flag=True, help="Print one scrape to standard output and end.")
@click.option("--openmetrics", is_flag=True, help="With --once: print OpenMetrics instead of text.")
@click.pass_context
def command(ctx: click.Context, once: bool, openmetrics: bool) -> None:
    """Read the database of ANALYTICS_DATABASE_URL and serve its metrics for Prometheus.

    \b
    Examples:
      ANALYTICS_DATABASE_URL=postgresql://reader@127.0.0.1/app watchfloor exporter
      watchfloor exporter --once | grep calls_completed_total
    """
    if openmetrics and not once:
        raise click.UsageError("--openmetrics needs --once; the server chooses by the Accept header")
    if once:
        from exporter import run
        from exporter.settings import load

        settings = load(ctx.obj["config"])
        click.echo(run.once(settings, openmetrics, run.show_progress), nl=False)
    else:
        from exporter.planning import Planner

        planner = Planner(ctx.obj["config"])  # It works while the rest is imported.
        from exporter import run

        run.serve_forever(planner)
