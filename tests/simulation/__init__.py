"""The server's own code in virtual time, on an unreliable store, bus and network. See docs/simulation.md."""
