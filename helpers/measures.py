"""What can be asked of a table of word vectors. Each function is opened in a lesson first.

A table is an array of shape (vocabulary, vector_size); a word is the number of its row.
"""

from pathlib import Path
from typing import TypeVar

import numpy as np
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from scipy import linalg
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score

Vectors = TypeVar("Vectors", np.ndarray, KeyedVectors)
TIE = 1e-12  # cosines this near are one and the same but for rounding


def unit_rows(table: np.ndarray) -> np.ndarray:
    """Divide every row by its length; a row of zeros stays as it is.

    Raises
    ------
    ValueError
        If a row holds NaN or infinity, or its length is too large for the kind of number.
    """
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    endless = np.flatnonzero(~np.isfinite(lengths))
    if len(endless):
        raise ValueError(
            f"row {endless[0]} has no finite length: train with a lower learning rate, or "
            "leave the row out"
        )
    return table / np.where(lengths == 0, 1, lengths)


def cosine(table: np.ndarray, i: int | np.ndarray, j: int | np.ndarray) -> float | np.ndarray:
    """Return the cosine of rows i and j, or of several rows pair by pair."""
    unit = unit_rows(table)
    cosines = (unit[i] * unit[j]).sum(axis=-1)
    return float(cosines) if cosines.ndim == 0 else cosines


def neighbors(
    table: np.ndarray, rows: np.ndarray, among: np.ndarray | None = None, count: int = 10
) -> np.ndarray:
    """Return for each of some rows the rows with the largest cosines, nearest first.

    Parameters
    ----------
    table : ndarray, shape (vocabulary, vector_size)
    rows : sequence of int
        Whose neighbors to find.
    among : sequence of int, optional
        Which rows may be neighbors; all, by default.
    count : int

    Returns
    -------
    ndarray of int, shape (rows, count)
        A row is never its own neighbor. Cosines are computed in float64: in float32 those of
        unlike rows can round to one number.

    Raises
    ------
    ValueError
        If there are fewer than `count` other rows.
    """
    unit = unit_rows(np.asarray(table, dtype=np.float64))
    among = np.arange(len(table)) if among is None else np.asarray(among)
    found = []
    for row in rows:
        others = among[among != row]
        if len(others) < count:
            raise ValueError(f"row {row} has {len(others)} other rows: lower count={count}")
        cosines = unit[others] @ unit[row]
        found.append(others[np.argsort(-cosines, kind="stable")[:count]])
    return np.array(found)


def neighbor_overlap(
    first: np.ndarray, second: np.ndarray, count: int = 10, among: np.ndarray | None = None
) -> float:
    """Return how much of each word's neighborhood two tables of the same words share.

    Parameters
    ----------
    first, second : ndarray, shape (vocabulary, any size)
        Row i of both belongs to the same word. The tables may lie in different directions.
    count : int
        How many neighbors of each word to compare.
    among : sequence of int, optional
        The words that are asked, and that may be neighbors; all, by default.

    Returns
    -------
    float
        From 0 to 1: the mean Jaccard index, what both lists hold over what either holds.

    Raises
    ------
    ValueError
        If the tables have not one row for each word, a row is of zeros, or all rows point the
        same way: no word has neighbors then.
    """
    if len(first) != len(second):
        raise ValueError(
            f"the tables have {len(first)} and {len(second)} rows: row i of both has to "
            "belong to the same word"
        )
    words = np.arange(len(first)) if among is None else np.asarray(among)
    for table in (first, second):
        directions = unit_rows(np.asarray(table, dtype=np.float64))[words]
        _demand_directions(table, words)
        if len(words) > 1 and np.all(directions @ directions[0] > 1 - TIE):
            raise ValueError(
                f"all {len(words)} rows point the same way, so none is nearer than another: "
                "the table is collapsed; train it anew"
            )
    shares = []
    for one, other in zip(
        neighbors(first, words, words, count),
        neighbors(second, words, words, count),
        strict=True,
    ):
        both = set(one) & set(other)
        either = set(one) | set(other)
        shares.append(len(both) / len(either))
    return float(np.mean(shares))


def rank(table: np.ndarray, word: int, other: int, among: np.ndarray | None = None) -> int:
    """Return the place of a row among the neighbors of another: 1 if it is the nearest.

    Parameters
    ----------
    table : ndarray, shape (vocabulary, vector_size)
    word, other : int
        The row that is asked, and the row whose place is wanted.
    among : sequence of int, optional
        The rows that compete with `other`; all, by default. One that is as near counts as
        nearer.

    Raises
    ------
    ValueError
        If a row is not finite, or one of the two is of zeros.
    """
    # In float32, the cosines of unlike rows can round to one number; that would be no tie.
    unit = unit_rows(np.asarray(table, dtype=np.float64))
    _demand_directions(unit, np.array([word, other]))
    among = np.arange(len(table)) if among is None else np.asarray(among)
    rivals = among[(among != word) & (among != other)]
    ahead = unit[rivals] @ unit[word] - unit[other] @ unit[word]
    # A row of zeros is near to nothing, so it can be ahead, as 0 is of -1, but not level.
    level = (np.abs(ahead) <= TIE) & unit[rivals].any(axis=1)
    return int(((ahead > TIE) | level).sum()) + 1


