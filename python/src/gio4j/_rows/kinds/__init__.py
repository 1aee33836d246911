"""One small class for each kind of thing that holds rows, all with the same abilities."""
