"""Word2Vec (skip-gram with negative sampling) on two Keras Embeddings, made for speed.

The obvious way, `model.fit` on (target, context, label) triples, fetches and writes back two
rows for each label. Here a row that is fetched serves many labels. A batch is a few *pieces*
of running text: their rows are fetched once, one matrix product scores all pairs, and booleans
made in NumPy say which count. The batch shares its noise words, weighted such that a pair has
`negative` in all. Only the fetched rows move, and many steps run in one call of a compiled
`tf.function`. To learn as well as one pair at a time does, batches stay small (a word's
updates are summed, and must not overshoot) and mix pieces from all over a block of text (one
article repeats its words).
"""

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

import keras
import numpy as np
import tensorflow as tf
from gensim.models import KeyedVectors
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

from helpers.skipgram_numpy import (
    check_pairs,
    check_pairs_seen,
    check_rate,
    check_sizes,
    keep_probability,
    keyed_vectors,
    noise_distribution,
    share_of_sample,
)
from helpers.vocabulary import running_ids

PIECE = 16  # centers in a piece; it has `window` more words on both sides
PAIRS = 384  # about as many pairs in a batch: more are faster, until frequent words overshoot
SHARED_NOISE = 16  # noise words of a batch for each `negative`: each stands for PAIRS / 16
BLOCK = 100_000  # running words that NumPy prepares at once
# On each number of the gradient of each fetched row, before the fetches of one word add up: so
# it bounds no word's move. A guard that ordinary settings hardly touch.
CLIP = 4.0
# Each step runs in the thread that asks for it. TensorFlow's usual executor hands its small
# operations from thread to thread, which takes more time than to do them.
EXECUTOR = "SINGLE_THREADED_EXECUTOR"


