"""Spelling: sentences with real misspellings among sentences with random ones.

The GIO paper's second experiment in small. A noisy-channel corrector learns from the picks, each a
sentence beside its misspelt copy, how words are misspelt; it is tested on real misspellings.
"""

from __future__ import annotations

import json
import string
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.sparse import csr_matrix

from .brown import Sentence, is_word, sentences, word_counts
from .data import fetched
from .encoder import embed
from .tasks import Task

TARGETS, POOL, TESTS = 300, 3000, 400
#: Sentences that seeds draw from, misspelt once; more are encoded in a minute each 3,000.
REAL, RANDOM = 4000, 3000
#: Of the words of a sentence, as many are misspelt.
SHARE = 4
#: A candidate correction stands so often in the corpus, and is at most two edits away.
COMMON = 3
#: Counts, by which an edit's probability is drawn to that of its kind.
PRIOR = 20.0
KINDS = ("substitute", "insert", "delete", "swap")
#: ^ is the beginning of a word.
LETTERS = f"^{string.ascii_lowercase}"

#: Kind, letter on which it depends, letter that it brings or takes.
Edit = tuple[str, str, str]
#: The word as written, the word as meant.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Spelling(Task):
    """The pool's halves differ in the kind of misspellings alone.

    real : (N,) whether a pool row's misspellings are real ones
    edits : (N, E) how often each edit stands in a pool row
    letters : (N, 27) how often each letter, or the beginning of a word, stands in it
    kinds, depends : (E,) the kind of each edit, and the letter on which it depends
    candidates : corrections of the tests' misspelt words, one after another
    """

    real: np.ndarray
    edits: csr_matrix
    letters: np.ndarray
    kinds: np.ndarray
    depends: np.ndarray
    candidates: Candidates

    def scores(self, picks: np.ndarray, seed: int) -> dict[str, float]:
        """The share of rows with real misspellings; the share of test words corrected."""
        del seed  # nothing is drawn
        counts = np.asarray(self.edits[picks].sum(axis=0)).ravel()
        letters = self.letters[picks].sum(axis=0)
        of_kind = np.bincount(self.kinds, counts, len(KINDS)) + 1
        # What an edit's kind has, shared out evenly: each letter may become 26.
        usual = of_kind[self.kinds] / (26 * letters.sum())
        rates = (counts + PRIOR * usual) / (letters[self.depends] + PRIOR)
        found = self.candidates.corrected(np.log(rates))
        return {"accuracy": found, "right": float(self.real[picks].mean())}


@dataclass(frozen=True)
class Candidates:
    """Words that a misspelt one may stand for.

    edits : (candidates, E) the edits that lead from the candidate to what is written
    commonness : logarithm of the candidate's share of all words
    owners : the misspelt word that each belongs to, rising
    right : whether the candidate is what was meant
    words : misspelt words, with those that have no candidate
    """

    edits: csr_matrix
    commonness: np.ndarray
    owners: np.ndarray
    right: np.ndarray
    words: int

    def corrected(self, log_rates: np.ndarray) -> float:
        """The share of words of which the likeliest candidate is right."""
        likely = self.commonness + self.edits @ log_rates
        order = np.lexsort([likely, self.owners])
        last = np.append(np.flatnonzero(np.diff(self.owners[order])), len(order) - 1)
        return float(self.right[order[last]].sum() / self.words)