def _demand_directions(table: np.ndarray, words: np.ndarray) -> None:
    zeros = words[~np.any(table[words], axis=1)]
    if len(zeros):
        raise ValueError(
            f"row {zeros[0]} is of zeros and points nowhere: leave it out, or train it"
        )


def align(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the rotation Q that lays `source @ Q` as near to `target` as it can.

    Orthogonal Procrustes (Schönemann 1966, doi 10.1007/BF02289451): of all rotations and
    reflections, the one with the smallest sum of squared differences. Nothing is stretched.

    Parameters
    ----------
    source, target : ndarray, shape (words, d)
        Row i of both belongs to the same word. Only differences between the tables are turned
        away, so subtract the mean rows first if they are not meant to count.

    Returns
    -------
    ndarray, shape (d, d)
    """
    rotation, _ = linalg.orthogonal_procrustes(source, target)
    return rotation


def probe(
    rows: np.ndarray,
    labels: np.ndarray,
    folds: int = 5,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> float:
    """Return how well a linear rule reads a property of words from their rows.

    Parameters
    ----------
    rows : ndarray, shape (words, vector_size)
    labels : sequence, length words
        The property, with two values or more.
    folds : int
        The rule is fitted on all folds but one, and tried on the words of that one.
    seed : int
        Decides which word is in which fold.
    groups : sequence, length words, optional
        Words of one group stay in one fold, such as a word and its opposite.

    Returns
    -------
    float
        Mean area under the ROC curve on held-out words; for more than two values, of each
        against the rest. It is 0.5 on average if the rows know nothing. What shuffled labels
        give says how far from 0.5 chance goes.

    Raises
    ------
    ValueError
        If some value has fewer words than there are folds, groups leave a fold without one of
        the values, or a row is not finite.
    """
    unit_rows(rows)  # refuses rows that are not finite
    values, counts = np.unique(np.asarray(labels), return_counts=True)
    if len(values) < 2 or counts.min() < folds:
        seen = ", ".join(f"{value} {n}" for value, n in zip(values, counts, strict=True))
        raise ValueError(f"each of two values or more needs {folds} words or more: {seen}")
    # A linear discriminant with shrinkage: with few words and many numbers in a row, a plain
    # one would fit noise.
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    folding = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    if groups is None:
        groups = np.arange(len(rows))
    labels = np.asarray(labels)
    splits = list(folding.split(rows, labels, groups))
    for fitted, judged in splits:
        fewest = min(len(np.unique(labels[part])) for part in (fitted, judged))
        if fewest < len(values):
            raise ValueError(
                "a fold lacks one of the values, because groups keep its words together: use "
                f"fewer folds than {folds}, or smaller groups"
            )
    scores = cross_val_score(model, rows, labels, cv=splits, scoring="roc_auc_ovr")
    return float(scores.mean())


def wordsim(keyed_vectors: KeyedVectors) -> tuple[float, float]:
    """Compare vectors with how similar people find the words of WordSim-353.

    Returns
    -------
    correlation : float
        Spearman's, between cosines and people's ratings; NaN if fewer than two pairs are
        covered.
    coverage : float
        The share of the 353 pairs whose words are both in the vocabulary. The correlation
        rests on these alone.
    """
    path = datapath("wordsim353.tsv")
    try:
        _, spearman, missing = keyed_vectors.evaluate_word_pairs(path)
    except ValueError:  # gensim's or SciPy's, where fewer than two pairs are covered
        return float("nan"), _coverage(keyed_vectors, path)
    return float(spearman.statistic), 1 - missing / 100


def _coverage(keyed_vectors: KeyedVectors, path: str) -> float:
    """Count as gensim does: in capitals, without the comments at the top of the file."""
    known = {word.upper() for word in keyed_vectors.index_to_key}
    lines = Path(path).read_text("utf-8").splitlines()
    pairs = [line.upper().split("\t")[:2] for line in lines if not line.startswith("#")]
    return sum(known.issuperset(pair) for pair in pairs) / len(pairs)


def random_like(table: Vectors, seed: int) -> Vectors:
    """Return a table, or word vectors, of the same form with normally distributed numbers.

    What they score is what vectors score that know nothing.
    """
    if isinstance(table, KeyedVectors):
        random = KeyedVectors(table.vector_size)
        random.add_vectors(table.index_to_key, random_like(table.vectors, seed))
        return random
    return np.random.default_rng(seed).normal(size=table.shape).astype(np.float32)
