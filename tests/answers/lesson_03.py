"""Right and wrong answers to the exercises of lesson 03, as learners write them."""

import itertools
import math

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


def softmax_of_rows(scores):
    if scores.ndim == 2:
        return np.array([softmax_of_rows(row) for row in scores])
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def softmax_by_logarithm(scores):
    return np.exp(scores - special.logsumexp(scores, axis=-1, keepdims=True))


def softmax_transposed(scores):
    powers = np.exp(scores.T - scores.max(axis=-1))
    return (powers / powers.sum(axis=0)).T


def softmax_with(largest):
    def softmax(scores):
        powers = np.exp(scores - largest(scores))
        return powers / powers.sum(axis=-1, keepdims=True)

    return softmax


def softmax_in_place(scores):
    scores -= scores.max(axis=-1, keepdims=True)
    return special.softmax(scores, axis=-1)


def softmax_into_like(scores):
    result = np.zeros_like(scores)
    result[...] = special.softmax(scores, axis=-1)
    return result


def loss_by_hand(center_vectors, context_vectors, contexts, center):
    h = sum(context_vectors[c] for c in contexts) / len(contexts)
    scores = [float(row @ h) for row in center_vectors]
    return math.log(sum(math.exp(score - scores[center]) for score in scores))


def loss_by_softmax(center_vectors, context_vectors, contexts, center):
    h = np.mean([context_vectors[c] for c in contexts], axis=0)
    return -np.log(special.softmax(center_vectors @ h)[center])


def loss_by_weights(center_vectors, context_vectors, contexts, center):
    weights = np.bincount(contexts, minlength=len(context_vectors)) / len(contexts)
    scores = center_vectors @ (weights @ context_vectors)
    return np.array(special.logsumexp(scores) - scores[center])


def loss_of_first_column(center_vectors, context_vectors, contexts, center):
    h = context_vectors[contexts].mean(axis=0)
    return -special.log_softmax(center_vectors[:, 0] * h[0])[center]


def loss_of_first_row(center_vectors, context_vectors, contexts, center):
    scores = np.zeros(len(center_vectors))
    scores[0] = center_vectors[0] @ context_vectors[contexts].mean(axis=0)
    return -special.log_softmax(scores)[center]


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
    "03-softmax": [softmax_of_rows, softmax_by_logarithm, softmax_transposed],
    "03-cbow-loss": [loss_by_hand, loss_by_softmax, loss_by_weights],
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
    "03-softmax": [
        softmax_with(lambda s: s.max()),
        softmax_with(lambda s: s.min(axis=-1, keepdims=True)),
        softmax_with(lambda s: s.mean(axis=-1, keepdims=True)),
        softmax_with(lambda s: np.maximum(s.max(axis=-1, keepdims=True), 0)),
        softmax_with(lambda s: 700),
        lambda scores: special.softmax(np.minimum(scores, 700), axis=-1),
        lambda scores: np.nan_to_num(
            np.exp(scores) / np.exp(scores).sum(-1, keepdims=True), 0.5
        ),
        softmax_in_place,
        softmax_into_like,
    ],
    "03-cbow-loss": [
        loss_of_first_column,
        loss_of_first_row,
        lambda *a: [loss_by_hand(*a)],
        lambda *a: loss_by_hand(*a) / math.log(2),
        lambda *a: loss_by_hand(*a) / len(a[2]),
        lambda *a: str(loss_by_hand(*a)),
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
