"""Read models: pure folds of the log into tables, and the runner that keeps them up to date. See
docs/projections.md."""

from server.projections.games import GAMES

PROJECTIONS = (GAMES,)
"""The projections of this release."""
