"""`watchfloor demo`: write invented history into a database of its own, and keep it moving."""

from __future__ import annotations

import click

URL = click.option(
    "--url",
    envvar="WATCHFLOOR_DEMO_URL",
    show_envvar=True,
    required=True,
    metavar="URL",
    help="The demo's own database: one it made, or an empty one.",
)


@click.group("demo")
def command() -> None:
    """Invented data to look at: a year of history, and calls that come and go.

    Writes only to a database that the demo made, or to an empty one, which it marks first; everything else is refused.

    \b
    Examples:
      watchfloor demo load --create --url postgresql://me@127.0.0.1/watchfloor_demo
      watchfloor demo load --calls 1000000 --url postgresql://me@127.0.0.1/watchfloor_demo
      watchfloor demo live --url postgresql://me@127.0.0.1/watchfloor_demo
    """


@command.command("load")
@URL
@click.option("--calls", type=click.IntRange(min=0), help="Calls of history.  [default: demo.calls of the settings]")
@click.option("--days", type=click.IntRange(1, 3650), help="Days of history.  [default: demo.days]")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="The same seed gives the same rows.  [default: demo.seed]"
)
@click.option(
    "--create", is_flag=True, help="Create the database first, through the database `postgres` of its server."
)
@click.pass_context
def load_command(
    ctx: click.Context, *, url: str, calls: int | None, days: int | None, seed: int | None, create: bool
) -> None:
    """Replace what the demo database holds by a new history that ends now.

    Prints the rows of each table; 100,000 calls take seconds, a million under a minute.
    """
    from exporter import demo
    from exporter.demo.database import database_name, with_database
    from exporter.settings import load

    settings = load(ctx.obj["config"]).demo
    if create:
        demo.create_database(with_database(url, "postgres"), database_name(url))
    loaded = demo.load(
        url,
        seed=settings.seed if seed is None else seed,
        calls=settings.calls if calls is None else calls,
        days=settings.days if days is None else days,
        progress=lambda message: click.echo(message, err=True),
    )
    for table, rows in loaded.rows.items():
        click.echo(f"{table}\t{rows}")


@command.command("live")
@URL
@click.pass_context
def live_command(ctx: click.Context, url: str) -> None:
    """Add calls, chats and what is behind them until stopped (Ctrl-C or SIGTERM).

    The rate is demo.calls_per_minute of the settings. A database that goes away is tried again.
    """
    import signal
    from threading import Event

    from exporter import demo
    from exporter.settings import load

    settings = load(ctx.obj["config"]).demo
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    demo.live(url, settings, stop, lambda message: click.echo(message, err=True))
    click.echo("stopped", err=True)
