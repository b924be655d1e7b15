"""Skip-gram with negative sampling (SGNS) in NumPy, as lesson 04 writes it cell by cell.

Loss: Mikolov et al. 2013b, arXiv 1310.4546, equation 4. Sub-sampling, windows, the noise
distribution and the first rows are as in gensim 4. Otherwise than there, one set of noise
words serves a whole batch of pairs, whose scores are then one product and whose updates are
summed; a noise word that is the context itself is kept; the sigmoid is exact, not read from a
table; and the learning rate falls to 0.
"""

from collections.abc import Iterable

import numpy as np
from gensim.models import KeyedVectors
from numpy import ndarray
from scipy.sparse import csr_matrix
from scipy.special import expit
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from helpers.vocabulary import running_ids

BATCH = 1000  # pairs per step: few enough that a word's summed updates do not overshoot
NOISE_WORDS = 256  # shared by a batch: more cost time, fewer blur the noise


def keep_probability(counts: ndarray, sample: float) -> ndarray:
    """Return the chance of each word that one of its occurrences survives sub-sampling.

    min(1, (sqrt(f / t) + 1) · t / f) for relative frequency f and t = `sample`, as in
    word2vec.c.

    Parameters
    ----------
    counts : ndarray, shape (vocabulary,)
        How often each word occurs.
    sample : float
        Above 0, at most 1; `share_of_sample` brings gensim's other values into this range.

    Returns
    -------
    ndarray, shape (vocabulary,)
    """
    ratio = sample * counts.sum() / counts  # t / f
    return np.minimum(1, (np.sqrt(1 / ratio) + 1) * ratio)


def share_of_sample(sample: float, running_words: int) -> float:
    """Return what gensim's `sample` means as a share of the running words.

    Parameters
    ----------
    sample : float
        0: no sub-sampling. Between 0 and 1: the share t in the formula of `keep_probability`.
        From 1: a count; words that occur more than about seven times as often are thinned out.
    running_words : int
        Of the vocabulary, all occurrences together.

    Returns
    -------
    float
        For `keep_probability`.

    Raises
    ------
    ValueError
        If `sample` is negative or not a number.
    """
    if sample == 0:
        return 1.0  # no word's share of the text is larger, so all are kept
    if 0 < sample < 1:
        return sample
    if 1 <= sample < np.inf:
        # As in gensim's `Word2Vec.prepare_vocab`. A word is kept for sure up to a count of
        # t · (3 + sqrt(5)) / 2; gensim multiplies by this factor where "words that occur more
        # often than `sample`" would ask to divide, so thinning begins at 6.9 times `sample`.
        return int(sample * (3 + np.sqrt(5)) / 2) / running_words
    raise ValueError(
        f"sample={sample} has no meaning: 0 keeps all words, a share such as 1e-3 or a count "
        "such as 100 thins out more frequent ones"
    )


def noise_distribution(counts: ndarray, exponent: float = 0.75) -> ndarray:
    """Return the chance of each word to be drawn as noise.

    Parameters
    ----------
    counts : ndarray, shape (vocabulary,)
    exponent : float
        3/4 in Mikolov et al. 2013b, section 2.2, and gensim's `ns_exponent`.

    Returns
    -------
    ndarray, shape (vocabulary,)
        Adds up to 1.
    """
    powers = counts**exponent
    return powers / powers.sum()


