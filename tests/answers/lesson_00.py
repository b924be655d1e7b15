"""Right and wrong answers to the exercises of lesson 00, as learners write them."""

import math

import numpy as np


def by_adding(vocabulary_size, dimension):
    total = 0
    for _ in range(vocabulary_size):
        total += dimension
    return total


def from_memory(vocabulary_size, dimension):
    return {(10_000, 100): 1_000_000, (7, 3): 21}[vocabulary_size, dimension]


ACCEPTED = {
    "00-table-size": [
        lambda v, d: math.prod((v, d)),
        lambda v, d: np.int64(v) * d,
        lambda v, d: float(v * d),
        lambda v, d: np.zeros((v, d), dtype=bool).size,
        by_adding,
    ],
}

WRONG = {
    "00-table-size": [
        lambda v, d: str(v * d),
        lambda v, d: v * (d + 1),
        lambda v, d: v**d,  # too large for a float
        lambda v, d: v * d if v > d else 0,
        lambda v, d: v * max(d, 2),
        lambda v, d: print(v * d),
        from_memory,
    ],
}
