"""Near duplicates: which rows of a pool to drop, and what each that is kept stands for."""
