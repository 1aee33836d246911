"""Rows of any kind: found in frames and files, converted where needed, handed to the engine."""
