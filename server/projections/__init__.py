"""Read models: pure folds of the log into tables, and the runner that keeps them up to date. See
docs/projections.md."""

from server.projections.deadlines import DEADLINES
from server.projections.games import GAMES
from server.projections.log import LOG
from server.projections.ratings import RATINGS

PROJECTIONS = (GAMES, DEADLINES, LOG, RATINGS)
"""The projections of this release, in the order of their turns: the lobby waits for the first one."""
