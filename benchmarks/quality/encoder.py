"""Sentences as rows of length 1: all-MiniLM-L6-v2 in int8, 384 columns, on a CPU."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

import numpy as np

from .data import directory, fetched

#: Longer texts are cut: attention costs the square of the length.
TOKENS = 96
BATCH = 16


def embed(texts: Sequence[str]) -> np.ndarray:
    """(texts, 384) float32; kept in the cache, so that the same texts are encoded once."""
    digest = hashlib.sha256(f"{TOKENS}\n".encode())
    for text in texts:
        digest.update(text.encode() + b"\0")
    kept = directory() / "embeddings" / f"{digest.hexdigest()[:32]}.npy"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        rows = _encoded(texts)
        # Another process may have written it meanwhile: the last one replaces it, whole.
        fresh = kept.with_suffix(f".{os.getpid()}.npy")
        np.save(fresh, rows)
        fresh.replace(kept)
    return np.load(kept)


def _encoded(texts: Sequence[str]) -> np.ndarray:
    """The mean of the tokens' vectors, normalised."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(fetched("encoder/tokenizer.json")))
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(fetched("encoder/model.onnx")), options)
    inputs = {given.name for given in session.get_inputs()}
    rows = np.empty((len(texts), 384), np.float32)
    # Texts of one length side by side need no padding.
    order = np.argsort([len(text) for text in texts], kind="stable")
    for first in range(0, len(texts), BATCH):
        some = order[first : first + BATCH]
        found = tokenizer.encode_batch([texts[i] for i in some])
        ids, mask = (
            np.array([getattr(each, name) for each in found], np.int64)
            for name in ("ids", "attention_mask")
        )
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = session.run(None, {name: feeds[name] for name in inputs})[0]
        means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        rows[some] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return rows
