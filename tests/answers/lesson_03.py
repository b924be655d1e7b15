"""Right and wrong answers to the exercises of lesson 03, as learners write them."""

import itertools

import numpy as np
from scipy import special


def pairs_by_slices(sentence, window):
    pairs = []
    for i, center in enumerate(sentence):
        left = sentence[max(0, i - window) : i]
        right = sentence[i + 1 : i + 1 + window]
        pairs.extend([center, context] for context in left + right)
    return pairs


def pairs_by_permutations(sentence, window):
    places = itertools.permutations(range(len(sentence)), 2)
    return tuple((sentence[i], sentence[j]) for i, j in places if abs(i - j) <= window)


def pairs_as_array(sentence, window):
    return np.array(pairs_by_slices(sentence, window))  # of strings, shape (pairs, 2)


def pairs_without_twins(sentence, window):
    pairs = []
    for i, center in enumerate(sentence):
        for j in range(max(0, i - window), min(len(sentence), i + window + 1)):
            if j != i and sentence[j] != sentence[j - 1]:
                pairs.append((center, sentence[j]))
    return pairs


def pairs_of_two_steps(sentence, window):
    return pairs_by_slices(sentence, min(window, 2))


def pairs_from_a_generator(sentence, window):
    yield from pairs_by_slices(sentence, window)


def score_gradient_in_a_loop(p, label):
    return [probability - (1 if j == label else 0) for j, probability in enumerate(p)]


def score_gradient_by_unit_row(p, label):
    return p - np.eye(len(p))[label]


def score_gradient_by_cases(p, label):
    return np.where(np.arange(len(p)) == label, -(1 - p), p)


def score_gradient_by_the_rest(p, label):
    result = p.astype(float)
    result[label] = -np.delete(p, label).sum()  # all derivatives add up to 0
    return result


def score_gradient_at_the_first(p, label):
    result = p.copy()
    result[0] -= 1
    return result


def score_gradient_at_the_least(p, label):
    result = p.copy()
    result[p.argmin()] -= 1
    return result


def score_gradient_of_three(p, label):
    return p - np.eye(3)[label]


def score_gradient_in_place(p, label):
    p[label] -= 1
    return p


def sums_in_a_loop(ids, rows, size):
    table = np.zeros((size, rows.shape[1]))
    for i, row in zip(ids, rows, strict=True):
        table[i] += row
    return table


def sums_by_one_hot(ids, rows, size):
    return np.eye(size)[ids].T @ rows


def sums_by_masks(ids, rows, size):
    return [rows[ids == i].sum(axis=0) for i in range(size)]


def sums_by_bincount(ids, rows, size):
    return np.array([np.bincount(ids, column, size) for column in rows.T]).T


def sums_by_indexing(ids, rows, size):
    table = np.zeros((size, rows.shape[1]))
    table[ids] += rows
    return table


def sums_of_distinct_rows(ids, rows, size):
    table = np.zeros((size, rows.shape[1]))
    for i in range(size):
        if (ids == i).any():
            table[i] = np.unique(rows[ids == i], axis=0).sum(axis=0)
    return table


def sums_of_two(ids, rows, size):
    table = np.zeros((size, rows.shape[1]))
    for i in range(size):
        table[i] = rows[ids == i][-2:].sum(axis=0)
    return table


def sums_of_whole_numbers(ids, rows, size):
    return sums_in_a_loop(ids, rows.astype(int), size)


def sums_of_neighbors(ids, rows, size):
    table = np.zeros((size, rows.shape[1]))
    for k, i in enumerate(ids):
        table[i] = rows[k] + (rows[k - 1] if k and ids[k - 1] == i else 0)
    return table


def loss_by_softmax(center_vectors, context_vectors, contexts, center):
    h = np.mean([context_vectors[c] for c in contexts], axis=0)
    return -np.log(special.softmax(center_vectors @ h)[center])


