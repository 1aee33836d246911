"""The Brown corpus: sentences by document, 500 documents in 15 genres."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from .data import fetched

SHORTEST, LONGEST = 8, 25
_QUOTES = {"``": '"', "''": '"'}


@dataclass(frozen=True)
class Sentence:
    """One sentence of SHORTEST to LONGEST words.

    document : such as "cp01", the genre's letters and a number
    tokens : words and punctuation, as they stand
    """

    document: str
    tokens: tuple[str, ...]

    @property
    def text(self) -> str:
        """As the encoder reads it."""
        return " ".join(_QUOTES.get(token, token) for token in self.tokens)


@cache
def sentences() -> tuple[Sentence, ...]:
    """Every sentence of such a length, about 33,000."""
    found = []
    for path in sorted(fetched("brown").iterdir()):
        for line in path.read_text("latin1").splitlines():
            tokens = tuple(token.rsplit("/", 1)[0] for token in line.split())
            if SHORTEST <= sum(map(is_word, tokens)) <= LONGEST:
                found.append(Sentence(path.name, tokens))
    return tuple(found)


@cache
def word_counts() -> Counter[str]:
    """How often each word stands in them, in small letters."""
    return Counter(token.lower() for each in sentences() for token in each.tokens if is_word(token))


def is_word(token: str) -> bool:
    """Whether it has a letter."""
    return re.search("[A-Za-z]", token) is not None
