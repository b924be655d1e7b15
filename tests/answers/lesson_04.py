"""Right and wrong answers to the exercises of lesson 04, as learners write them."""

import math

import numpy as np
from scipy.special import expit


def step_in_loops(v, u, labels, learning_rate):
    new_v, new_u = v.copy(), u.copy()
    for j, label in enumerate(labels):
        g = learning_rate * (label - 1 / (1 + math.exp(-(u[j] @ v))))
        new_v += g * u[j]
        new_u[j] += g * v
    return np.vstack([new_v, new_u])


def step_as_lists(v, u, labels, learning_rate):
    g = learning_rate * (labels - expit(u @ v))
    rows = [(v + g @ u).tolist()]
    rows += [list(row + weight * v) for row, weight in zip(u, g, strict=True)]
    return rows


def step_by_matrices(v, u, labels, learning_rate):
    error = (expit(u @ v) - labels)[:, None]
    step = np.concatenate([(error * u).sum(axis=0, keepdims=True), error * v])
    return np.concatenate([v[None], u]) - learning_rate * step


def step_in_place(v, u, labels, learning_rate):
    g = learning_rate * (labels - expit(u @ v))
    old_v = v.copy()
    v += g @ u
    u += np.outer(g, old_v)
    return np.vstack([v, u])


def step_with_fixed_labels(v, u, labels, learning_rate):
    return step_by_matrices(v, u, np.eye(len(u))[0], learning_rate)


def step_of_three(v, u, labels, learning_rate):
    return step_by_matrices(v, u[:3], labels[:3], learning_rate)


def noise_in_loops(counts, exponent):
    powers = [float(count) ** exponent for count in counts]
    return [power / math.fsum(powers) for power in powers]


def noise_by_logarithm(counts, exponent):
    powers = np.exp(exponent * np.log(counts))
    return powers / powers.sum()


def noise_normalized_twice(counts, exponent):
    shares = (counts / counts.sum()) ** exponent
    return shares / shares.sum()


def noise_of_whole_powers(counts, exponent):
    powers = (counts**exponent).round().astype(int)
    return powers / powers.sum()


def stay_in_loops(counts, sample):
    chances = []
    for count in counts:
        f = count / sum(counts)
        chances.append(min(1.0, (math.sqrt(f / sample) + 1) * sample / f))
    return chances


def stay_with_where(counts, sample):
    f = counts / counts.sum()
    chance = np.sqrt(sample / f) + sample / f
    return np.where(chance > 1, 1, chance)


def stay_clipped(counts, sample):
    f = counts / counts.sum()
    return ((np.sqrt(f / sample) + 1) * (sample / f)).clip(max=1)


ACCEPTED = {
    "04-step": [step_in_loops, step_as_lists, step_by_matrices],
    "04-noise-distribution": [noise_in_loops, noise_by_logarithm, noise_normalized_twice],
    "04-keep": [stay_in_loops, stay_with_where, stay_clipped],
}

WRONG = {
    "04-step": [
        step_in_place,
        step_with_fixed_labels,
        step_of_three,
        lambda *a: step_by_matrices(*a).ravel(),
        lambda *a: step_by_matrices(*a)[::-1],
        lambda v, u, labels, rate: step_by_matrices(v, u, labels, rate / len(labels)),
        lambda v, u, labels, rate: (v, u),
    ],
    "04-noise-distribution": [
        noise_of_whole_powers,
        lambda counts, exponent: noise_in_loops(counts, exponent or 0.75),
        lambda counts, exponent: noise_in_loops(counts, 0.75),
        lambda counts, exponent: noise_in_loops(counts, 1 / exponent),
        lambda counts, exponent: np.cumsum(noise_in_loops(counts, exponent)),
        lambda counts, exponent: np.sort(noise_in_loops(counts, exponent)),
    ],
    "04-keep": [
        lambda counts, sample: stay_clipped(np.sort(counts)[::-1], sample),
        lambda counts, sample: np.sort(stay_clipped(counts, sample)),
        lambda counts, sample: stay_clipped(np.unique(counts)[::-1], sample),
        lambda counts, sample: stay_clipped(counts, sample).round(3),
        lambda counts, sample: stay_clipped(counts, sample) >= 1,
        lambda counts, sample: np.sqrt(sample / counts * counts.sum()),
        lambda counts, sample: np.minimum(1, sample * counts.sum() / counts),
    ],
}
