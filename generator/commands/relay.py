"""`watchfloor relay`: pass alerts on to Slack bots, Microsoft Teams and SMS gateways."""

from __future__ import annotations

import click


@click.command(name="relay", short_help="Pass alerts on to Slack bots, Microsoft Teams and SMS gateways.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Take Alertmanager's webhooks and pass them on to the channels of the kinds slack_bot, teams and sms.

    A gateway gets {"to": "+33...", "text": "..."}; Teams gets an Adaptive Card. `watchfloor up` runs this when a channel needs it.

    \b
    Example:
      watchfloor relay
    """
    import os
    import threading

    from exporter.server import stop_on_signals
    from exporter.settings import load
    from provisioning.relay.server import serve, ways

    settings, stop = load(ctx.obj["config"]), threading.Event()
    found = ways(settings, os.environ)
    if not found:
        click.echo(
            "No channel in alerting.channels is of the kind slack_bot, teams or sms, so there is nothing to pass on.",
            err=True,
        )
    stop_on_signals(stop)
    serve(settings, found, stop)
