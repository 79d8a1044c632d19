"""A real-time Connect Four whose only truth is its log of events."""

__version__ = "0.2.0"
