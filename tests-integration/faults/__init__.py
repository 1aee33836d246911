"""A seeded campaign of faults: damaged files, deformed requests, signals, misbehaviour, a soak.

    cd tests-integration
    ../.venv/bin/python -m faults [KIND ...] [--seed N] [--cases N] [--seconds S] [--out FOLDER]

A case is lost when it hangs, ends Python or the engine, answers wrongly, raises anything but an
error of one line for the user, leaves a process, file, job or memory, or when the call after it
does not work. Each run has a new folder in FOLDER, where KIND/KIND.jsonl has a line per case; the
exit code is 1 if any was lost. Linux.
"""
