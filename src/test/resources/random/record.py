"""Records what CPython's random draws; run as `python3 record.py > cpython.json`."""

import json
import platform
import random

# (bound, times): bound 0 is random.random(), another one random._randbelow(bound),
# which is what random.sample(rows, 1) draws for its one index.
CALLS = [(0, 5), (1, 3), (2, 4), (3, 4), (40, 6), (1500, 3), (65536, 2), (65535, 2), (2**31 - 1, 3), (0, 2)]
# More words than a state holds, so that it is refilled on the way.
THEN = [(40, 4), (0, 400), (1024, 3)]


def draw(calls):
    drawn = []
    for bound, times in calls:
        for _ in range(times):
            if bound == 0:
                drawn.append(random.random())
            else:
                state = random.getstate()
                value = random._inst._randbelow(bound)
                after = random.getstate()
                random.setstate(state)
                assert random.sample(range(bound), 1) == [value]
                assert random.getstate() == after
                drawn.append(value)
    return drawn


def as_objects(calls):
    return [{"bound": bound, "times": times} for bound, times in calls]


sequences = []
for seed in (0, 1, 7, 12345, 2**31, 2**32 - 1):
    random.seed(seed)
    drawn = draw(CALLS)
    state_after = random.getstate()[1]
    drawn_then = draw(THEN)
    sequences.append(
        {
            "seed": seed,
            "calls": as_objects(CALLS),
            "drawn": drawn,
            "stateAfter": state_after,
            "callsThen": as_objects(THEN),
            "drawnThen": drawn_then,
            "stateThen": random.getstate()[1],
        }
    )
print(json.dumps({"python": platform.python_version(), "sequences": sequences}))
