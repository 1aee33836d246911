"""Genre and mail: texts of one kind are wanted, and a language model of that kind is learnt."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .brown import Sentence, is_word, sentences
from .data import fetched
from .encoder import embed
from .scores import Bigrams
from .tasks import Task

#: A third of a genre's documents is for the target and a third for the tests.
GENRES = {"ch": "government", "ce": "hobbies", "cp": "romance"}
GENRE_TARGETS, GENRE_OTHERS = 250, 6000
MAIL_TARGETS, MAIL_TESTS, MAIL_WANTED, MAIL_SPAM, MAIL_HAM = 200, 500, 300, 1000, 2700
#: Of a message this much is embedded, and as many words are learnt.
MAIL_CHARACTERS, MAIL_WORDS = 300, 60
#: A rarer word of the pool is an unknown one.
COMMON = 2
UNKNOWN = 1


@dataclass(frozen=True)
class Language(Task):
    """A bigram model learns the selection.

    right : (N,) whether a pool row is of the target's kind
    words : the words of each pool row, as numbers
    tests : texts of the target's kind, likewise
    vocabulary : how many words there are
    tokens : words for each row of the budget that the model sees, whatever the method
    """

    right: np.ndarray
    words: Sequence[np.ndarray]
    tests: Sequence[np.ndarray]
    vocabulary: int
    tokens: int

    def scores(self, picks: np.ndarray, seed: int) -> dict[str, float]:
        """Perplexity on texts of that kind, after as many words for every method; share."""
        del seed  # nothing is drawn
        ends = np.cumsum([len(self.words[pick]) for pick in picks])
        enough = int(np.searchsorted(ends, self.tokens * len(picks))) + 1
        model = Bigrams(self.vocabulary, [self.words[pick] for pick in picks[:enough]])
        perplexity = model.perplexity(list(self.tests))
        return {"perplexity": perplexity, "right": float(self.right[picks].mean())}


def genre(seed: int) -> Language:
    """250 sentences of a genre of the Brown corpus; 10,500 of all genres, 6 % of that one.

    Documents of the target, the tests and the pool are not the same. Seeds take genres in turn.
    """
    random = np.random.default_rng(seed)
    every, rows = _genres()
    wanted = list(GENRES)[seed % len(GENRES)]
    documents = random.permutation(
        sorted({each.document for each in every if each.document.startswith(wanted)})
    )
    third = len(documents) // 3
    for_target, for_tests = set(documents[:third]), set(documents[third : 2 * third])
    target = _where(every, for_target, random)[:GENRE_TARGETS]
    tests = _where(every, for_tests, random)
    others = {each.document for each in every} - for_target - for_tests
    pool = _where(every, others, random)
    texts = [[t.lower() for t in each.tokens if is_word(t)] for each in every]
    words, vocabulary = _numbered(texts, pool)
    return Language(
        pool=rows[pool],
        target=rows[target],
        budgets=(300, 1000),
        right=np.array([every[i].document.startswith(wanted) for i in pool]),
        words=[words[i] for i in pool],
        tests=[words[i] for i in tests],
        vocabulary=vocabulary,
        # Of at least 8 words a sentence, so that every method has as many.
        tokens=10,
    )


def mail(seed: int) -> Language:
    """200 messages of spam; a pool of 300 more among 2,700 of ham, hard ones with them."""
    random = np.random.default_rng(seed)
    is_spam, texts, rows = _mail()
    spam = random.permutation(np.flatnonzero(is_spam))
    target = spam[:MAIL_TARGETS]
    tests = spam[MAIL_TARGETS : MAIL_TARGETS + MAIL_TESTS]
    wanted = spam[MAIL_TARGETS + MAIL_TESTS :][:MAIL_WANTED]
    pool = random.permutation(np.concatenate([np.flatnonzero(~is_spam), wanted]))
    split = [re.findall(r"[a-z][a-z']*", text.lower())[:MAIL_WORDS] or ["-"] for text in texts]
    words, vocabulary = _numbered(split, pool)
    return Language(
        pool=rows[pool],
        target=rows[target],
        budgets=(100, 300),
        right=np.isin(pool, wanted),
        words=[words[i] for i in pool],
        tests=[words[i] for i in tests],
        vocabulary=vocabulary,
        tokens=25,
    )


def _where(
    every: Sequence[Sentence], documents: set[str], random: np.random.Generator
) -> np.ndarray:
    """Sentences of these documents, in random order."""
    return random.permutation([i for i, each in enumerate(every) if each.document in documents])


@cache
def _genres() -> tuple[list[Sentence], np.ndarray]:
    """All sentences of the three genres and some of the others, as many for every seed."""
    own = [each for each in sentences() if each.document[:2] in GENRES]
    rest = [each for each in sentences() if each.document[:2] not in GENRES]
    some = np.random.default_rng(0).permutation(len(rest))[:GENRE_OTHERS]
    chosen = own + [rest[i] for i in some]
    return chosen, embed([each.text for each in chosen])


@cache
def _mail() -> tuple[np.ndarray, list[str], np.ndarray]:
    """Which messages are spam, their texts and rows: some of either kind, the same for all."""
    groups, texts = _messages()
    is_spam = np.array([group.startswith("spam") for group in groups])
    order = np.random.default_rng(0).permutation(len(groups))
    spam, ham = order[is_spam[order]][:MAIL_SPAM], order[~is_spam[order]][:MAIL_HAM]
    chosen = np.concatenate([spam, ham])
    some = [texts[i] for i in chosen]
    return is_spam[chosen], some, embed(some)


@cache
def _messages() -> tuple[list[str], list[str]]:
    """Groups, and subjects with the beginnings of the bodies, without markup."""
    groups, texts = [], []
    for line in fetched("mail/messages.jsonl").read_text().splitlines():
        group, message = json.loads(line)
        head, _, body = message.partition("\n\n")
        subject = re.search(r"^Subject: (.*)$", head, re.M)
        # Boundaries, headers of parts and encoded lines are no text.
        body = re.sub(r"^(--|Content-|\S{40,}$).*$", " ", body, flags=re.M)
        body = re.sub(r"=\n|=[0-9A-F]{2}", "", body)
        body = html.unescape(re.sub(r"<!--.*?-->|<style.*?</style>|<[^>]*>", " ", body, flags=re.S))
        text = f"{subject[1] if subject else ''} {body}"
        groups.append(group)
        texts.append(" ".join(text.split())[:MAIL_CHARACTERS])
    return groups, texts


def _numbered(texts: Sequence[Sequence[str]], pool: np.ndarray) -> tuple[list[np.ndarray], int]:
    """Words as numbers, common ones of the pool from 2; and how many numbers there are."""
    counts = Counter(word for i in pool for word in texts[i])
    known = sorted(word for word, count in counts.items() if count >= COMMON)
    numbers = {word: i for i, word in enumerate(known, start=UNKNOWN + 1)}
    words = [np.array([numbers.get(word, UNKNOWN) for word in text]) for text in texts]
    return words, len(numbers) + 2