class SkipGram:
    """The two tables of Word2Vec, each a Keras Embedding, and steps down their loss.

    A plain class and not a `keras.Model`, which would promise what is not there: there is no
    output to call it for, and `fit` would return to Python after each small batch and let no
    second thread work on the same tables.

    Parameters
    ----------
    vocabulary_size, vector_size : int
        Shape of both tables.
    negative : int
        Noise words for each positive pair.
    seed : int
        For the first rows of the centers, uniform in ±1/vector_size as in gensim; contexts
        begin at 0.
    window : int
        The farthest context: how wide the pieces are that `batches` makes.

    Attributes
    ----------
    center_vectors, context_vectors : keras.layers.Embedding
        Built; float32, shape (vocabulary_size, vector_size).
    """

    def __init__(
        self,
        vocabulary_size: int,
        vector_size: int,
        negative: int,
        seed: int,
        window: int = 5,
    ) -> None:
        uniform = keras.initializers.RandomUniform(-1 / vector_size, 1 / vector_size, seed)
        self.center_vectors = _built_embedding(vocabulary_size, vector_size, uniform)
        self.context_vectors = _built_embedding(vocabulary_size, vector_size, "zeros")
        self.negative = negative
        pieces, width = _shape_of_a_batch(window)
        steps = tf.function(
            self._steps,
            # All shapes known but the number of batches: a quarter faster than without.
            input_signature=[
                tf.TensorSpec([None, pieces, width], tf.int32),
                tf.TensorSpec([None, pieces, PIECE, width], tf.bool),
                tf.TensorSpec([None, SHARED_NOISE * negative], tf.int32),
                tf.TensorSpec([None], tf.float32),
            ],
            # AutoGraph would turn Python loops into TensorFlow's; `_steps` has none. And it
            # tells Python's built-ins, which it leaves alone, by their address in memory: a
            # method that happens to get such an address is left alone too, and could not run.
            autograph=False,
        )
        with tf.experimental.function_executor_type(EXECUTOR):
            self._compiled_steps = steps.get_concrete_function()

    def summed_loss(self, words: tf.Tensor, pairs: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Return the summed loss of a batch (Mikolov et al. 2013b, equation 4).

        Parameters
        ----------
        words : int32, shape (pieces, centers + 2 · window)
        pairs : bool, shape (pieces, centers, centers + 2 · window)
            Whether the word in this column is a context of this center.
        noise : int32, shape (noise words,)

        Returns
        -------
        tf.Tensor
            float32, a single number.
        """
        _, rows = self._fetch(words, noise)
        return self._loss(rows, pairs)

    def steps(self, words: ndarray, pairs: ndarray, noise: ndarray, rates: ndarray) -> None:
        """Move down the loss of one batch after the other.

        Parameters
        ----------
        words, pairs : ndarray
            From `batches`, with the `window` of this object.
        noise : ndarray of int, shape (batches, SHARED_NOISE · negative)
        rates : ndarray of float, shape (batches,)
            The learning rate of each batch.
        """
        with tf.experimental.function_executor_type(EXECUTOR):
            self._compiled_steps(
                tf.constant(words, tf.int32),
                tf.constant(pairs, tf.bool),
                tf.constant(noise, tf.int32),
                tf.constant(rates, tf.float32),
            )

    def _fetch(
        self, words: tf.Tensor, noise: tf.Tensor
    ) -> tuple[list[tuple[tf.Variable, tf.Tensor]], list[tf.Tensor]]:
        """Return where the rows of a batch are, as (table, ids), and the rows."""
        window = (words.shape[1] - PIECE) // 2
        center_table = self.center_vectors.embeddings.value
        context_table = self.context_vectors.embeddings.value
        places = [
            (center_table, words[:, window : window + PIECE]),
            (context_table, words),
            (context_table, noise),
        ]
        return places, [tf.gather(table, ids) for table, ids in places]

    def _loss(self, rows: list[tf.Tensor], pairs: tf.Tensor) -> tf.Tensor:
        centers, contexts, noise = rows  # (P, C, d), (P, C + 2 · window, d), (N, d)
        pairs = tf.cast(pairs, tf.float32)
        # softplus(-x) = -log sigmoid(x) is the cross-entropy of label 1, softplus(x) of 0.
        loss_of_pairs = tf.nn.softplus(-tf.matmul(centers, contexts, transpose_b=True))
        flat_centers = tf.reshape(centers, [-1, centers.shape[-1]])  # (P · C, d)
        loss_of_noise = tf.nn.softplus(tf.matmul(flat_centers, noise, transpose_b=True))
        pairs_of_center = tf.reshape(tf.reduce_sum(pairs, 2), [-1, 1])  # (P · C, 1)
        times = pairs_of_center * (self.negative / noise.shape[0])
        return tf.reduce_sum(pairs * loss_of_pairs) + tf.reduce_sum(times * loss_of_noise)

    def _step(
        self, words: tf.Tensor, pairs: tf.Tensor, noise: tf.Tensor, rate: tf.Tensor
    ) -> None:
        places, rows = self._fetch(words, noise)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            loss = self._loss(rows, pairs)
        for (table, ids), slope in zip(places, tape.gradient(loss, rows), strict=True):
            move = rate * tf.clip_by_value(slope, -CLIP, CLIP)
            table.scatter_sub(tf.IndexedSlices(move, ids))  # a word's several rows add up

    def _steps(
        self, words: tf.Tensor, pairs: tf.Tensor, noise: tf.Tensor, rates: tf.Tensor
    ) -> None:
        def step(i: tf.Tensor) -> tf.Tensor:
            self._step(words[i], pairs[i], noise[i], rates[i])
            return i + 1

        tf.while_loop(lambda i: i < tf.shape(rates)[0], step, [0])


def _built_embedding(
    rows: int, columns: int, initializer: keras.initializers.Initializer | str
) -> keras.layers.Embedding:
    layer = keras.layers.Embedding(rows, columns, initializer, dtype="float32")
    layer.build()
    return layer


def _shape_of_a_batch(window: int) -> tuple[int, int]:
    """Return how many pieces make a batch of about PAIRS pairs, and how many words a piece."""
    pairs_of_center = window + 1  # on average: the window is drawn from 1 to `window`
    pieces = max(1, PAIRS // (PIECE * pairs_of_center))
    return pieces, PIECE + 2 * window


def batches(
    words: ndarray, texts: ndarray, window: int, rng: np.random.Generator
) -> tuple[ndarray, ndarray]:
    """Cut running words into pieces, mix these, and say which pairs in them count.

    A center sees its text from 1 to `window` words to both sides, drawn anew for each.

    Parameters
    ----------
    words, texts : ndarray of int, shape (running words,)
        Each word's id, and the number of its text.
    window : int
    rng : numpy.random.Generator

    Returns
    -------
    words : ndarray of int, shape (batches, pieces, centers + 2 · window)
    pairs : ndarray of bool, shape (batches, pieces, centers, centers + 2 · window)
        Whether the word in this column is a context of this center.
    """
    pieces, width = _shape_of_a_batch(window)
    missing = PIECE * pieces - len(words) % (PIECE * pieces)
    padding = (window, window + missing)
    padded_texts = np.pad(texts, padding, constant_values=-1)
    piece_words = sliding_window_view(np.pad(words, padding), width)[::PIECE]
    piece_texts = sliding_window_view(padded_texts, width)[::PIECE]
    order = rng.permutation(len(piece_words))
    piece_words, piece_texts = piece_words[order], piece_texts[order]
    distance = np.abs(np.arange(width) - window - np.arange(PIECE)[:, None])
    reach = rng.integers(1, window + 1, (len(piece_words), PIECE, 1))
    text_of_center = piece_texts[:, window : window + PIECE, None]
    same_text = (piece_texts[:, None] == text_of_center) & (text_of_center >= 0)
    pairs = (distance > 0) & (distance <= reach) & same_text
    return (
        piece_words.reshape(-1, pieces, width),
        pairs.reshape(-1, pieces, PIECE, width),
    )


def _in_threads(
    function: Callable[..., int], jobs: list[tuple[int, int]], workers: int
) -> Generator[int, None, None]:
    """Yield what the function returns for each job, from this thread if one is enough."""
    if workers == 1:
        for job in jobs:
            yield function(*job)
        return
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(function, *job) for job in jobs]
        try:
            for done in as_completed(futures):
                yield done.result()
        finally:  # after an error or an interrupt, no thread begins another job
            pool.shutdown(wait=False, cancel_futures=True)


def train_word2vec(
    sentences: Iterable[Iterable[str]],
    *,
    vector_size: int = 100,
    window: int = 5,
    negative: int = 5,
    sample: float = 1e-3,
    min_count: int = 5,
    epochs: int = 5,
    alpha: float = 0.025,
    workers: int = 1,
    seed: int = 1,
    progress: bool = True,
) -> KeyedVectors:
    """Train skip-gram with negative sampling in Keras.

    Names and meanings are those of gensim's `Word2Vec(sg=1)`, and so are the defaults, except
    for one worker in place of three. Windows end where a block of BLOCK words ends, not at
    10,000 words of a text as in gensim.

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
    workers : int
        Threads that move the same two tables without waiting for each other (Niu et al. 2011,
        "Hogwild!", arXiv 1106.5730). The batches are the same whatever the number; with more
        than one worker their order is left to chance, and no run can be repeated. TensorFlow
        needs as many inter-op threads (`TF_NUM_INTEROP_THREADS`; a lesson has two), or the
        workers wait for each other.
    seed : int
        With one worker the same seed gives the same vectors again, on one kind of processor.
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
    check_sizes(
        vector_size=vector_size,
        window=window,
        negative=negative,
        epochs=epochs,
        workers=workers,
    )
    check_rate(alpha)
    counts, ids, texts = running_ids(sentences, min_count)
    check_pairs(texts)
    frequency = np.array(list(counts.values()))
    keep = keep_probability(frequency, share_of_sample(sample, len(ids)))
    noise_sums = noise_distribution(frequency).cumsum()
    model = SkipGram(len(counts), vector_size, negative, seed, window)
    pairs_of_blocks: list[int] = []  # appended to by all workers: one call, so none is lost

    def train_block(epoch: int, start: int) -> int:
        block = ids[start : start + BLOCK]
        rng = np.random.default_rng([seed, epoch, start])
        kept = rng.random(len(block)) < keep[block]
        words, pairs = batches(block[kept], texts[start : start + BLOCK][kept], window, rng)
        draws = rng.random((len(words), SHARED_NOISE * negative)) * noise_sums[-1]
        noise = np.searchsorted(noise_sums, draws, side="right")
        read = start + np.arange(len(words)) / len(words) * len(block)  # of this epoch's words
        rates = alpha * (1 - (epoch + read / len(ids)) / epochs)
        model.steps(words, pairs, noise, rates)
        pairs_of_blocks.append(int(pairs.sum()))
        return len(block)

    blocks = list(itertools.product(range(epochs), range(0, len(ids), BLOCK)))
    silence = {} if progress else {"disable": True}  # told nothing, tqdm asks TQDM_DISABLE
    total = epochs * len(ids)
    with (
        tqdm(total=total, unit=" words", unit_scale=True, leave=False, **silence) as bar,
        # Closed at once: after an interrupt, the traceback would keep the threads going.
        contextlib.closing(_in_threads(train_block, blocks, workers)) as trained,
    ):
        for block_size in trained:
            bar.update(block_size)
    check_pairs_seen(sum(pairs_of_blocks), sample)
    return keyed_vectors(counts, model.center_vectors.embeddings.numpy())
