"""Delivery of a commit to every socket that is subscribed to its game, on this server and on the others."""
