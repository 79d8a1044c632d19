"""The projections in words, for a terminal."""

from collections.abc import Sequence

from server.projections.command import Progress
from server.store.read_models import State, Status

HEADINGS = ("NAME", "VERSION", "STATE", "EVENTS", "PLACE", "BEHIND", "HELD BACK", "RUNNER")


def table(statuses: Sequence[Status]) -> str:
    """A line for each version below a heading, and one for each error below those."""
    rows = [HEADINGS, *(_row(status) for status in statuses)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    errors = [f"{status.key.table}: {status.error}" for status in statuses if status.error]
    return "\n".join(line.rstrip() for line in [*lines, *errors])


def condition(status: Status) -> str:
    """`stopped` where it cannot go on, and else its state."""
    return "stopped" if status.error else status.state.value


def is_well(status: Status) -> bool:
    """True if it goes on: what is served from has a runner, and nothing has stopped."""
    return not status.error and (status.runner is not None or status.state is not State.SERVING)


def progress(told: Progress) -> str:
    """One line on the progress of a rebuild."""
    rate = f"{told.rate:,.0f} a second"
    if told.done:
        return f"{told.name} is served from version {told.version}: {told.events:,} events, {rate}."
    left = f"about {_duration(told.seconds_left)} left" if told.seconds_left is not None else "starting"
    total = told.events + told.left
    share = told.events / total if total else 0
    folded = f"{told.events:,} of {total:,} events ({share:.0%})"
    return f"{told.name} version {told.version}: {folded}, {rate}, {left}"


def _row(status: Status) -> tuple[str, ...]:
    return (
        status.name,
        str(status.version),
        condition(status),
        f"{status.events:,}",
        f"{status.transaction_id}/{status.position}",
        f"{status.lag_events:,} ({status.lag_seconds:.1f} s)" if status.lag_events else "0",
        f"{status.held_back:,}",
        status.runner or "none",
    )


def _duration(seconds: float) -> str:
    """A duration as people say it, to two units at most."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
