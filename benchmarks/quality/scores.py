"""What a selection is worth: shares of classes, copies, and what a network learns from it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from .tasks import Task

BATCH, STEPS, EPOCHS = 64, 1000, 12


def shares(task: Task, picks: np.ndarray) -> dict[str, float]:
    """What is in a selection, without a network.

    mix_error : sum over all classes of |share - wanted share|, 0 to 2
    right : share of clean rows of wanted classes
    copies : rows that repeat another one picked, if the task has copies
    """
    labels = task.labels[picks]
    classes = np.union1d(np.unique(labels), list(task.wanted))
    wanted = np.array([task.wanted.get(int(label), 0.0) for label in classes])
    found = (labels[:, None] == classes).mean(axis=0)
    right = np.isin(labels, list(task.wanted)) & ~task.spoiled[picks]
    scored = {"mix_error": float(np.abs(found - wanted).sum()), "right": float(right.mean())}
    if task.copies_of is not None:
        scored["copies"] = float(len(picks) - len(np.unique(task.copies_of[picks])))
    return scored


def accuracy(task: Task, picks: np.ndarray, seed: int) -> float:
    """Of a network with one hidden layer, after as many steps for every method."""
    batch = min(BATCH, len(picks))
    steps_an_epoch = -(-len(picks) // batch)
    network: Any = MLPClassifier(
        (task.hidden,),
        batch_size=batch,
        max_iter=max(EPOCHS, -(-STEPS // steps_an_epoch)),
        tol=0.0,
        n_iter_no_change=10**9,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # steps are fixed on purpose
        network.fit(task.pool[picks], task.labels[picks])
    return float(np.mean(network.predict(task.tests) == task.test_labels))
