"""Bugs planted on purpose, each in one part of the server. The simulation has to find every one of them.

A bug is a subclass of a part or a wrapper around one, so mypy says when it does not fit the server any more.
"""

from tests.simulation.bugs import clocks, commands, delivery, processes, projections, surroundings
from tests.simulation.server import Parts

BUGS = {
    "no sweep": Parts(sweeping=False),
    "no reading after a resubscription": Parts(bell=surroundings.UnconfirmedBell),
    "no gap check": Parts(subscription=delivery.UncheckedSubscription),
    "reading before subscribing": Parts(subscription=delivery.LateSubscription),
    "a gap is filled, and the version is forgotten": Parts(subscription=delivery.ForgetfulSubscription),
    "duplicates are given out": Parts(subscription=delivery.RepeatingSubscription),
    "frames are sent in another order": Parts(outbox=delivery.LatestFirst),
    "one commit is sent in several frames": Parts(store=surroundings.SplittingStore),
    "a full outbox drops what is put in": Parts(outbox=delivery.LossyOutbox),
    "the expected head is not the one decided on": Parts(store=surroundings.LatestHeadStore),
    "no look for the command's id": Parts(cache=commands.ForgetfulCache),
    "a command that is done already is refused": Parts(cache=commands.SuspiciousCache),
    "only the first event of a decision is recorded": Parts(handler=commands.RecordsTheFirst),
    "a decision is recorded in several commits": Parts(handler=commands.RecordsOneByOne),
    "published before the commit": Parts(handler=commands.PublishesFirst),
    "accepted before the commit": Parts(handler=commands.AnswersFirst),
    "accepted before the commit, without a task": Parts(handler=commands.AnswersAtOnce),
    "an append that failed, without a task, is taken for done": Parts(handler=commands.TakesTroubleForDone),
    "an append of unknown outcome is taken for lost": Parts(handler=commands.TakesUnknownForLost),
    "an append of unknown outcome is taken for done": Parts(handler=commands.TakesUnknownForDone),
    "a refusal rests on the cache": Parts(handler=commands.RefusesFromTheCache),
    "a lost race is decided again on the cache": Parts(handler=commands.RetriesOnTheCache),
    "a refusal is forgotten": Parts(session=commands.ForgetfulSession),
    "an append expects a version alone": Parts(
        store=surroundings.VersionStore, handler=commands.SeatsFromTheCache
    ),
    "the sweep does not ask whether the head is still there": Parts(store=surroundings.UnaskedStore),
    "a commit is taken behind another history": Parts(subscription=delivery.CarelessSubscription),
    "the cache keeps a game that the log has lost": Parts(cache=commands.ObstinateCache),
    "a client resumes behind what the log does not have": Parts(subscription=delivery.CredulousSubscription),
    "the sockets that were told of what is lost stay open": Parts(subscription=delivery.SilentSubscription),
    "a checkpoint is saved apart from its rows": Parts(read_models=projections.CheckpointFirst),
    "a projection goes past an open transaction": Parts(read_models=projections.PastOpenTransactions),
    "a projection waits for a runner that is gone": Parts(read_models=projections.EndlessLease),
    "a projection trusts the rows of a log that went back": Parts(
        read_models=projections.NothingDiffers, runner=projections.TrustingRunner
    ),
    "a projection relies on bells": Parts(runner=projections.BellsOnly),
    "a flag is recorded at any version": Parts(handler=processes.FlagsAtAnyVersion),
    "a game is forgotten with the server that had it": Parts(deadlines=processes.NobodyLooks),
    "a deadline is never written": Parts(read_models=processes.NoDeadlines),
    "a deadline is never taken away": Parts(read_models=processes.EternalDeadlines),
    "a downtime is not given back": Parts(beat=processes.no_downtimes),
    "a process's command has another id each time": Parts(handler=processes.OtherIds),
    "each server gives the next game its own id": Parts(rematch=processes.OwnRematch),
    "a move arrives when it is carried out": Parts(session=clocks.UnstampedSession),
    "thinking time counts from an offer": Parts(cache=clocks.CountsFromOffers),
    "a takeback leaves the clock as it is": Parts(cache=clocks.KeepsTheClock),
    "an offer survives a move": Parts(cache=clocks.KeepsTheOffer),
    "an answer is taken for one to another offer": Parts(handler=clocks.AcceptsWhateverIsOpen),
    "an opponent is away because a player says so": Parts(session=clocks.CredulousSession),
}
"""The servers that have each bug, by its name."""