def spelling(seed: int) -> Task:
    """300 sentences with real misspellings; 1,500 such in the pool, and 1,500 with random ones."""
    random = np.random.default_rng(seed)
    rows, pairs = _copies()
    real, fake = random.permutation(REAL), REAL + random.permutation(RANDOM)
    target, tests, real = np.split(real, [TARGETS, TARGETS + TESTS])
    pool = random.permutation(np.concatenate([real[: POOL // 2], fake[: POOL // 2]]))
    names = {edit: i for i, edit in enumerate(_all_edits())}
    edits = [[names[e] for pair in pairs[row] for e in _edits(*pair)] for row in pool]
    letters = [[LETTERS.index(c) for _, meant in pairs[row] for c in f"^{meant}"] for row in pool]
    return Spelling(
        pool=rows[pool],
        target=rows[target],
        budgets=(150, 750),
        real=pool < REAL,
        edits=_matrix(edits, len(names)),
        letters=_matrix(letters, len(LETTERS)).toarray(),
        kinds=np.array([KINDS.index(kind) for kind, _, _ in names]),
        depends=np.array([LETTERS.index(letter) for _, letter, _ in names]),
        candidates=_candidates([pair for row in tests for pair in pairs[row]], names),
    )


@cache
def _copies() -> tuple[np.ndarray, list[list[Pair]]]:
    """Rows of misspelt sentences, real ones first, and the words that are misspelt in each."""
    random = np.random.default_rng(0)
    # A sentence in 700 has too few words with known misspellings.
    usable = [each for each in sentences() if len(_places(each)) >= _misspelt_words(each)]
    drawn = random.permutation(len(usable))[: REAL + RANDOM]
    made = [_misspelt(usable[row], i < REAL, random) for i, row in enumerate(drawn)]
    return embed([text for text, _ in made]), [pairs for _, pairs in made]


@cache
def _misspellings() -> dict[str, list[str]]:
    """Real ones by word, of letters alone."""
    words: dict[str, list[str]] = json.loads(fetched("misspellings/by_word.json").read_text())
    letters = {word: [w for w in wrong if _plain(w)] for word, wrong in words.items()}
    return {word: wrong for word, wrong in letters.items() if wrong and _plain(word)}


def _plain(word: str) -> bool:
    return word.isascii() and word.isalpha() and word.islower()


def _places(sentence: Sentence) -> list[int]:
    return [i for i, token in enumerate(sentence.tokens) if token.lower() in _misspellings()]


def _misspelt_words(sentence: Sentence) -> int:
    return -(-sum(map(is_word, sentence.tokens)) // SHARE)


def _misspelt(
    sentence: Sentence, real: bool, random: np.random.Generator
) -> tuple[str, list[Pair]]:
    """The text with a quarter of its words misspelt, and which they are."""
    tokens, pairs = list(sentence.tokens), []
    for place in random.permutation(_places(sentence))[: _misspelt_words(sentence)]:
        meant = tokens[place].lower()
        known = _misspellings()[meant]
        written = known[random.integers(len(known))] if real else _spoilt(meant, random)
        pairs.append((written, meant))
        tokens[place] = written.capitalize() if tokens[place][0].isupper() else written
    return Sentence(sentence.document, tuple(tokens)).text, pairs


def _spoilt(word: str, random: np.random.Generator) -> str:
    """With two random edits, and not what it was."""
    while True:
        spoilt = word
        for _ in range(2):
            spoilt = _edited(spoilt, random)
        if spoilt != word and spoilt:
            return spoilt


def _edited(word: str, random: np.random.Generator) -> str:
    kind = KINDS[random.integers(len(KINDS))]
    letter = string.ascii_lowercase[random.integers(26)]
    at = int(random.integers(len(word) + 1)) if kind == "insert" or not word else 0
    if kind == "insert" or not word:
        return word[:at] + letter + word[at:]
    at = int(random.integers(len(word)))
    if kind == "substitute":
        return word[:at] + letter + word[at + 1 :]
    if kind == "delete":
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


def _all_edits() -> Iterator[Edit]:
    """Every one there can be; insertions depend on the letter before, as deletions do."""
    for kind in KINDS:
        yield from ((kind, first, second) for first in LETTERS for second in LETTERS[1:])


@lru_cache(1 << 20)
def _edits(written: str, meant: str) -> tuple[Edit, ...]:
    """The fewest edits from what was meant to what is written, swaps of neighbours among them."""
    rows, columns = len(meant) + 1, len(written) + 1
    cost = [[i + j if i == 0 or j == 0 else 0 for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            best = min(
                cost[i - 1][j - 1] + (meant[i - 1] != written[j - 1]),
                cost[i - 1][j] + 1,
                cost[i][j - 1] + 1,
            )
            if _swapped(meant, written, i, j):
                best = min(best, cost[i - 2][j - 2] + 1)
            cost[i][j] = best
    edits: list[Edit] = []
    i, j = rows - 1, columns - 1
    while i or j:
        here = cost[i][j]
        if i and j and meant[i - 1] == written[j - 1] and here == cost[i - 1][j - 1]:
            i, j = i - 1, j - 1
        elif _swapped(meant, written, i, j) and here == cost[i - 2][j - 2] + 1:
            edits.append(("swap", meant[i - 2], meant[i - 1]))
            i, j = i - 2, j - 2
        elif i and j and here == cost[i - 1][j - 1] + 1:
            edits.append(("substitute", meant[i - 1], written[j - 1]))
            i, j = i - 1, j - 1
        elif j and here == cost[i][j - 1] + 1:
            edits.append(("insert", meant[i - 1] if i else "^", written[j - 1]))
            j -= 1
        else:
            edits.append(("delete", meant[i - 2] if i > 1 else "^", meant[i - 1]))
            i -= 1
    return tuple(edits)


def _swapped(meant: str, written: str, i: int, j: int) -> bool:
    return i > 1 and j > 1 and meant[i - 2 : i] == written[j - 2 : j][::-1]


def _matrix(rows: list[list[int]], columns: int) -> csr_matrix:
    """How often each number stands in each row."""
    counted = [Counter(row) for row in rows]
    data = [count for row in counted for count in row.values()]
    indices = [i for row in counted for i in row]
    starts = np.cumsum([0, *map(len, counted)])
    return csr_matrix((np.array(data, float), indices, starts), (len(rows), columns))


@cache
def _shortened() -> dict[str, list[str]]:
    """Common words by what is left of them without any one or two letters, and by themselves."""
    found = defaultdict(list)
    for word, count in word_counts().items():
        if count >= COMMON and _plain(word):
            for short in _without(word):
                found[short].append(word)
    return dict(found)


def _without(word: str) -> set[str]:
    once = {word[:i] + word[i + 1 :] for i in range(len(word))}
    return {word} | once | {w[:i] + w[i + 1 :] for w in once for i in range(len(w))}


def _candidates(tests: list[Pair], names: dict[Edit, int]) -> Candidates:
    """Every common word within two edits of each misspelt one."""
    total = sum(word_counts().values())
    edits, commonness, owners, right = [], [], [], []
    for owner, (written, meant) in enumerate(tests):
        near = {word for short in _without(written) for word in _shortened().get(short, ())}
        for word in sorted(near):
            steps = _edits(written, word)
            if 0 < len(steps) <= 2:
                edits.append([names[edit] for edit in steps])
                commonness.append(np.log(word_counts()[word] / total))
                owners.append(owner)
                right.append(word == meant)
    return Candidates(
        edits=_matrix(edits, len(names)),
        commonness=np.array(commonness),
        owners=np.array(owners),
        right=np.array(right),
        words=len(tests),
    )
