"""A number for every row of a pool."""
