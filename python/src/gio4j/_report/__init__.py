"""A selection measured, drawn and shown."""
