"""The servers' own code on virtual time, with a wicked store, bus and network. See docs/simulation.md."""
