"""Word2Vec (skip-gram with negative sampling) as a Keras model made for speed.

The obvious way, `model.fit` on (target, context, label) triples, fetches and writes back two rows
for each label. Here a row that is fetched serves many labels. A batch is a few *pieces* of running
text: their rows are fetched once, one matrix product scores all pairs, and booleans made in NumPy
say which count. The batch shares its noise words, weighted such that a pair has `negative` in all.
Only rows in the batch move: the gradient of `tf.gather` is `tf.IndexedSlices`, which plain SGD
scatters. Many steps run in one call of a compiled `tf.function`. To learn as well as one pair at a
time does, batches stay small (a word's updates are summed, and must not overshoot) and mix pieces
from all over a block of text (one article repeats its words).
"""

import itertools
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf
from gensim.models import KeyedVectors
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

from helpers.skipgram_numpy import encode, keep_probability, noise_distribution

PIECE = 16  # centers in a piece; it has `window` more words on both sides
PAIRS = 384  # about as many pairs in a batch: more are faster, until frequent words overshoot
SHARED_NOISE = 16  # noise words of a batch for each `negative`: each stands for PAIRS / 16
CLIP = 4.0  # on each number of a gradient: a guard that ordinary settings hardly touch
BLOCK = 100_000  # running words that NumPy prepares at once