def skipgram_pairs(
    words: ndarray, texts: ndarray, window: int, rng: np.random.Generator, shrink: bool = True
) -> tuple[ndarray, ndarray]:
    """Return the positive pairs of a running text, in the order of the centers.

    Parameters
    ----------
    words, texts : ndarray of int, shape (running words,)
        Each word's id, and the number of its text: a center sees only its own text.
    window : int
        How many words a center sees to both sides.
    rng : numpy.random.Generator
    shrink : bool
        Whether each center draws its own window instead, uniformly from 1 to `window`.

    Returns
    -------
    centers, contexts : ndarray of int, shape (pairs,)
    """
    reach = rng.integers(1 if shrink else window, window + 1, size=len(words))
    centers, contexts = [], []
    for distance in range(1, window + 1):
        left = np.flatnonzero(texts[distance:] == texts[:-distance])
        right = left + distance
        sees_right, sees_left = reach[left] >= distance, reach[right] >= distance
        centers += [left[sees_right], right[sees_left]]
        contexts += [right[sees_right], left[sees_left]]
    center_places, context_places = np.concatenate(centers), np.concatenate(contexts)
    order = np.argsort(center_places, kind="stable")
    return words[center_places[order]], words[context_places[order]]


def sgns_step(
    center_vectors: ndarray,
    context_vectors: ndarray,
    centers: ndarray,
    contexts: ndarray,
    negatives: ndarray,
    negative: int,
    learning_rate: float,
) -> None:
    """Move both tables, in place, one step down the summed loss of a batch of pairs.

    Parameters
    ----------
    center_vectors, context_vectors : ndarray of float, shape (vocabulary, vector_size)
    centers, contexts : ndarray of int, shape (pairs,)
    negatives : ndarray of int, shape (noise words,)
        Shared by all pairs, with weights that add up to `negative` for each.
    negative : int
    learning_rate : float
    """
    rows, center = np.unique(centers, return_inverse=True)  # centers == rows[center]
    columns, context = np.unique(contexts, return_inverse=True)
    drawn, repeats = np.unique(negatives, return_counts=True)
    v, u, noise = center_vectors[rows], context_vectors[columns], context_vectors[drawn]
    # label - f: a sparse (rows, columns) for true pairs, a dense (rows, drawn) for noise
    f = expit(np.einsum("pd,pd->p", v[center], u[context]))
    true = csr_matrix((1 - f, (center, context)), shape=(len(rows), len(columns)))
    times = np.outer(np.bincount(center), repeats * negative / len(negatives)).astype(v.dtype)
    false = times * (0 - expit(v @ noise.T))
    center_vectors[rows] += learning_rate * (true @ u + false @ noise)
    context_vectors[columns] += learning_rate * (true.T @ v)
    context_vectors[drawn] += learning_rate * (false.T @ v)


def check_sizes(**sizes: int) -> None:
    """Raise ValueError, with the name and the remedy, if a size is below 1."""
    for name, value in sizes.items():
        if name == "negative" and value == 0:
            raise ValueError(
                "negative=0 leaves no noise words, and nothing would keep all vectors from "
                "becoming alike: give 1 or more (gensim's other way, hs=1, is not built here)"
            )
        if value < 1:
            raise ValueError(f"{name}={value} is too small: it has to be 1 or more")


def check_rate(alpha: float) -> None:
    """Raise ValueError if a learning rate is negative or no number; 0 trains nothing."""
    if not alpha >= 0:
        raise ValueError(f"alpha={alpha} unlearns: it has to be 0 or more (0 trains nothing)")


def check_pairs_seen(pairs: int, sample: float) -> None:
    """Raise ValueError if sub-sampling left no pair: the first rows would stay, at random."""
    if not pairs:
        raise ValueError(f"sample={sample} leaves no pair of words to learn from: raise it")


def check_pairs(text_numbers: ndarray) -> None:
    """Raise ValueError if no two words share a text: the first rows would stay, at random."""
    if not np.any(text_numbers[1:] == text_numbers[:-1]):
        raise ValueError(
            "no text has two words of the vocabulary, so there is no pair to learn from: give "
            "longer texts or lower min_count"
        )


