"""Read models: pure folds of the log into tables, and the runner that keeps them up to date. See
docs/projections.md."""

from server.projections.games import GAMES
from server.projections.ratings import RATINGS

PROJECTIONS = (GAMES, RATINGS)
"""The projections of this release."""
