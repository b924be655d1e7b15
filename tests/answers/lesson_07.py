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


def by_counting(sides, roles):
    pairs = list(zip(sides, roles, strict=True))
    sides = list(sides)
    shares = [(pairs.count(pair) - 1) / (sides.count(pair[0]) - 1) for pair in pairs]
    return sum(shares) / len(shares)


def by_matrix(sides, roles):
    same_side = np.equal.outer(sides, sides)
    np.fill_diagonal(same_side, False)
    same_role = np.equal.outer(roles, roles)
    return ((same_side & same_role).sum(axis=1) / same_side.sum(axis=1)).mean()


def by_removing(sides, roles):
    total = 0
    for i in range(len(sides)):
        others = np.delete(roles, i)[np.delete(sides, i) == sides[i]]
        total += np.count_nonzero(others == roles[i]) / len(others)
    return np.float32(total / len(sides))


def with_itself(sides, roles):
    return np.mean(
        [np.mean(roles[sides == s] == r) for s, r in zip(sides, roles, strict=True)]
    )


def by_sign(sides, roles):  # sides have to be 1 and -1
    same_side = np.outer(sides, sides) > 0
    np.fill_diagonal(same_side, False)
    return ((same_side & np.equal.outer(roles, roles)).sum(1) / same_side.sum(1)).mean()


def in_blocks(sides, roles):  # the words of a side have to follow each other
    shares = []
    for block in np.split(roles, np.flatnonzero(np.diff(sides)) + 1):
        for role in block:
            shares.append((np.sum(block == role) - 1) / max(len(block) - 1, 1))
    return np.mean(shares)


def mean_of_sides(sides, roles):
    each = []
    for side in np.unique(sides):
        own = roles[sides == side]
        each.append(np.mean([(np.sum(own == role) - 1) / (len(own) - 1) for role in own]))
    return np.mean(each)


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
        ["I love it, I don't hate it", "I hate it, I don't love it"],
        ["Happy, not sad", "Sad, not happy"],
        ["It was better, not worse.", "It was worse, not better."],
    ],
    "07-row-gradient": [gradient_in_loops, gradient_by_mean, gradient_by_bincount],
    "07-chance": [by_counting, by_matrix, by_removing],
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
        ["I don't love it, I hate it", "I love it, I don't hate it"],
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
    "07-chance": [
        with_itself,
        by_sign,
        in_blocks,
        mean_of_sides,
        lambda sides, roles: 1 - by_matrix(sides, roles),
        lambda sides, roles: 100 * by_matrix(sides, roles),
        lambda sides, roles: by_matrix(np.ones(len(sides)), roles),
    ],
}