def keyed_vectors(counts: dict[str, int], table: ndarray) -> KeyedVectors:
    """Return a table as gensim's KeyedVectors, with the words' counts.

    Parameters
    ----------
    counts : dict
        Word to count, in the order of the rows.
    table : ndarray of float32, shape (vocabulary, vector_size)

    Returns
    -------
    KeyedVectors
        `get_vecattr(word, "count")` is as after gensim's own training.

    Raises
    ------
    FloatingPointError
        If a number in the table is infinite or none at all.
    """
    if not np.isfinite(table).all():
        raise FloatingPointError(
            "training diverged, the vectors hold numbers without end: lower alpha"
        )
    vectors = KeyedVectors(table.shape[1])
    vectors.add_vectors(list(counts), table)
    for word, count in counts.items():
        vectors.set_vecattr(word, "count", count)
    return vectors


@threadpool_limits.wrap(limits=1)  # in products this small, threads wait more than they work
def train_skipgram(
    sentences: Iterable[Iterable[str]],
    *,
    vector_size: int = 100,
    window: int = 5,
    negative: int = 5,
    sample: float = 1e-3,
    min_count: int = 5,
    epochs: int = 5,
    alpha: float = 0.025,
    seed: int = 1,
    progress: bool = True,
) -> KeyedVectors:
    """Train skip-gram with negative sampling, one small batch of pairs after the other.

    Names, meanings and defaults are those of gensim's `Word2Vec(sg=1)`. Cut and mix long texts
    first: a batch from one article repeats its words until they overshoot.

    Parameters
    ----------
    sentences : iterable of lists of words
        Read twice. Words of different lists are never each other's contexts.
    vector_size : int
        Dimensions of a vector.
    window : int
        The farthest context; each center draws its own from 1 to this.
    negative : int
        Noise words for each positive pair, at least 1.
    sample : float
        Sub-sampling of frequent words: 0 for none, below 1 a share of all words, from 1 a
        count.
    min_count : int
        Rarer words are left out before the windows are laid.
    epochs : int
        How often the texts are gone through.
    alpha : float
        The learning rate at the start; it falls linearly to 0 (gensim stops at
        `min_alpha=0.0001`).
    seed : int
        The same seed gives the same vectors.
    progress : bool
        Whether to show a progress bar, unless `TQDM_DISABLE` says otherwise.

    Returns
    -------
    KeyedVectors
        The center vectors, float32, most frequent word first, with the words' counts.

    Raises
    ------
    TypeError
        If `sentences` can be read only once, or holds strings in place of lists of words.
    ValueError
        If there is no pair of words to learn from, or a setting has no meaning.
    FloatingPointError
        If training diverges.
    """
    check_sizes(vector_size=vector_size, window=window, negative=negative, epochs=epochs)
    check_rate(alpha)
    word_counts, words, text_numbers = running_ids(sentences, min_count)
    check_pairs(text_numbers)
    counts = np.array(list(word_counts.values()))
    keep = keep_probability(counts, share_of_sample(sample, counts.sum()))
    noise = noise_distribution(counts).cumsum()
    rng = np.random.default_rng(seed)
    center_vectors = (
        rng.uniform(-1, 1, (len(counts), vector_size)).astype(np.float32) / vector_size
    )
    context_vectors = np.zeros_like(center_vectors)
    pairs_seen = 0
    silence = {} if progress else {"disable": True}  # told nothing, tqdm asks TQDM_DISABLE
    for epoch in tqdm(range(epochs), "epochs", leave=False, **silence):
        kept = rng.random(len(words)) < keep[words]
        centers, contexts = skipgram_pairs(words[kept], text_numbers[kept], window, rng)
        pairs_seen += len(centers)
        for first in range(0, len(centers), BATCH):
            rate = alpha * (1 - (epoch + first / len(centers)) / epochs)
            negatives = np.searchsorted(
                noise, rng.random(NOISE_WORDS) * noise[-1], side="right"
            )
            pairs = centers[first : first + BATCH], contexts[first : first + BATCH]
            sgns_step(center_vectors, context_vectors, *pairs, negatives, negative, rate)
    check_pairs_seen(pairs_seen, sample)
    return keyed_vectors(word_counts, center_vectors)
