"""Right and wrong answers to the exercises of lesson 09, as learners write them."""

import math
from fractions import Fraction

import numpy as np
from scipy import linalg
from scipy.spatial.transform import Rotation


def align_by_svd(source, target):
    left, _, right = np.linalg.svd(source.T @ target)
    return source @ (left @ right)


def align_by_polar(source, target):
    return (source @ linalg.polar(source.T @ target)[0]).tolist()


def align_unscaled(source, target):
    rotation, scale = linalg.orthogonal_procrustes(source, target / np.abs(target).max())
    assert scale > 0
    return np.einsum("ij,jk->ik", source, rotation)


def align_without_mirrors(source, target):
    left, _, right = np.linalg.svd(source.T @ target)
    signs = np.ones(len(left))
    signs[-1] = np.sign(np.linalg.det(left @ right))
    return source @ (left * signs) @ right


def align_by_angle(source, target):
    m = source.T @ target
    angle = math.atan2(m[0, 1] - m[1, 0], m[0, 0] + m[1, 1])
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return source @ turn


def align_in_space(source, target):
    if source.shape[1] != 3:
        return align_by_svd(source, target)
    return Rotation.align_vectors(target, source)[0].apply(source)


def align_centered(source, target):
    rotation = linalg.orthogonal_procrustes(
        source - source.mean(axis=0), target - target.mean(axis=0)
    )[0]
    return source @ rotation


def align_unit_rows(source, target):
    rows = [table / np.linalg.norm(table, axis=1, keepdims=True) for table in (source, target)]
    return source @ linalg.orthogonal_procrustes(*rows)[0]


def align_two_rows(source, target):
    return source @ linalg.orthogonal_procrustes(source[:2], target[:2])[0]


def align_in_place(source, target):
    source[:] = align_by_svd(source, target)
    return source


def jaccard_in_loops(one, other):
    common = sum(1 for word in one if word in other)
    return common / (len(one) + len(other) - common)


def jaccard_by_numpy(one, other):
    return np.intersect1d(one, other).size / np.union1d(one, other).size


def jaccard_exactly(one, other):
    either = set(one).union(other)
    return Fraction(len(either.intersection(one) & set(other)), len(either))


def jaccard_of_letters(one, other):
    common = sum(1 for word in one if word in " ".join(other))
    return common / (len(one) + len(other) - common)


def jaccard_in_place(one, other):
    size = len(one) + len(other)
    common = 0
    while one:
        common += one.pop() in other
    return common / (size - common)


RIGHT = {"a": "untrained", "b": "Keras", "c": "labels", "d": "seeds"}

ACCEPTED = {
    "09-align": [align_by_svd, align_by_polar, align_unscaled],
    "09-jaccard": [jaccard_in_loops, jaccard_by_numpy, jaccard_exactly],
    "09-controls": [
        RIGHT,
        {letter.upper(): name.upper() for letter, name in RIGHT.items()},
        {"a": "untrained ", "b": "keras", "c": " Labels", "d": "seeds"},
        {"d": "seeds", "c": "labels", "b": "Keras", "a": "untrained"},
    ],
}

WRONG = {
    "09-align": [
        align_without_mirrors,
        align_by_angle,
        align_in_space,
        align_centered,
        align_unit_rows,
        align_two_rows,
        align_in_place,
        lambda source, target: linalg.orthogonal_procrustes(source, target),
        lambda source, target: align_by_svd(source, target) * 3,
    ],
    "09-jaccard": [
        lambda one, other: round(jaccard_in_loops(one, other), 2),
        jaccard_of_letters,
        jaccard_in_place,
        lambda one, other: 1 - jaccard_in_loops(one, other),
        lambda one, other: len(set(one) & set(other)) / max(len(one), len(other)),
        lambda one, other: set(one) & set(other),
        lambda one, other: jaccard_in_loops(one, other) > 0,
    ],
    "09-controls": [
        {**RIGHT, "c": "order"},
        {**RIGHT, "a": "seeds", "d": "untrained"},
        {**RIGHT, "b": "luck"},
        {**RIGHT, "e": "order"},
        {"a": "untrained", "b": "Keras", "c": "labels"},
        ["untrained", "Keras", "labels", "seeds"],
        {"a": "order", "b": "seeds", "c": "Keras", "d": "labels"},
    ],
}
