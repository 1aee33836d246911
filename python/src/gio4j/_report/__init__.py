"""A selection measured (`report`), drawn (`plot`) and shown in notebooks (`card`), each alone."""
