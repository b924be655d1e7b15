"""Right and wrong answers to the exercises of lesson 02, as learners write them."""

import itertools
import math
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np


def pairs_of(sentence, window):
    for i, j in itertools.permutations(range(len(sentence)), 2):
        if abs(i - j) <= window:
            yield sentence[i], sentence[j]


def counts_in_a_counter(sentences, window):
    return Counter(pair for sentence in sentences for pair in pairs_of(sentence, window))


def counts_by_distance(sentences, window):
    counts = defaultdict(int)
    for sentence in sentences:
        for distance in range(1, window + 1):
            for left, right in zip(sentence, sentence[distance:], strict=False):
                counts[left, right] += 1
                counts[right, left] += 1
    return counts


def counts_in_loops(sentences, window):
    counts = {}
    for sentence in sentences:
        for i in range(len(sentence)):
            for j in range(max(0, i - window), min(len(sentence), i + window + 1)):
                if j != i:
                    pair = (sentence[i], sentence[j])
                    counts[pair] = counts.get(pair, 0) + 1
    return counts


def other_words_only(sentences, window):
    counts = counts_in_a_counter(sentences, window)
    return {pair: count for pair, count in counts.items() if pair[0] != pair[1]}


def first_place_of_a_word(sentences, window):
    counts = Counter()
    for sentence in sentences:
        for word in sentence:
            i = sentence.index(word)
            contexts = sentence[max(0, i - window) : i] + sentence[i + 1 : i + window + 1]
            counts.update((word, context) for context in contexts)
    return counts


def once_per_sentence(sentences, window):
    return Counter(p for sentence in sentences for p in set(pairs_of(sentence, window)))


def shares(window):
    return [(window - d + 1) / window for d in range(1, window + 1)]


ACCEPTED = {
    "02-counting": [counts_in_a_counter, counts_by_distance, counts_in_loops],
    "02-napkin": [
        [math.log(1.5), 0, 0],
        (0.41, 0.0, 0.0),
        np.array([0.405, 0, 0], dtype=np.float32),
    ],
    "02-shrinking": [
        shares,
        lambda window: np.linspace(1, 1 / window, window),
        lambda window: [Fraction(window - d, window) for d in range(window)],
        lambda window: (np.arange(window)[::-1] + 1).astype(np.float64) / window,
    ],
}

WRONG = {
    "02-counting": [
        other_words_only,
        first_place_of_a_word,
        once_per_sentence,
        lambda sentences, window: list(counts_in_a_counter(sentences, window).items()),
        lambda sentences, window: dict.fromkeys(counts_in_a_counter(sentences, window), 1),
        lambda sentences, window: counts_in_a_counter(sentences, window) or None,
    ],
    "02-napkin": [
        [math.nan, math.nan, math.nan],
        [0.405, math.nan, 0],
        ["0.405", "0", "0"],
        [0.405, 0],
        [0.405, False, False],
        [0, 0.405, 0],
        {"rain": 0.405, "desk": 0, "the": 0},
    ],
    "02-shrinking": [
        lambda window: np.round(shares(window), 1),
        lambda window: np.arange(1, 0, -1 / window),  # one too many, by rounding
        lambda window: shares(window)[::-1],
        lambda window: [*shares(window), 0.0],
        lambda window: sum(shares(window)) / window,
        lambda window: [[share] for share in shares(window)],
    ],
}
