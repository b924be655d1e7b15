"""Right and wrong answers to the exercises of lesson 01, as learners write them."""

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity


def reorder_by_loop(table, vocabulary, new_vocabulary):
    rows = []
    for word in new_vocabulary:
        rows.append(table[vocabulary.index(word)])
    return rows


def reorder_by_dict(table, vocabulary, new_vocabulary):
    rows = dict(zip(vocabulary, table, strict=True))
    return np.array([rows[word] for word in new_vocabulary])


def reorder_by_product(table, vocabulary, new_vocabulary):
    one_hot = np.array([[float(old == new) for old in vocabulary] for new in new_vocabulary])
    return one_hot @ table


def reorder_by_alphabet(table, vocabulary, new_vocabulary):
    return table[np.argsort(vocabulary)][: len(new_vocabulary)]


def reorder_into_same_shape(table, vocabulary, new_vocabulary):
    moved = np.zeros_like(table)
    for i, word in enumerate(new_vocabulary):
        moved[i] = table[vocabulary.index(word)]
    return moved


def reorder_in_place(table, vocabulary, new_vocabulary):
    table[: len(new_vocabulary)] = table[[vocabulary.index(word) for word in new_vocabulary]]
    return table[: len(new_vocabulary)]


def reorder_by_filter(table, vocabulary, new_vocabulary):
    return table[[word in new_vocabulary for word in vocabulary]]


def reorder_backward(table, vocabulary, new_vocabulary):
    return table[[new_vocabulary.index(word) for word in vocabulary if word in new_vocabulary]]


def cosines(table, i):
    return cosine_similarity(table)[i]


def neighbors_by_sorting(table, i, k):
    scores = cosines(table, i)
    others = [j for j in range(len(table)) if j != i]
    return sorted(others, key=lambda j: -scores[j])[:k]


def neighbors_by_deleting(table, i, k):
    order = np.argsort(cosines(table, i))[::-1]
    return np.delete(order, np.flatnonzero(order == i))[:k]


def neighbors_one_by_one(table, i, k):
    scores = cosines(table, i)
    scores[i] = -2
    found = []
    for _ in range(k):
        found.append(int(scores.argmax()))
        scores[found[-1]] = -2
    return tuple(found)


def neighbors_in_place(table, i, k):
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    scores = table @ table[i]
    scores[i] = -np.inf
    return np.argsort(-scores)[:k]


def neighbors_by_value(table, i, k):
    scores = cosines(table, i).round(9)
    order = np.argsort(-scores)
    return order[scores[order] < 1][:k]


def positive_neighbors(table, i, k):
    scores = cosines(table, i)
    return [j for j in np.argsort(-scores) if j != i and scores[j] > 0][:k]


ACCEPTED = {
    "01-reorder": [
        reorder_by_loop,
        reorder_by_dict,
        reorder_by_product,
        lambda table, old, new: np.take(table, [old.index(word) for word in new], axis=0),
    ],
    "01-disagreement": [
        [[20, 10], [2, 0]],
        np.array([[8.0, 4.0], [0.2, 0.0]]),
        (np.array([40, 20]), (3.0, 1.0)),
        [[30, 16], [1, 1]],
    ],
    "01-neighbors": [
        neighbors_by_sorting,
        neighbors_by_deleting,
        neighbors_one_by_one,
    ],
}

WRONG = {
    "01-reorder": [
        reorder_by_alphabet,
        reorder_into_same_shape,
        reorder_in_place,
        reorder_by_filter,
        reorder_backward,
        lambda table, old, new: table,
        lambda table, old, new: [old.index(word) for word in new],
    ],
    "01-disagreement": [
        [["20", "10"], ["2", "0"]],
        [[20, 10, 0], [2, 0, 0]],
        [[float("nan"), 1], [2, 1]],
        [[float("inf"), 0], [2, 1]],
        [[0, 0], [2, 1]],
        [[4.2, -0.5], [0.6, 0.3]],
        [[1.4, 1.7], [0.6, 0.3]],
        [[2, 0], [20, 10]],
    ],
    "01-neighbors": [
        lambda table, i, k: np.argsort(-cosines(table, i))[1 : k + 1],
        neighbors_in_place,
        neighbors_by_value,
        positive_neighbors,
        lambda table, i, k: np.argsort(-cosines(table, i))[: k + 1],
        lambda table, i, k: np.sort(-cosines(table, i))[1 : k + 1],
    ],
}
