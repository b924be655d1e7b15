"""Right and wrong answers to the exercises of lesson 10, as learners write them."""

import itertools

import numpy as np


def rows_by_stacking(vectors):
    zeros, mean = np.zeros(vectors.shape[1]), vectors.mean(axis=0)
    return np.vstack([zeros, mean, vectors])


def rows_as_lists(vectors):
    columns = list(zip(*vectors, strict=True))
    mean = [sum(column) / len(column) for column in columns]
    return [[0] * len(columns), mean, *vectors]


def rows_by_insert(vectors):
    table = np.insert(vectors, 0, np.average(vectors, axis=0), axis=0)
    return np.pad(table, ((1, 0), (0, 0)))


def rows_with(middle, **options):
    def table(vectors):
        result = np.zeros((len(vectors) + 2, vectors.shape[1]), **options)
        result[1], result[2:] = middle(vectors), vectors
        return result

    return table


def rows_in_place(vectors):
    mean = vectors.mean(axis=0)
    table = rows_by_stacking(vectors)
    vectors -= mean
    return table


def back_by_arrays(ids):
    return [np.array(row)[np.array(row) > 1] - 2 for row in ids]


def back_in_loops(ids):
    texts = []
    for row in ids:
        text = []
        for number in row:
            if number not in (0, 1):
                text.append(np.int32(number - 2))
        texts.append(tuple(text))
    return tuple(texts)


def back_by_filter(ids):
    return [list(map(lambda i: i - 2, filter(lambda i: i >= 2, row))) for row in ids]  # noqa: C417


def back_up_to(stops):
    def back(ids):
        rows = [itertools.takewhile(lambda i: i not in stops, row) for row in ids]
        return [[i - 2 for i in row if i > 1] for row in rows]

    return back


def back_in_place(ids):
    for row in ids:
        row[:] = [i - 2 for i in row if i > 1]
    return ids


MOVES = {"frozen, Adam": "none", "SGD": "seen", "Adam": "seen", "AdamW": "all"}

ACCEPTED = {
    "10-rows": [rows_by_stacking, rows_as_lists, rows_by_insert],
    "10-to-gensim": [back_by_arrays, back_in_loops, back_by_filter],
    "10-moves": [
        MOVES,
        {**MOVES, "frozen, Adam": None},
        {name: moves.capitalize() + " " for name, moves in MOVES.items()},
    ],
}

WRONG = {
    "10-rows": [
        rows_with(lambda vectors: np.median(vectors, axis=0)),
        rows_with(lambda vectors: vectors.sum(axis=0) / 2),
        rows_with(lambda vectors: vectors.mean(axis=0), dtype=int),
        rows_in_place,
        rows_with(lambda vectors: vectors.mean()),
        lambda vectors: rows_by_stacking(vectors).T,
        lambda vectors: rows_by_stacking(vectors)[2:],
    ],
    "10-to-gensim": [
        back_up_to({1}),
        back_up_to({0}),
        back_in_place,
        lambda ids: [[i - 2 for i in row] for row in ids],
        lambda ids: [i - 2 for row in ids for i in row if i > 1],
        lambda ids: [[str(i - 2) for i in row if i > 1] for row in ids],
        lambda ids: [{i - 2 for i in row if i > 1} for row in ids],
        lambda ids: [text for text in back_by_filter(ids) if text],
    ],
    "10-moves": [
        {**MOVES, "RMSprop": "seen"},
        {**MOVES, "AdamW": "every"},
        dict.fromkeys(MOVES, "seen"),
        {"frozen, Adam": "none", "SGD": "seen", "Adam": "all"},
        list(MOVES.values()),
        {**MOVES, "SGD": 1},
    ],
}
