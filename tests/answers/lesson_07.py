"""Right and wrong answers to the exercises of lesson 07, as learners write them."""

import numpy as np


def gradient_in_loops(ids, word_id, p, y, w):
    words = [i for i in ids if i != 0]
    share = sum(1 for i in words if i == word_id) / len(words)
    return [share * (p - y) * entry for entry in w]


def gradient_by_mean(ids, word_id, p, y, w):
    return (ids[ids > 0] == word_id).mean() * (p - y) * w


def gradient_by_bincount(ids, word_id, p, y, w):
    counts = np.bincount(ids, minlength=word_id + 1)
    return counts[word_id] / counts[1:].sum() * w * (p - y)


def gradient_up_to_padding(ids, word_id, p, y, w):
    n = list(ids).index(0)  # a review without padding has none
    return list(ids).count(word_id) / n * (p - y) * w


def gradient_of_known_words(ids, word_id, p, y, w):
    return np.sum(ids == word_id) / np.sum(ids > 1) * (p - y) * w


def gradient_of_two_columns(ids, word_id, p, y, w):
    share = np.mean(ids[ids > 0] == word_id) * (p - y)
    return np.array([share * w[0], share * w[1]])


def gradient_in_place(ids, word_id, p, y, w):
    w *= gradient_by_mean(ids, word_id, p, y, 1.0)
    return w


def shares(change):
    values = np.linalg.svd(change, compute_uv=False) ** 2
    return values / values.sum()


def first_share_by_eigenvalues(change, k):
    values = np.linalg.eigvalsh(change.T @ change)[::-1]
    return values[:k].sum() / np.sum(change**2)


def first_share_by_projection(change, k):
    directions = np.linalg.svd(change)[2][:k]
    return np.sum((change @ directions.T) ** 2) / np.sum(change**2)


def largest_sums(axis):
    def share(change, k):
        sums = np.sort((change**2).sum(axis=axis))[::-1]
        return sums[:k].sum() / sums.sum()

    return share


def largest_entries(change, k):
    return np.sort((change**2).ravel())[::-1][:k].sum() / (change**2).sum()


ACCEPTED = {
    "07-bag": [
        ["the soup was good, not bad", "the soup was bad, not good"],
        ["The soup wasn't bad, it was good.", "The soup wasn't good, it was bad."],
        ["not really bad but good", "not really good but bad"],
        ["nothing was bad, everything was good", "nothing was good, everything was bad"],
        ["good without a bad side", "bad without a good side"],
        ["the good soup is not a bad soup", "the bad soup is not a good soup"],
        ["good and far from bad", "bad and far from good"],
        ["a great film, by no means dull", "a dull film, by no means great"],
        ["I can't say it was bad: it was great", "I can't say it was great: it was bad"],
        ("It was not very bad. Good!", "It was not very good. Bad!"),
    ],
    "07-row-gradient": [gradient_in_loops, gradient_by_mean, gradient_by_bincount],
    "07-first-share": [
        lambda change, k: np.cumsum(shares(change))[k - 1],
        first_share_by_eigenvalues,
        first_share_by_projection,
    ],
}

WRONG = {
    "07-bag": [
        ["the soup was bad, not good", "the soup was good, not bad"],
        ["it was not good, not bad", "it was not bad, not good"],
        ["not a b", "not b a"],
        ["it was good not", "it was not good"],
        ["the not soup was good", "the soup was not good"],
        ["good", "bad"],
        ["the soup was good, not bad", "the soup was good, not bad"],
        ["not loved, I bored it and never bad", "not bad, I bored it and never loved"],
        ["the soup was good, not bad"],
        [1, 2],
    ],
    "07-row-gradient": [
        gradient_of_known_words,
        gradient_up_to_padding,
        gradient_of_two_columns,
        gradient_in_place,
        lambda *a: -np.array(gradient_in_loops(*a)),
        lambda *a: float(np.sum(gradient_in_loops(*a))),
        lambda ids, word_id, p, y, w: (p - y) * w,
    ],
    "07-first-share": [
        largest_sums(0),
        largest_sums(1),
        largest_entries,
        lambda change, k: 1 - shares(change)[:k].sum(),
        lambda change, k: shares(change)[:k],
        lambda change, k: 100 * shares(change)[:k].sum(),
        lambda change, k: shares(change)[: k + 1].sum(),
    ],
}
