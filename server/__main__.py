"""The `connect4` command: serves, and has what an operator does beside that as commands of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from types import FrameType
from uuid import UUID

import click
import msgspec

from server import __version__, logs
from server.errors import OperatorError, StoreUnavailable
from server.host import embedded
from server.projections import command, report
from server.serve import serve
from server.serving import descriptors
from server.settings import Settings
from server.store import players
from server.store.migrate import migrate

EXAMPLES = """
\b
Examples:
  connect4                                   play at http://127.0.0.1:8000
  HOST=0.0.0.0 PORT=80 connect4              play from other computers, too
  DATABASE_URL=postgresql://… connect4 migrate --json
  connect4 projections                       read models, and how far they are
  connect4 projections rebuild games         build one anew while games are played

\b
Exit status: 0 done; 1 it cannot be done, and one sentence says why; 2 a
command or an option that is not there; 130 interrupted. The settings are
environment variables, in README.
"""

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, one document, to standard output."
)


def main() -> None:
    """Run the command that the arguments name. What cannot be done is one sentence and exit status 1."""
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(connect4.main(prog_name="connect4", standalone_mode=False))
    except OperatorError as error:
        sys.exit(f"connect4: {error}")
    except StoreUnavailable as error:
        sys.exit(f"connect4: The database cannot be used: {error}.")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)


@click.group(
    invoke_without_command=True, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__)
@click.pass_context
def connect4(context: click.Context) -> None:
    """Connect Four for two, live, by events. Without a command it serves.

    Without DATABASE_URL and REDIS_URL it starts a Postgres and a Valkey of its own, with their data in
    DATA_DIR (.data); all commands use them.
    """
    if context.invoked_subcommand is None:
        context.invoke(serve_command)


@connect4.command("serve")
def serve_command() -> None:
    """Serve until interrupted; the database is migrated first."""
    logs.configure()
    settings = Settings.read(os.environ)
    if settings.metrics_file:
        logs.name_worker(settings.metrics_file.name)
    with contextlib.suppress(KeyboardInterrupt):  # the usual end of a server in a terminal
        serve(descriptors.fitted(settings))


@connect4.command("migrate")
@as_json
def migrate_command(as_json: bool) -> None:
    """Bring the database to this release's schema, as a server does when it starts.

    A rollout may run this once before the first new server, which then has nothing left to do.
    """
    logs.configure(quiet=True)
    settings = Settings.read(os.environ)
    with embedded.database(settings.data_dir, settings.database_url) as database:
        ran = asyncio.run(migrate(database))
    if as_json:
        _print_json({"migrations": ran})
    else:
        click.echo(f"Ran {len(ran)} migrations: {ran}." if ran else "There was nothing to migrate.")


@connect4.group("projections", invoke_without_command=True)
@as_json
@click.pass_context
def projections_command(context: click.Context, as_json: bool) -> None:
    """List the projections: version, place in the log, lag, and who runs them.

    Exit status 1 if one has stopped, or is run by no server.
    """
    logs.configure(quiet=True)
    if context.invoked_subcommand is not None:
        return
    settings = Settings.read(os.environ)
    with embedded.database(settings.data_dir, settings.database_url) as database:
        found = asyncio.run(command.statuses(database))
    if as_json:
        _print_json({"projections": found})
    else:
        click.echo(report.table(found))
    if not all(map(report.is_well, found)):
        context.exit(1)


@projections_command.command("rebuild")
@click.argument("name")
@as_json
def rebuild_command(name: str, as_json: bool) -> None:
    """Build projection NAME anew from the whole log, beside the version that is served from until then.

    Progress goes to standard error, once a second. If this is interrupted, a server goes on with it. With
    --json, each progress is one line of JSON on standard output.
    """
    settings = Settings.read(os.environ)
    with embedded.database(settings.data_dir, settings.database_url) as database:
        asyncio.run(_rebuild(database, name, as_json))


async def _rebuild(database: str, name: str, as_json: bool) -> None:
    async with contextlib.aclosing(command.rebuild(database, name)) as progress:
        async for told in progress:
            if as_json:
                click.echo(msgspec.json.encode(told))
            else:
                click.echo(report.progress(told), err=not told.done)


@connect4.group("players")
def players_command() -> None:
    """Commands about players."""


@players_command.command("forget")
@click.argument("player", type=click.UUID)
@as_json
@click.pass_context
def forget_command(context: click.Context, player: UUID, as_json: bool) -> None:
    """Forget PLAYER, by the id that is in the events and the profile.

    For good: the name reads "Forgotten" on every server within a second, in all games, and the player's
    secrets are invalid. The log is not changed. Exit status 1 if there is nobody with this id.
    """
    logs.configure(quiet=True)
    settings = Settings.read(os.environ)
    with embedded.database(settings.data_dir, settings.database_url) as database:
        there = asyncio.run(players.forget(database, player))
    if as_json:
        _print_json({"player": player, "forgotten": there})
    else:
        click.echo(f"Forgot {player}." if there else f"There is nobody with the id {player}.", err=not there)
    if not there:
        context.exit(1)


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value)))


def _end(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends what was started, on the way out of the contexts; so it does while that still starts."""
    sys.exit(0)


if __name__ == "__main__":
    main()
