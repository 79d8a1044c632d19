"""A WebSocket from its handshake to its close."""
