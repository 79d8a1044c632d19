"""The game itself: frozen values and two pure functions, `decide` and `evolve`. Standard library only."""
