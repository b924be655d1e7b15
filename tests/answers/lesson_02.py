"""Right and wrong answers to the exercises of lesson 02, as learners write them."""

import itertools
import math
from collections import Counter, defaultdict

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


def contiguous_pieces(sentences, window):
    """Right but for a word that follows itself: those pairs are counted once, not twice."""
    counts = Counter()
    for sentence in sentences:
        for i, j in itertools.combinations(range(len(sentence)), 2):
            if j - i <= window:
                for pair in {(sentence[i], sentence[j]), (sentence[j], sentence[i])}:
                    counts[pair] += 1
    return counts


def places_of(group_of):
    return [np.flatnonzero(group_of == group) for group in np.unique(group_of)]


def shuffled_by_groups(ids, group_of, rng):
    result = np.empty_like(ids)
    for places in places_of(group_of):
        result[rng.permutation(places)] = ids[places]
    return result


def shuffled_by_sorting(ids, group_of, rng):
    order = np.lexsort((rng.random(len(ids)), group_of))
    result = np.empty_like(ids)
    result[np.argsort(group_of, kind="stable")] = ids[order]
    return result


def shuffled_in_lists(ids, group_of, rng):
    result = [int(i) for i in ids]
    for group in set(group_of.tolist()):
        places = [i for i, g in enumerate(group_of) if g == group]
        tokens = [int(ids[i]) for i in places]
        rng.shuffle(tokens)
        for i, token in zip(places, tokens, strict=True):
            result[i] = token
    return result


def shuffled_in_one_piece(ids, group_of, rng):
    """Wrong where a group is not in one piece: its tokens come back elsewhere."""
    return ids[np.lexsort((rng.random(len(ids)), group_of))]


def first_token_stays(ids, group_of, rng):
    """Wrong where words occur again: places are looked up by word."""
    result = ids.copy()
    for places in places_of(group_of):
        kinds = np.unique(ids[places])
        moved = dict(zip(kinds.tolist(), rng.permutation(kinds).tolist(), strict=True))
        result[places] = [moved[token] for token in ids[places].tolist()]
    return result


def shuffled_in_place(ids, group_of, rng):
    for places in places_of(group_of):
        ids[places] = rng.permutation(ids[places])
    return ids


def with_replacement(ids, group_of, rng):
    result = ids.copy()
    for places in places_of(group_of):
        result[places] = rng.choice(ids[places], size=len(places))
    return result


def turned_around(ids, group_of, rng):
    result = ids.copy()
    for places in places_of(group_of):
        result[places] = ids[places][:: rng.choice([-1, 1])]
    return result


def its_own_generator(ids, group_of, rng):
    return shuffled_by_groups(ids, group_of, np.random.default_rng(0))


ACCEPTED = {
    "02-counting": [counts_in_a_counter, counts_by_distance, counts_in_loops],
    "02-napkin": [
        [math.log(1.5), 0, 0],
        (0.41, 0.0, 0.0),
        np.array([0.405, 0, 0], dtype=np.float32),
    ],
    "02-shuffle": [shuffled_by_groups, shuffled_by_sorting, shuffled_in_lists],
}

WRONG = {
    "02-counting": [
        other_words_only,
        first_place_of_a_word,
        once_per_sentence,
        contiguous_pieces,
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
    "02-shuffle": [
        shuffled_in_one_piece,
        first_token_stays,
        shuffled_in_place,
        with_replacement,
        turned_around,
        its_own_generator,
    ],
}
