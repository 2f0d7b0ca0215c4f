"""`watchfloor deadman`: raise the alarm when heartbeats of the alert system stop."""

from __future__ import annotations

import click


@click.command(name="deadman", short_help="Raise the alarm when heartbeats of the alert system stop.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Expect heartbeats from Alertmanager, and tell everybody who hears of critical alerts when they stop.

    It depends on nothing else of the stack. Best run it on another machine, and name it in `deadman.url` of the stack's settings:
    then the loss of the whole machine is noticed too.

    \b
    Examples:
      watchfloor deadman
      SLACK_WEBHOOK_URL=https://hooks.slack.com/services/... watchfloor deadman
    """
    import os
    import threading

    from exporter.server import stop_on_signals
    from exporter.settings import load
    from provisioning.deadman.alarm import Sender, ways
    from provisioning.deadman.server import Switch, serve

    settings, stop = load(ctx.obj["config"]), threading.Event()
    found = ways(settings, os.environ)
    if not found:
        click.echo(
            "The alarm goes to this log alone: set ALERT_EMAIL, SLACK_WEBHOOK_URL or alerting.webhook_url_file.",
            err=True,
        )
    stop_on_signals(stop)
    serve(settings, Switch(settings, Sender(found, stop).send), stop)
