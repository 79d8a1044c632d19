"""Rules that every implementation of a protocol keeps, the real one and the fakes."""