def gradient_of(share, place="center", rows=np.zeros_like):
    """Return a gradient; `share` divides it, `place` is where the label is subtracted."""

    def gradient(center_vectors, context_vectors, contexts, center):
        error = special.softmax(center_vectors @ context_vectors[contexts].mean(axis=0))
        if place == "contexts":
            error[contexts] -= 1
        elif place == "center" or center in contexts:
            error[center] -= 1
        result = rows(context_vectors)
        np.add.at(result, contexts, error @ center_vectors / share(contexts))
        return result

    return gradient


def gradient_in_loops(center_vectors, context_vectors, contexts, center):
    h = sum(context_vectors[c] for c in contexts) / len(contexts)
    prediction = special.softmax(center_vectors @ h)
    result = [[0.0] * context_vectors.shape[1] for _ in context_vectors]
    for c in contexts:
        for w, row in enumerate(center_vectors):
            for k, entry in enumerate(row):
                result[c][k] += (prediction[w] - (w == center)) * entry / len(contexts)
    return result


def gradient_by_differences(center_vectors, context_vectors, contexts, center):
    result = np.zeros(context_vectors.shape)
    for place in np.ndindex(*context_vectors.shape):
        values = []
        for step in (1e-5, -1e-5):
            moved = context_vectors.copy()
            moved[place] += step
            values.append(loss_by_softmax(center_vectors, moved, contexts, center))
        result[place] = (values[0] - values[1]) / 2e-5
    return result


def gradient_by_weights(center_vectors, context_vectors, contexts, center):
    weights = np.bincount(contexts, minlength=len(context_vectors)) / len(contexts)
    error = special.softmax(center_vectors @ (weights @ context_vectors))
    error[center] -= 1
    return weights[:, None] * (error @ center_vectors)[None, :]


def gradient_in_place(center_vectors, context_vectors, contexts, center):
    result = gradient_by_weights(center_vectors, context_vectors, contexts, center)
    context_vectors[:] = result
    return context_vectors


ACCEPTED = {
    "03-pairs": [pairs_by_slices, pairs_by_permutations, pairs_as_array],
    "03-score-gradient": [
        score_gradient_in_a_loop,
        score_gradient_by_unit_row,
        score_gradient_by_cases,
        score_gradient_by_the_rest,
    ],
    "03-sum-rows": [sums_in_a_loop, sums_by_one_hot, sums_by_masks, sums_by_bincount],
    "03-cbow-gradient": [gradient_in_loops, gradient_by_weights, gradient_by_differences],
}

WRONG = {
    "03-pairs": [
        pairs_without_twins,
        pairs_of_two_steps,
        pairs_from_a_generator,
        lambda sentence, window: pairs_by_slices(sentence, window) or None,
        lambda sentence, window: sorted(pairs_by_slices(sentence, window)),
        lambda sentence, window: ["".join(pair) for pair in pairs_by_slices(sentence, window)],
        lambda sentence, window: [pair[::-1] for pair in pairs_by_slices(sentence, window)],
    ],
    "03-score-gradient": [
        score_gradient_at_the_first,
        score_gradient_at_the_least,
        score_gradient_of_three,
        score_gradient_in_place,
        lambda p, label: np.eye(len(p))[label] - p,
        lambda p, label: p * (1 - p),
        lambda p, label: (p - np.eye(len(p))[label]) / len(p),
        lambda p, label: (p - np.eye(len(p))[label])[label],
    ],
    "03-sum-rows": [
        sums_by_indexing,
        sums_of_distinct_rows,
        sums_of_two,
        sums_of_whole_numbers,
        sums_of_neighbors,
        lambda ids, rows, size: sums_in_a_loop(ids, rows, size)[np.unique(ids)],
        lambda ids, rows, size: sums_in_a_loop(ids, rows, size).sum(axis=1),
        lambda ids, rows, size: sums_in_a_loop(ids, rows, size) / np.bincount(ids).max(),
    ],
    "03-cbow-gradient": [
        gradient_of(len, place="contexts"),
        gradient_of(len, place="if a context"),
        gradient_of(lambda contexts: 2),
        gradient_of(len, rows=lambda table: np.zeros((3, 2))),
        gradient_of(lambda contexts: len(set(contexts.tolist()))),
        gradient_in_place,
        lambda *a: gradient_by_weights(*a).T,
    ],
}