class SkipGram(keras.Model):
    """The two tables of Word2Vec, `center_vectors` and `context_vectors`: both Keras Embeddings."""

    def __init__(
        self, vocabulary_size: int, vector_size: int, negative: int, seed: int
    ) -> None:
        super().__init__()
        uniform = keras.initializers.RandomUniform(-1 / vector_size, 1 / vector_size, seed)
        self.center_vectors = keras.layers.Embedding(vocabulary_size, vector_size, uniform)
        self.context_vectors = keras.layers.Embedding(vocabulary_size, vector_size, "zeros")
        for layer in self.layers:
            layer.build()
        self.negative = negative
        self.optimizer = keras.optimizers.SGD(clipvalue=CLIP)
        self.optimizer.build(self.trainable_variables)

    def summed_loss(self, words: tf.Tensor, pairs: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Return the loss of a batch: Mikolov et al. 2013b, arXiv 1310.4546, equation 4, summed.

        Parameters
        ----------
        words : int32, shape (pieces, centers + 2 · window)
        pairs : bool, shape (pieces, centers, centers + 2 · window)
            Whether the word in this column is a context of this center.
        noise : int32, shape (noise words,)
        """
        pairs = tf.cast(pairs, tf.float32)
        window = (pairs.shape[2] - pairs.shape[1]) // 2
        center_table, context_table = (variable.value for variable in self.trainable_variables)
        centers = tf.gather(center_table, words[:, window : pairs.shape[2] - window])
        contexts = tf.gather(context_table, words)
        # softplus(-x) = -log sigmoid(x) is the cross-entropy of label 1, softplus(x) of label 0.
        loss_of_pairs = tf.nn.softplus(-tf.matmul(centers, contexts, transpose_b=True))
        scores = tf.tensordot(centers, tf.gather(context_table, noise), [[2], [1]])
        times = tf.reduce_sum(pairs, 2, keepdims=True) * self.negative / noise.shape[0]
        return tf.reduce_sum(pairs * loss_of_pairs) + tf.reduce_sum(
            times * tf.nn.softplus(scores)
        )

    @tf.function(
        reduce_retracing=True, autograph=False
    )  # AutoGraph may take it for a built-in
    def steps(
        self, words: tf.Tensor, pairs: tf.Tensor, noise: tf.Tensor, rates: tf.Tensor
    ) -> None:
        """Move down the loss of one batch after the other, by its entry of `rates`."""
        variables = self.trainable_variables

        def step(i: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                loss = self.summed_loss(words[i], pairs[i], noise[i])
            self.optimizer.learning_rate.assign(rates[i])
            self.optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
            return i + 1

        tf.while_loop(lambda i: i < tf.shape(rates)[0], step, [0])


def batches(
    words: ndarray, texts: ndarray, window: int, rng: np.random.Generator
) -> tuple[ndarray, ndarray]:
    """Cut running words into pieces, mix these, and say which pairs in them count.

    A center sees its text (`texts` numbers them, word by word) from 1 to `window` words to both
    sides, drawn anew for each. Returns the `words` and `pairs` of `SkipGram.steps`.
    """
    pieces = max(
        1, PAIRS // (PIECE * (window + 1))
    )  # on average a center has window + 1 contexts
    missing = PIECE * pieces - len(words) % (PIECE * pieces)
    padding, width = (window, window + missing), PIECE + 2 * window
    words = sliding_window_view(np.pad(words, padding), width)[::PIECE]
    texts = sliding_window_view(np.pad(texts, padding, constant_values=-1), width)[::PIECE]
    order = rng.permutation(len(words))
    words, texts = words[order], texts[order]
    distance = np.abs(np.arange(width) - window - np.arange(PIECE)[:, None])
    reach = rng.integers(1, window + 1, (len(words), PIECE, 1))
    of_center = texts[:, window : width - window, None]
    pairs = (
        (distance > 0) & (distance <= reach) & (texts[:, None] == of_center) & (of_center >= 0)
    )
    return words.reshape(-1, pieces, width), pairs.reshape(-1, pieces, PIECE, width)


def train_word2vec(
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
    """Return trained center vectors, float32; parameters and defaults are gensim's with sg=1.

    `sentences` can be any iterable of lists of words that can be read twice; long texts are not
    cut. The learning rate falls linearly to 0. A seed gives the same vectors again on one CPU.
    Raises what `encode` does, ValueError if a number is too small, FloatingPointError if training
    diverges.
    """
    sizes = {
        "vector_size": vector_size,
        "window": window,
        "negative": negative,
        "epochs": epochs,
    }
    for name, value in sizes.items():
        if value < 1:
            raise ValueError(f"{name}={value} is too small: it has to be 1 or more")
    counts, ids, texts = encode(sentences, min_count)
    frequency = np.array([*counts.values()])
    keep = keep_probability(frequency, sample) if sample else np.ones(len(counts))
    noise_sums = noise_distribution(frequency).cumsum()
    rng = np.random.default_rng(seed)
    model = SkipGram(len(counts), vector_size, negative, seed)
    quiet = {} if progress else {"disable": True}  # with nothing said tqdm obeys TQDM_DISABLE
    with tqdm(
        total=epochs * len(ids), unit=" words", unit_scale=True, leave=False, **quiet
    ) as bar:
        for epoch, start in itertools.product(range(epochs), range(0, len(ids), BLOCK)):
            block, block_texts = ids[start : start + BLOCK], texts[start : start + BLOCK]
            kept = rng.random(len(block)) < keep[block]
            words, pairs = batches(block[kept], block_texts[kept], window, rng)
            draws = rng.random((len(words), SHARED_NOISE * negative)) * noise_sums[-1]
            noise = np.searchsorted(noise_sums, draws, side="right").astype(np.int32)
            position = start + np.arange(len(words)) / len(words) * len(block)
            rates = learning_rate * (1 - (epoch + position / len(ids)) / epochs)
            arrays = words, pairs, noise, rates.astype(np.float32)
            shapes = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in arrays]
            model.steps.get_concrete_function(*shapes)(
                *map(tf.constant, arrays)
            )  # traced once
            bar.update(len(block))
    vectors = KeyedVectors(vector_size)
    vectors.add_vectors([*counts], model.center_vectors.embeddings.numpy())
    for word, count in counts.items():
        vectors.set_vecattr(word, "count", count)
    if not np.isfinite(vectors.vectors).all():
        raise FloatingPointError(f"training diverged: lower learning_rate={learning_rate}")
    return vectors
