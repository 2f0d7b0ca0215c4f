"""`watchfloor relay`: pass alerts on to mail servers, Slack bots, Microsoft Teams and SMS gateways."""

from __future__ import annotations

import click


@click.command(name="relay", short_help="Pass alerts on to mail servers, Slack bots, Microsoft Teams and SMS gateways.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Take Alertmanager's webhooks and pass them on to mail servers and to the channels of the kinds slack_bot, teams and sms.

    A gateway gets {"to": "+33...", "text": "..."}; Teams gets an Adaptive Card. Mail goes this way natively, because the Alertmanager
    of Debian 12 loses mail that a server refuses at its end. `watchfloor up` runs this when a channel needs it.

    \b
    Example:
      watchfloor relay
    """
    import os
    import threading

    from exporter.server import stop_on_signals
    from exporter.settings import load
    from provisioning.relay import mails
    from provisioning.relay.server import serve, ways

    settings, stop = load(ctx.obj["config"]), threading.Event()
    found = ways(settings, os.environ)
    if not found and not mails(settings):
        click.echo(
            "There is no mail, and no channel in alerting.channels is of the kind slack_bot, teams or sms, so there is nothing to pass on.",
            err=True,
        )
    stop_on_signals(stop)
    serve(settings, found, stop)
