"""The words of the wire: messages, frames, close codes and paths. No I/O."""
