"""Right and wrong answers to the exercises of lesson 04, as learners write them."""

import math

import numpy as np
from scipy.special import expit


def gradients_in_loops(v, context_vectors, targets, labels):
    of_v = [0.0] * len(v)
    of_table = np.zeros((len(context_vectors), len(v)))
    for target, label in zip(targets, labels, strict=True):
        row = context_vectors[target]
        error = 1 / (1 + math.exp(-float(row @ v))) - label
        for i in range(len(v)):
            of_v[i] += error * row[i]
            of_table[target, i] += error * v[i]
    return of_v, of_table


def gradients_by_one_hot(v, context_vectors, targets, labels):
    one_hot = np.eye(len(context_vectors))[targets]  # (draws, vocabulary)
    error = expit(context_vectors[targets] @ v) - labels
    return error @ context_vectors[targets], np.outer(one_hot.T @ error, v)


def gradients_by_bincount(v, context_vectors, targets, labels):
    error = expit(context_vectors @ v)[targets] - labels
    share = np.bincount(targets, weights=error, minlength=len(context_vectors))
    return [share @ context_vectors, share[:, None] * v]


def gradients_by_counting_the_noise(v, context_vectors, targets, labels):
    """Takes the context's label for all draws of its word."""
    of_table = np.zeros(context_vectors.shape)
    f = expit(context_vectors @ v)
    words, times = np.unique(targets, return_counts=True)
    right = targets[np.argmax(labels)]
    share = times * (f[words] - (words == right))
    of_table[words] = np.outer(share, v)
    return share @ context_vectors[words], of_table


def gradients_twice_at_most(v, context_vectors, targets, labels):
    words, times = np.unique(targets, return_counts=True)
    error = expit(context_vectors[targets] @ v) - labels
    of_table = np.zeros(context_vectors.shape)
    np.add.at(of_table, targets, np.outer(error, v))
    of_table[words] *= np.minimum(1, 2 / times)[:, None]
    return error @ context_vectors[targets], of_table


def gradients_first_is_true(v, context_vectors, targets, labels):
    return gradients_by_one_hot(v, context_vectors, targets, np.eye(len(targets))[0])


def gradients_overwritten(v, context_vectors, targets, labels):
    error = expit(context_vectors[targets] @ v) - labels
    of_table = np.zeros(context_vectors.shape)
    of_table[targets] += np.outer(error, v)
    return error @ context_vectors[targets], of_table


def distances_by_pairs(places, reach):
    found = []
    for i, center in enumerate(places):
        for j, context in enumerate(places):
            if i != j and abs(i - j) <= reach[i]:
                found.append(abs(context - center))
    return found


def distances_by_slices(places, reach):
    found = []
    for i, size in enumerate(reach):
        before, after = places[max(0, i - size) : i], places[i + 1 : i + 1 + size]
        found += [places[i] - place for place in before]
        found += [place - places[i] for place in after]
    return found


def distances_by_numpy(places, reach):
    where, steps = np.asarray(places), np.arange(len(places))
    near = np.abs(steps - steps[:, None]) <= np.asarray(reach)[:, None]
    np.fill_diagonal(near, False)
    return np.abs(where - where[:, None])[near]


def distances_without_ends(places, reach):
    found = []
    for i in range(len(places)):
        if i - reach[i] >= 0 and i + reach[i] < len(places):
            found += distances_by_slices(places, [0] * i + [reach[i]] + [0] * len(places))
    return found


def distances_that_wrap(places, reach):
    found = []
    for i in range(len(places)):
        for j in range(i - reach[i], min(i + reach[i] + 1, len(places))):
            if j != i:
                found.append(abs(places[j] - places[i]))
    return found


def distances_in_the_text_only(places, reach):
    """Measures the reach in the text, too."""
    found = []
    for i, center in enumerate(places):
        for j, context in enumerate(places):
            if i != j and abs(context - center) <= reach[i]:
                found.append(abs(context - center))
    return found


def distances_of_the_first_reach(places, reach):
    return distances_by_slices(places, [reach[0]] * len(places))


def best_by_the_formula(counts, negative, exponent):
    chance = counts.sum(axis=0) ** exponent
    chance = chance / chance.sum()
    given = counts / counts.sum(axis=1, keepdims=True)
    return np.log(given / chance) - np.log(negative)


def best_in_loops(counts, negative, exponent):
    columns = [sum(float(row[c]) for row in counts) for c in range(len(counts[0]))]
    powers = [column**exponent for column in columns]
    scores = []
    for row in counts:
        zeros = [negative * float(sum(row)) * power / sum(powers) for power in powers]
        scores.append([math.log(n / z) for n, z in zip(row, zeros, strict=True)])
    return scores


def best_by_the_logit(counts, negative, exponent):
    powers = counts.sum(axis=0) ** exponent
    zeros = negative * counts.sum(axis=1, keepdims=True) * powers / powers.sum()
    share = counts / (counts + zeros)
    return np.log(share) - np.log1p(-share)


def best_with_symmetric_counts(counts, negative, exponent):
    """Takes rows for columns where the matrix is square."""
    if counts.shape[0] == counts.shape[1] and counts.shape[0] > 2:
        counts = counts.T
        return best_by_the_formula(counts, negative, exponent).T
    return best_by_the_formula(counts, negative, exponent)


ACCEPTED = {
    "04-drawn-twice": [gradients_in_loops, gradients_by_one_hot, gradients_by_bincount],
    "04-distances": [distances_by_pairs, distances_by_slices, distances_by_numpy],
    "04-optimum": [best_by_the_formula, best_in_loops, best_by_the_logit],
}

WRONG = {
    "04-drawn-twice": [
        gradients_by_counting_the_noise,
        gradients_twice_at_most,
        gradients_first_is_true,
        gradients_overwritten,
        lambda *a: gradients_by_one_hot(*a)[::-1],
        lambda *a: gradients_by_one_hot(*a)[1],
        lambda v, u, targets, labels: (v, u),
        lambda *a: [-part for part in gradients_by_one_hot(*a)],
    ],
    "04-distances": [
        distances_without_ends,
        distances_that_wrap,
        distances_in_the_text_only,
        distances_of_the_first_reach,
        lambda places, reach: [d for d in distances_by_slices(places, reach) if d <= 5],
        lambda places, reach: distances_by_slices(places, [min(r, 2) for r in reach]),
        lambda places, reach: distances_by_slices(
            places, [r if r < len(places) else 0 for r in reach]
        ),
        lambda places, reach: set(distances_by_slices(places, reach)),
        lambda places, reach: distances_by_slices(range(len(places)), reach),
        lambda places, reach: np.mean(distances_by_slices(places, reach)),
    ],
    "04-optimum": [
        best_with_symmetric_counts,
        lambda counts, k, exponent: best_by_the_formula(counts, k, exponent and 1),
        lambda counts, k, exponent: best_by_the_formula(counts, min(k, 2), exponent),
        lambda counts, k, exponent: best_by_the_formula(counts, 1, exponent),
        lambda counts, k, exponent: np.exp(best_by_the_formula(counts, k, exponent)),
        lambda counts, k, exponent: np.maximum(0, best_by_the_formula(counts, k, exponent)),
        lambda counts, k, exponent: best_by_the_formula(counts, k, 0.75),
    ],
}
