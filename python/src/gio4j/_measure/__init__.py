"""Numbers about rows: divergences, energy distances, nearest neighbours."""
