"""The engine's process: found, started, called, watched and ended."""
