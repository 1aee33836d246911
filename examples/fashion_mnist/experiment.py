"""The paper's seed experiment: keep 25 % of Fashion-MNIST by quantised GIO, and train on it.

    python examples/fashion_mnist/experiment.py DIRECTORY [--seeds 3] [--output fashion-mnist]

DIRECTORY holds the four idx.gz files; Debian's package dataset-fashion-mnist brings them
(apt-get install dataset-fashion-mnist, then /usr/share/datasets/fashion-mnist).

Pool and target are both the training set (X = G, as in the paper), each quantised to 1,000 centres
with seeds of its own. A search picks centres; their clusters' rows are taken in the order picked
until 15,000 rows are reached. Beside the paper's search stand coverage over the same centres and
balanced selection with each centre weighted by its cluster's size. A small network (784-256-10)
learns each selection, and for comparison random 15,000 rows and all 60,000. Prints accuracies with
their spread over seeds, class shares and the time of each step; writes report.json and shares.png.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import gio4j

CLUSTERS, KEPT, EPOCHS = 1000, 0.25, 12
START_ROWS = 20


def images(path: Path) -> np.ndarray:
    """Rows of 784 pixels from 0 to 1."""
    with gzip.open(path) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return pixels.reshape(-1, 784).astype(np.float32) / 255


def labels(path: Path) -> np.ndarray:
    """Classes from 0 to 9."""
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=8)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """The answer and its seconds."""
    begin = time.perf_counter()
    return call(), time.perf_counter() - begin


def search(pool: Any, target: Any, start_vector: str) -> Any:
    """Centres in the order picked: all of them, so that any budget can be cut from the front."""
    start = np.random.default_rng(0).uniform(-1, 1, (START_ROWS, 784))
    return gio4j.gradient_search(
        pool.centers,
        target.centers,
        start / np.linalg.norm(start, axis=1, keepdims=True),
        stop="min_divergence",
        min_divergence=-1e9,
        max_picks=CLUSTERS,
        start_vector=start_vector,
        seed=0,
    )


def coverage(pool: Any, target: Any) -> Any:
    """All centres, those first that cover most of the target's."""
    return gio4j.select(pool.centers, target.centers, CLUSTERS, "coverage", progress=False)


def weighted(pool: Any, target: Any, budget: int) -> Any:
    """Centres that count as their clusters' rows, up to the budget of rows."""
    sizes = np.asarray(pool.summary.sizes)
    return gio4j.select(pool.centers, target.centers, budget, weights=sizes, progress=False)


def rows_of(found: Any, pool: Any, budget: int) -> np.ndarray:
    """The picked clusters' rows, in the order picked, up to the budget."""
    return gio4j.explode(found.indices, pool.assignments)[:budget]


def accuracy(rows: np.ndarray, data: dict[str, np.ndarray], seed: int) -> float:
    """On the 10,000 test images, after a fixed number of epochs."""
    network = MLPClassifier((256,), max_iter=EPOCHS, batch_size=128, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # epochs are fixed on purpose
        network.fit(data["train"][rows], data["train_labels"][rows])
    return float(network.score(data["test"], data["test_labels"]))


def main() -> None:
    """Runs every step and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("fashion-mnist"))
    arguments = parser.parse_args()
    folder = arguments.directory
    data = {
        "train": images(folder / "train-images-idx3-ubyte.gz"),
        "train_labels": labels(folder / "train-labels-idx1-ubyte.gz"),
        "test": images(folder / "t10k-images-idx3-ubyte.gz"),
        "test_labels": labels(folder / "t10k-labels-idx1-ubyte.gz"),
    }
    train = data["train"]
    budget = int(KEPT * len(train))
    seconds: dict[str, float] = {}
    pool, seconds["quantise the pool"] = timed(lambda: gio4j.kmeans(train, CLUSTERS, seed=1))
    target, seconds["quantise the target"] = timed(lambda: gio4j.kmeans(train, CLUSTERS, seed=2))

    selections: dict[str, list[np.ndarray]] = {"all rows": [np.arange(len(train))]}
    random = np.random.default_rng(0)
    selections["random"] = [
        random.choice(len(train), budget, replace=False) for _ in range(arguments.seeds)
    ]
    searches = {
        "gradient search, mean": lambda: search(pool, target, "mean"),
        "gradient search, jump": lambda: search(pool, target, "jump"),
        "coverage": lambda: coverage(pool, target),
        "balanced, weighted": lambda: weighted(pool, target, budget),
    }
    for name, call in searches.items():
        found, seconds[name] = timed(call)
        selections[name] = [rows_of(found, pool, budget)]

    results = {}
    for name, chosen in selections.items():
        seeds = range(1 if name == "all rows" else arguments.seeds)
        scores, spent = timed(
            lambda chosen=chosen, seeds=seeds: [
                accuracy(chosen[seed % len(chosen)], data, seed) for seed in seeds
            ]
        )
        shares = np.bincount(data["train_labels"][chosen[0]], minlength=10) / len(chosen[0])
        results[name] = {
            "rows": len(chosen[0]),
            "accuracy": float(np.mean(scores)),
            "accuracies": scores,
            "class_shares": [round(float(share), 4) for share in shares],
            "training_seconds": spent,
        }
        spread = f"{min(scores):.4f} to {max(scores):.4f}"
        print(
            f"{name:24} {len(chosen[0]):6} rows  accuracy {np.mean(scores):.4f} ({spread})  "
            f"class shares {shares.min():.3f} to {shares.max():.3f}"
        )
    for step, spent in seconds.items():
        print(f"{step:24} {spent:6.2f} s")
    arguments.output.mkdir(exist_ok=True)
    report = {"seconds": seconds, "results": results}
    (arguments.output / "report.json").write_text(json.dumps(report, indent=2))
    plot(results, arguments.output / "shares.png")


def plot(results: dict[str, Any], path: Path) -> None:
    """Class shares of each selection as bars."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4))
    width = 0.84 / len(results)
    for place, (name, result) in enumerate(results.items()):
        axes.bar(
            np.arange(10) + width * (place - (len(results) - 1) / 2),
            result["class_shares"],
            width,
            label=f"{name}: {result['accuracy']:.3f}",
        )
    axes.axhline(0.1, color="grey", linewidth=0.8)
    axes.set(xlabel="class", ylabel="share of the rows", xticks=range(10))
    axes.set_title("Fashion-MNIST, X = G, 25 % kept: class shares and test accuracy")
    axes.set_ylim(top=1.3 * axes.get_ylim()[1])  # room for the legend above the bars
    axes.legend(ncols=3, loc="upper center")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
