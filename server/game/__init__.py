"""The game itself: immutable values and two pure functions, `decide` and `evolve`. Standard library only."""
