"""Right and wrong answers to the exercises of lesson 01, as learners write them."""

import math

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity


def cosine_in_place(u, v):
    u /= np.linalg.norm(u)
    v /= np.linalg.norm(v)
    return u @ v


def cosine_by_angles(u, v):
    return math.cos(math.atan2(u[1], u[0]) - math.atan2(v[1], v[0]))


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
    "01-cosine": [
        lambda u, v: np.dot(u, v) / math.sqrt(np.dot(u, u)) / math.sqrt(np.dot(v, v)),
        lambda u, v: cosine_similarity([u], [v])[0, 0],
        lambda u, v: (
            sum(a * b for a, b in zip(u, v, strict=True)) / math.hypot(*u) / math.hypot(*v)
        ),
        lambda u, v: np.array(u @ v / np.linalg.norm(u) / np.linalg.norm(v)),
    ],
    "01-disagreement": [
        [[9, 0], [2, 1]],
        np.array([[0.0, 20.0], [0.2, 0.1]]),
        (np.array([3, -1]), (0.4, 0.2)),
        [[100, -10], [1, 1]],
    ],
    "01-neighbors": [
        neighbors_by_sorting,
        neighbors_by_deleting,
        neighbors_one_by_one,
    ],
}

WRONG = {
    "01-cosine": [
        lambda u, v: str(round(u @ v / np.linalg.norm(u) / np.linalg.norm(v), 9)),
        cosine_in_place,
        cosine_by_angles,
        lambda u, v: round(u @ v / np.linalg.norm(u) / np.linalg.norm(v), 2),
        lambda u, v: u @ v / max(np.linalg.norm(u) * np.linalg.norm(v), 1e-3),
        lambda u, v: u @ v / (np.linalg.norm(u) + np.linalg.norm(v)),
        lambda u, v: np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)),
    ],
    "01-disagreement": [
        [["9", "0"], ["2", "1"]],
        [[9, 0, 0], [2, 1, 0]],
        [[float("nan"), 1], [2, 1]],
        [[float("inf"), 0], [2, 1]],
        [[0, 0], [2, 1]],
        [[9, 0], [-2, -1]],
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
