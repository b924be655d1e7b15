"""Skip-gram with negative sampling (SGNS) in NumPy, as lesson 04 writes it cell by cell.

Loss: Mikolov et al. 2013b, arXiv 1310.4546, equation 4. All else is as in gensim 4, except that one
set of noise words serves a whole batch of pairs, which makes their part matrix products.
"""

from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np
from gensim.models import KeyedVectors
from numpy import ndarray
from scipy.sparse import csr_matrix
from scipy.special import expit
from threadpoolctl import threadpool_limits
from tqdm import tqdm

BATCH = 1000  # pairs per step: few enough that a word's summed updates do not overshoot
NOISE_WORDS = 256  # shared by a batch: more cost time, fewer blur the noise


def encode(
    sentences: Iterable[Iterable[str]], min_count: int
) -> tuple[dict, ndarray, ndarray]:
    """Read a corpus twice, keeping 8 bytes for each of its words.

    Returns how often each word of the vocabulary occurs, most frequent first (a word's id is its
    place); and for each running word, int32, its id and the number of its sentence.

    Raises TypeError if `sentences` can be read only once or holds strings in place of lists of
    words, ValueError if it holds no word or none `min_count` times.
    """
    if isinstance(sentences, str) or not isinstance(sentences, Iterable):
        raise TypeError(f"sentences has to hold lists of words; {sentences!r:.60} does not")
    if iter(sentences) is sentences:
        raise TypeError(
            f"sentences is a {type(sentences).__name__}, which can be read only once, and training "
            "reads it twice: give list(...) of it, or an object whose __iter__ starts afresh"
        )
    found = Counter()
    for sentence in sentences:
        if isinstance(sentence, str):
            raise TypeError(
                f"the sentence {sentence!r:.60} is a string, whose letters would be the words: "
                "split it, as in [sentence.split() for sentence in sentences]"
            )
        found.update(sentence)
    counts = {word: count for word, count in found.most_common() if count >= min_count}
    if not counts:
        problem = f"none of {len(found):,} distinct words occurs min_count={min_count} times"
        raise ValueError(
            f"{problem}: give more text or lower min_count"
            if found
            else "sentences holds no word at all: is it empty, or its file?"
        )
    number, ids, lengths = {word: i for i, word in enumerate(counts)}, array("i"), []
    for sentence in sentences:
        before = len(ids)
        ids.extend(number[word] for word in sentence if word in number)
        lengths.append(len(ids) - before)
    if len(ids) != (expected := sum(counts.values())):
        raise ValueError(
            f"sentences held {expected:,} words of the vocabulary at first and {len(ids):,} when "
            "read again: its __iter__ has to start afresh each time"
        )
    return counts, np.array(ids), np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)


def keep_probability(counts: ndarray, sample: float) -> ndarray:
    """Return the chance that a running word survives sub-sampling, shape (vocabulary,).

    min(1, (sqrt(f / t) + 1) · t / f) for relative frequency f and t = `sample`, as in word2vec.c.
    """
    ratio = sample * counts.sum() / counts  # t / f
    return np.minimum(1, (np.sqrt(1 / ratio) + 1) * ratio)


def noise_distribution(counts: ndarray, exponent: float = 0.75) -> ndarray:
    """Return the chance of each word to be drawn as noise, shape (vocabulary,)."""
    powers = counts**exponent
    return powers / powers.sum()


def skipgram_pairs(
    words: ndarray, texts: ndarray, window: int, rng: np.random.Generator, shrink: bool = True
) -> tuple[ndarray, ndarray]:
    """Return `centers` and `contexts`, both of shape (pairs,), in the order of the centers.

    A center sees its text (`texts` numbers them, word by word) `window` words to both sides; with
    `shrink`, a number drawn uniformly from 1 to `window`.
    """
    reach = rng.integers(1 if shrink else window, window + 1, size=len(words))
    centers, contexts = [], []
    for distance in range(1, window + 1):
        left = np.flatnonzero(texts[distance:] == texts[:-distance])
        right = left + distance
        sees_right, sees_left = reach[left] >= distance, reach[right] >= distance
        centers += [left[sees_right], right[sees_left]]
        contexts += [right[sees_right], left[sees_left]]
    centers, contexts = np.concatenate(centers), np.concatenate(contexts)
    order = np.argsort(centers, kind="stable")
    return words[centers[order]], words[contexts[order]]


def sgns_step(
    center_vectors: ndarray,
    context_vectors: ndarray,
    centers: ndarray,
    contexts: ndarray,
    negatives: ndarray,
    negative: int,
    learning_rate: float,
) -> None:
    """Move both tables, shape (vocabulary, vector_size), one step down a batch's summed loss.

    All pairs share the noise words `negatives`, with weights that add up to `negative` per pair.
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
    learning_rate: float = 0.025,
    seed: int = 1,
    progress: bool = True,
) -> KeyedVectors:
    """Return the trained center vectors, float32; parameters and defaults are gensim's.

    Cut and mix long texts first: a batch from one article repeats its words until they overshoot.
    Raises what `encode` does.
    """
    counts, words, texts = encode(sentences, min_count)
    vocabulary, counts = [*counts], np.array([*counts.values()])
    keep, noise = keep_probability(counts, sample), noise_distribution(counts).cumsum()
    rng = np.random.default_rng(seed)
    center_vectors = (
        rng.uniform(-1, 1, (len(counts), vector_size)).astype(np.float32) / vector_size
    )
    context_vectors = np.zeros_like(center_vectors)
    for epoch in tqdm(range(epochs), "epochs", disable=not progress, leave=False):
        kept = rng.random(len(words)) < keep[words]
        centers, contexts = skipgram_pairs(words[kept], texts[kept], window, rng)
        for first in range(0, len(centers), BATCH):
            rate = learning_rate * (1 - (epoch + first / len(centers)) / epochs)
            negatives = np.searchsorted(
                noise, rng.random(NOISE_WORDS) * noise[-1], side="right"
            )
            pairs = centers[first : first + BATCH], contexts[first : first + BATCH]
            sgns_step(center_vectors, context_vectors, *pairs, negatives, negative, rate)
    vectors = KeyedVectors(vector_size)
    vectors.add_vectors(vocabulary, center_vectors)
    return vectors
