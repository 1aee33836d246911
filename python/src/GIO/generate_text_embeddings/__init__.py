"""Embeddings of a text file, one JSON vector a line."""

from __future__ import annotations

import json
import os
import time


class GenerateEmbeddings:
    """Turns sentences into vectors with a sentence-transformers model.

    Parameters
    ----------
    model_name : str
        A model's name or folder, as sentence-transformers takes it.
    device : str, default="cuda"
        Where it runs, such as "cuda" or "cpu".

    Raises
    ------
    ImportError
        When sentence-transformers is missing, with the command that installs it.
    """

    def __init__(self, model_name: str, device: str = "cuda") -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as problem:
            raise ImportError(
                "GenerateEmbeddings needs sentence-transformers: pip install sentence-transformers"
            ) from problem
        self.model = SentenceTransformer(model_name)
        self.device = device

    def generate_embeddings(
        self, input_file_path: str | os.PathLike[str], output_file_path: str | os.PathLike[str]
    ) -> None:
        """Write one vector as a JSON list for each line of the input file.

        Parameters
        ----------
        input_file_path : str or os.PathLike
            UTF-8 text, one sentence a line.
        output_file_path : str or os.PathLike
            Overwritten; one JSON list of floats a line, in the same order.
        """
        with open(input_file_path, encoding="utf-8") as source:
            sentences = source.read().splitlines()
        print(f"Embedding {len(sentences)} lines")
        start = time.perf_counter()
        embeddings = self.model.encode(sentences, device=self.device)
        print(f"Took {time.perf_counter() - start:.1f} s")
        with open(output_file_path, "w", encoding="utf-8") as output:
            for embedding in embeddings:
                output.write(json.dumps(embedding.tolist()) + "\n")
