"""What lies between the processes: shared memory, private files, descriptors, threads."""
