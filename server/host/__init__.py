"""Processes of this machine: embedded databases and workers."""
