"""Files of torch.save (tensors/, written by torch 1.13), bergson and TRAK, and what is none."""

from __future__ import annotations

import json
import pickle
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gio4j._rows.choice import Choice
from gio4j._rows.float32 import BFLOAT16
from gio4j._rows.inputs import source_of
from gio4j._rows.sources import NpySource
from gio4j.errors import InvalidInputError

TENSORS = Path(__file__).parent / "tensors"
ROWS = np.arange(12, dtype=np.float32).reshape(4, 3) / 4 - 1


@pytest.mark.parametrize(
    ("file", "dtype"),
    [
        ("float32.pt", np.float32),
        ("float16.pt", np.float16),
        ("bfloat16.pt", BFLOAT16),
        ("named.pt", np.float32),
        ("columns.pt", np.float32),
        ("part.pt", np.float32),
    ],
)
def test_tensors_are_read_without_torch(file: str, dtype: Any) -> None:
    source = source_of(TENSORS / file, "pool")
    assert isinstance(source, NpySource)
    assert source.shape == (4, 3)
    assert source._header.dtype == dtype
    assert np.array_equal(source.take(np.arange(4)).astype(np.float32), ROWS)
    with ExitStack() as leases:
        is_in_place = str(TENSORS) in str(source._file.path) and source._is_plain()
        assert is_in_place == (file != "columns.pt")
        assert source.share(leases).rows == 4


def test_a_tensor_by_its_name() -> None:
    source = source_of((str(TENSORS / "named.pt"), "features"), "pool")
    assert np.array_equal(source.take(np.arange(4)), ROWS)
    with pytest.raises(InvalidInputError, match="has no array 'step', only 'features', 'labels'"):
        source_of((str(TENSORS / "named.pt"), "step"), "pool")
    with pytest.raises(InvalidInputError, match="needs 2 dimensions"):
        source_of((str(TENSORS / "named.pt"), "labels"), "pool")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("strided.pt", "rows do not lie one after another; save tensor.contiguous"),
        ("module.pt", r"it holds torch.nn.modules.linear.Linear\); load it with torch.load"),
        ("legacy.pt", "is no file of tensors .* load it with torch.load and pass the tensor"),
    ],
)
def test_other_files_of_torch(file: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        source_of(TENSORS / file, "pool")


class Sinister:
    """What a pickle that runs a program looks like."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("ran"),)


def test_a_pickle_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("rows.pt", "w") as file:
        file.writestr("rows/data.pkl", pickle.dumps(Sinister()))
    with pytest.raises(InvalidInputError, match="is no file of tensors"):
        source_of("rows.pt", "pool")
    assert not Path("ran").exists()


def test_damaged_tensors_are_errors(tmp_path: Path) -> None:
    whole = (TENSORS / "float16.pt").read_bytes()
    path = tmp_path / "rows.pt"
    outcomes = []
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        try:
            source = source_of(path, "pool")
            assert source.take(np.arange(source.count())).shape == source.shape
            outcomes.append("read")
        except InvalidInputError:
            outcomes.append("refused")
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidInputError):
            source_of(path, "pool")
    assert {"read", "refused"} == set(outcomes)


def store(folder: Path, rows: np.ndarray, **changed: Any) -> Path:
    facts = {"num_grads": 4, "grad_sizes": {"a": 1, "b": 2}, "base_dtype": rows.dtype.name}
    (folder / "info.json").write_text(json.dumps(facts | changed))
    (folder / "gradients.bin").write_bytes(rows.tobytes())
    return folder / "gradients.bin"


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_store_of_bergson(tmp_path: Path, dtype: Any) -> None:
    path = store(tmp_path, ROWS.astype(dtype))
    for given in (path, tmp_path):
        source = source_of(given, "pool")
        assert isinstance(source, NpySource)
        assert source._is_plain()
        assert np.array_equal(source.take(np.arange(4)), ROWS)


def test_shards_of_a_store_are_one_matrix(tmp_path: Path) -> None:
    for shard in ("shard-0", "shard-1"):
        (tmp_path / shard).mkdir()
        store(tmp_path / shard, ROWS)
    source = source_of(tmp_path, "pool")
    assert np.array_equal(source.take(np.arange(8)), np.concatenate([ROWS, ROWS]))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"num_grads": 5}, "has 48 bytes, 5 rows of 3 columns in float32, .* says, 60"),
        ({"base_dtype": "int3"}, "needs the info.json"),
        ({"grad_sizes": None}, "needs the info.json"),
    ],
)
def test_a_store_that_is_not_as_described(tmp_path: Path, changed: Any, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        source_of(store(tmp_path, ROWS, **changed), "pool")


def test_bytes_without_a_description(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\0" * 48)
    with pytest.raises(InvalidInputError, match=r"needs the info\.json that bergson writes beside"):
        source_of(tmp_path / "pytorch_model.bin", "pool")


def test_features_of_trak(tmp_path: Path) -> None:
    with (tmp_path / "features.mmap").open("wb") as file:
        np.save(file, ROWS.astype(np.float16))
    source = source_of(tmp_path / "features.mmap", "pool", Choice())
    assert np.array_equal(source.take(np.arange(4)), ROWS)
