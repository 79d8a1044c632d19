"""Puts the parts of a server together, for production and for the simulation."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from server.delivery.broadcast import Broadcast
from server.delivery.forgetting import Forgetting
from server.delivery.hub import Hub
from server.delivery.listener import Listener
from server.delivery.lobby import Lobby
from server.delivery.online import Online
from server.delivery.presence import Presence
from server.delivery.publisher import Publisher
from server.delivery.pubsub import ASK_ONLINE, FORGOTTEN, LOBBY, LOG, ONLINE, Bell
from server.delivery.subscription import Subscription
from server.delivery.sweep import Sweep
from server.errors import HistoryChanged, StoreUnavailable
from server.game.board import Seat
from server.game.commands import Away
from server.game.endings import claimable_at
from server.game.events import GameId
from server.game.state import Game
from server.game_cache import GameCache
from server.handler import Handler
from server.lost_histories import LostHistories
from server.metrics import REDIS_UP, Metrics
from server.outage import Outage
from server.processes.attendance import Attendance
from server.processes.computer import Computer
from server.processes.deadlines import Deadlines
from server.processes.matching import Matching
from server.processes.referee import Referee
from server.processes.rematch import Rematch
from server.processes.thinking import Thinkers, Thinking
from server.projections import PROJECTIONS
from server.projections.entries import entries
from server.projections.games import GAMES
from server.projections.runner import Runner
from server.serving.drain import Drain
from server.serving.end_of_tick import EndOfTick
from server.store.credentials import Credentials
from server.store.database_clock import DatabaseClock
from server.store.event_store import EventStore, RecordedEvent, StreamId
from server.store.heartbeat import Beat, Heartbeat
from server.store.names import SealedNames
from server.store.players import Players
from server.store.read_models import ReadModels, Statements
from server.store.waiting import WaitingGames
from server.tasks import Tasks, keep_running

COUNTDOWN = timedelta(days=1)
"""Time before a game can be claimed as abandoned from which on players are told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts that sessions and requests use. `tasks` are waited for when the server ends."""

    store: EventStore
    read_models: ReadModels
    lists: Statements
    handler: Handler
    credentials: Credentials
    players: Players
    names: SealedNames
    forgetting: Forgetting
    hub: Hub
    listener: Listener
    presence: Presence
    online: Online
    attendance: Attendance
    matching: Matching
    lobby: Lobby
    clock: DatabaseClock
    heartbeat: Heartbeat
    thinking: Thinking
    metrics: Metrics
    tasks: Tasks
    drain: Drain
    end_of_tick: EndOfTick
    begin_anew: Callable[[], None]
    """Has all that is cached read anew: another primary took over, which may lack what was read before."""


@contextlib.asynccontextmanager
async def running(
    *,
    store: EventStore,
    database_time: Callable[[], Awaitable[datetime]],
    beat: Beat,
    read_models: ReadModels,
    lists: Statements,
    credentials: Credentials,
    players: Players,
    names: SealedNames,
    waiting: WaitingGames,
    bell: Bell,
    metrics: Metrics,
    drain: Drain,
    server_name: str,
    process_name: str,
    clock: Callable[[], float] = time.monotonic,
    processor_time: Callable[[], float] = time.thread_time,
    sweeping: bool = True,
    thinking_type: Callable[[Metrics, Tasks], Thinking] = Thinkers,
    computer_type: type[Computer] = Computer,
    cache_type: type[GameCache] = GameCache,
    subscription_type: type[Subscription] = Subscription,
    handler_type: type[Handler] = Handler,
    runner_type: type[Runner] = Runner,
    referee_type: type[Referee] = Referee,
    rematch_type: type[Rematch] = Rematch,
    deadlines_type: type[Deadlines] = Deadlines,
    forgetting_type: type[Forgetting] = Forgetting,
) -> AsyncIterator[Services]:
    """The services of one process, with their background tasks, for as long as the context lasts.

    `server_name` is recorded with each event; `process_name` tells this process from all others, also of the
    same host. `database_time` asks for the database's time, and `beat` tells it that this server is there;
    `clock` is this process's own, in seconds.
    Without `sweeping` nothing finds a message that Redis lost. The cache, the subscriptions, the handler and
    the processes are of the types given.
    """
    async with asyncio.TaskGroup() as background:
        lost = LostHistories(clock)
        async with Tasks() as tasks:  # waited for at the end: what was begun is finished

            def on_history_changed(change: HistoryChanged) -> None:
                """The database went back: nothing here may rest on what it no longer has."""
                lost.note(change)
                cache.drop(StreamId(change.stream))
                credentials.drop(GameId(change.stream))
                hub.resync(GameId(change.stream))  # its sockets are closed if they were told of what is lost

            def begin_anew() -> None:
                cache.clear()
                credentials.clear()

            def on_known(game: Game, event: RecordedEvent) -> None:
                """A game that a process may have to act in has changed."""
                if game.clocks is not None:
                    referee.react(game, event)
                if game.bot is not None:
                    computer.react(game, event)
                if game.offers.rematch:
                    rematch.react(game, event)

            cache = cache_type(store, on_history_changed, on_known=on_known)
            end_of_tick = EndOfTick()
            hub = Hub(store, names, tasks, end_of_tick.call, on_history_changed, subscription_type)
            outage = Outage("Redis", metrics, REDIS_UP, clock)
            publisher = Publisher(bell, process_name.encode(), metrics, outage)
            broadcast = Broadcast(
                hub,
                publisher,
                lambda commit: cache.invalidate(StreamId(commit.game), commit.last),
                end_of_tick.call_last,
                metrics,
            )
            database_clock = DatabaseClock(database_time, clock)
            with contextlib.suppress(StoreUnavailable):  # then it is measured later
                await database_clock.measure()
            heartbeat = Heartbeat(beat, clock)
            await heartbeat.beat()

            async def catch_up(game: GameId) -> None:
                """Tell of absences by the game as other servers have changed it."""
                with contextlib.suppress(StoreUnavailable):  # the next look tries it again
                    await cache.load(StreamId(game))
                    presence.tell_anew(game)

            def claim_at(game: GameId, seat: Seat, away: Away) -> datetime | None:
                if cache.is_stale(StreamId(game)):
                    tasks.create_task(catch_up(game))
                cached = cache.get(StreamId(game))
                at = claimable_at(cached.game, seat, away) if cached else None
                return at if at and at < database_clock.now() + COUNTDOWN else None

            presence = Presence(
                hub,
                publisher.presence,
                process_name,
                clock,
                database_clock.now,
                lambda: listener.connected,
                claim_at,
            )
            online = Online(process_name, partial(publisher.tell, ONLINE), clock)
            lobby = Lobby(
                lists,
                partial(entries, names),
                online,
                partial(publisher.ring, ASK_ONLINE),
                database_clock.now,
            )

            def ring_lobby(changed: str = GAMES.name) -> None:
                """Have the lobby looked at, here and on every server, if this read model has changed."""
                if changed == GAMES.name:
                    lobby.rung()
                    publisher.ring(LOBBY)

            def hear_online(sample: bytes) -> None:
                """Have the lobby looked at where another server has come, or has other players now."""
                if online.heard(sample):
                    lobby.rung()

            forgetting = forgetting_type(players, names, hub, lobby, publisher.ring)
            runner = runner_type(
                read_models,
                PROJECTIONS,
                f"{server_name} {process_name}",
                metrics,
                clock,
                processor_time,
                ring_lobby,
            )
            listener = Listener(
                bell,
                process_name.encode(),
                hub,
                broadcast.receive,
                presence.heard,
                {LOG: runner.ring, FORGOTTEN: forgetting.rung, LOBBY: lobby.rung, ASK_ONLINE: online.asked},
                metrics,
                outage,
                {ONLINE: hear_online},
                presence.begin_anew,
            )
            handler = handler_type(store, names, cache, broadcast.publish, server_name, metrics)
            matching = Matching(waiting, handler, credentials, metrics)
            attendance = Attendance(waiting, handler, process_name, ring_lobby)
            sweep = Sweep(hub, metrics)
            referee = referee_type(handler, database_clock, heartbeat, presence.lag, tasks)
            rematch = rematch_type(handler, credentials, tasks)
            handler.until_open = rematch.until_open
            thinking = thinking_type(metrics, tasks)
            computer = computer_type(handler, database_clock, heartbeat, thinking.think, tasks)
            loops = [
                ("publisher", publisher.run),
                ("listener", listener.run),
                ("presence", presence.run),
                ("forgetting", forgetting.run),
                ("lobby", lobby.run),
                ("attendance", attendance.run),
                ("clock", database_clock.run),
                ("heartbeat", heartbeat.run),
                ("projections", runner.run),
                ("deadlines", deadlines_type(read_models, handler).run),
                *([("sweep", sweep.run)] if sweeping else []),
            ]
            running = [background.create_task(keep_running(name, run)) for name, run in loops]
            yield Services(
                store=store,
                read_models=read_models,
                lists=lists,
                handler=handler,
                credentials=credentials,
                players=players,
                names=names,
                forgetting=forgetting,
                hub=hub,
                listener=listener,
                presence=presence,
                online=online,
                attendance=attendance,
                matching=matching,
                lobby=lobby,
                clock=database_clock,
                heartbeat=heartbeat,
                thinking=thinking,
                metrics=metrics,
                tasks=tasks,
                drain=drain,
                end_of_tick=end_of_tick,
                begin_anew=begin_anew,
            )
            referee.stop()
            rematch.stop()
            computer.stop()
            thinking.stop()
            await handler.finish()
        for task in running:
            task.cancel()
