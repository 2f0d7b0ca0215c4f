"""`watchfloor transcripts`: what was said, one conversation or many, for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TextIO

import click


class Instant(click.ParamType[datetime]):
    """A date, or a date and time; without a zone it is UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, or a usage error that says what is read."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; give 2026-03-01 or 2026-03-01T09:30:00+01:00", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.command(name="transcripts", short_help="Print what was said in conversations, word for word.")
@click.argument("conversations", nargs=-1, metavar="[CONVERSATION]...")
@click.option("--since", type=Instant(), help="Only conversations that began at this time or later.")
@click.option("--until", type=Instant(), help="Only conversations that began before or at this time.")
@click.option("--tenant", metavar="NAME", help="Only conversations of this tenant.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json", "csv")), default="text", show_default=True, help="How."
)
@click.option(
    "--anonymise", is_flag=True, help="Take out what has the form of personal data, and number instead of name."
)
@click.option("--output", "-o", type=click.File("w", encoding="utf-8", lazy=False), default="-", help="File to write.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    conversations: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    tenant: str | None,
    form: str,
    anonymise: bool,
    output: TextIO,
) -> None:
    """Print the transcripts of the conversations named, or of all that began in a span of time, in order.

    The words are read from the messages of the mapping, in one snapshot of the database, and written as they come, so
    a year of them needs little memory. --anonymise replaces e-mail addresses, telephone, card and account numbers, other
    long numbers, links and names that are said as such ("my name is ..."); names without such words before them stay.

    \b
    Examples:
      watchfloor transcripts conv-000000042
      watchfloor transcripts --since 2026-03-01 --until 2026-03-31 --tenant harbor-dental --format csv -o march.csv
      watchfloor transcripts --since 2026-03-01 --anonymise --format json | jq '.[0].messages[].content'
    """
    from exporter import transcripts
    from exporter.mapping import load as load_mapping
    from exporter.settings import load, required_url
    from exporter.sources.database import connect

    if not conversations and since is None:
        raise click.UsageError("name conversations, or give --since: all words ever said are rarely meant")
    settings = load(ctx.obj["config"])
    database = connect(required_url(settings), settings.database.connect_timeout)
    wanted = transcripts.Wanted(conversations, since, until, tenant)
    try:
        found = transcripts.read(settings, load_mapping(settings.database), database, wanted)
        output.writelines(transcripts.FORMATS[form](transcripts.anonymised(found) if anonymise else found))
    finally:
        database.close()
