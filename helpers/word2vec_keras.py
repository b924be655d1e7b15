"""Word2Vec (skip-gram with negative sampling) as a Keras model, as fast as gensim's C.

The obvious way, `model.fit` on (target, context, label) triples, fetches two rows of `vector_size`
numbers for every single label, writes both back, and computes 2 · `vector_size` products between:
nearly all its time goes into moving rows and into calling hundreds of small operations from Python.
Here each row that is fetched serves many labels:

1. A batch is a few *pieces* of running text. The rows of a piece are fetched once, as centers and
   as contexts; one matrix product scores all its pairs, and a table of booleans made in NumPy says
   which of them count (pairs in reach of each other, in one text).
2. The noise words are shared by the batch, so that their part is a matrix product too. Each stands
   for many: its loss is weighted such that a pair has `negative` noise words in all.
3. Only rows in the batch move: plain SGD turns the gradient of `tf.gather` (`tf.IndexedSlices`)
   into a scatter. Calling the layer reads the *whole* table each time, hence `tf.gather` here.
4. Some hundred steps run in one call of a compiled `tf.function`.

What it takes for this to learn as well as one pair at a time: batches stay small (gradients are
summed, and a word's summed updates must not overshoot), and their pieces come from all over a block
of text, because one article repeats its words.
"""

import itertools
from array import array
from collections import Counter
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf
from gensim.models import KeyedVectors
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

from helpers.skipgram_numpy import keep_probability, noise_distribution

PIECE = 16  # centers in a piece; it has `window` more words on both sides
PAIRS = 384  # about as many pairs in a batch: more are faster, until frequent words overshoot
SHARED_NOISE = 12  # noise words of a batch for each `negative`: each stands for PAIRS / 12
CLIP = 4.0  # on each number of a gradient; a guard that ordinary settings hardly touch
BLOCK = 100_000  # running words that NumPy prepares at once


class SkipGram(keras.Model):
    """The two tables of Word2Vec, `center_vectors` and `context_vectors`: both Keras Embeddings."""

    def __init__(self, vocabulary_size: int, vector_size: int, negative: int, seed: int) -> None:
        super().__init__()
        start = keras.initializers.RandomUniform(-1 / vector_size, 1 / vector_size, seed)
        self.center_vectors = keras.layers.Embedding(vocabulary_size, vector_size, start)
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
        # softplus(-x) is -log sigmoid(x): the cross-entropy of label 1. Label 0 has softplus(x).
        loss_of_pairs = tf.nn.softplus(-tf.matmul(centers, contexts, transpose_b=True))
        scores = tf.tensordot(centers, tf.gather(context_table, noise), [[2], [1]])
        share = self.negative / noise.shape[0]
        noise_per_center = share * tf.reduce_sum(pairs, 2, keepdims=True)
        loss_of_noise = noise_per_center * tf.nn.softplus(scores)
        return tf.reduce_sum(pairs * loss_of_pairs) + tf.reduce_sum(loss_of_noise)

    def step(self, words: tf.Tensor, pairs: tf.Tensor, noise: tf.Tensor, rate: tf.Tensor) -> None:
        """Move the rows of a batch down its summed loss, `rate` times the gradient."""
        with tf.GradientTape() as tape:
            loss = self.summed_loss(words, pairs, noise)
        variables = self.trainable_variables
        self.optimizer.learning_rate.assign(rate)
        self.optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)

    @tf.function(reduce_retracing=True)
    def steps(self, words: tf.Tensor, pairs: tf.Tensor, noise: tf.Tensor, rates: tf.Tensor) -> None:
        """Do one step for each entry of the first axis."""
        for i in tf.range(tf.shape(rates)[0]):
            self.step(words[i], pairs[i], noise[i], rates[i])


def encode(sentences: Iterable[Iterable[str]], min_count: int) -> tuple[dict, ndarray, ndarray]:
    """Read a corpus twice, and keep 4 bytes for each of its words.

    Returns
    -------
    counts : dict
        How often each word of the vocabulary occurs, most frequent first: a word's id is its place.
    ids : int32, shape (running words of the vocabulary,)
    texts : int32, same shape
        The number of the sentence that each of them stands in.
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
    if not found:
        raise ValueError("sentences holds no word at all: is its file empty, or read already?")
    counts = {word: count for word, count in found.most_common() if count >= min_count}
    if not counts:
        [(word, count)] = found.most_common(1)
        raise ValueError(
            f"none of {len(found):,} distinct words occurs min_count={min_count} times, the most "
            f"frequent, {word!r}, {count} times: give more text or lower min_count"
        )
    ids, lengths, number = array("i"), [], {word: i for i, word in enumerate(counts)}
    for sentence in sentences:
        before = len(ids)
        ids.extend(number[word] for word in sentence if word in number)
        lengths.append(len(ids) - before)
    if len(ids) != (expected := sum(counts.values())):
        raise ValueError(
            f"sentences held {expected:,} words of the vocabulary at first reading, {len(ids):,} "
            "at the second: its __iter__ has to start afresh each time"
        )
    return counts, np.array(ids), np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)


def batches(
    words: ndarray, texts: ndarray, window: int, rng: np.random.Generator
) -> tuple[ndarray, ndarray]:
    """Cut a block of text into pieces, mix them, and say which pairs in them count.

    A center sees its text (`texts` numbers them, word by word) from 1 to `window` words to both
    sides, a number drawn anew for each. Returns `words` and `pairs` for `SkipGram.steps`.
    """
    pieces = max(1, PAIRS // (PIECE * (window + 1)))  # on average a center has window + 1 contexts
    missing = PIECE * pieces - len(words) % (PIECE * pieces)
    padding, width = (window, window + missing), PIECE + 2 * window
    words = sliding_window_view(np.pad(words, padding), width)[::PIECE]
    texts = sliding_window_view(np.pad(texts, padding, constant_values=-1), width)[::PIECE]
    order = rng.permutation(len(words))
    words, texts = words[order], texts[order]
    distance = np.abs(np.arange(width) - window - np.arange(PIECE)[:, None])
    reach = rng.integers(1, window + 1, (len(words), PIECE, 1))
    of_center = texts[:, window : width - window, None]
    pairs = (distance > 0) & (distance <= reach) & (texts[:, None] == of_center) & (of_center >= 0)
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
    """Return the trained center vectors, float32; parameters and defaults are gensim's for sg=1.

    The learning rate falls linearly to 0. The same seed gives the same vectors on the same CPU.

    Parameters
    ----------
    sentences : iterable of lists of words
        Anything that can be read twice: a list, or an object with `__iter__`. Unlike in gensim,
        texts may have more than 10,000 words.

    Raises
    ------
    TypeError
        If `sentences` can be read only once, or holds strings in place of lists of words.
    ValueError
        If it holds no word or none `min_count` times, or if a number is too small.
    FloatingPointError
        If training diverges.
    """
    sizes = {"vector_size": vector_size, "window": window, "negative": negative, "epochs": epochs}
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
    with tqdm(total=epochs * len(ids), unit=" words", unit_scale=True, leave=False, **quiet) as bar:
        for epoch, start in itertools.product(range(epochs), range(0, len(ids), BLOCK)):
            block = ids[start : start + BLOCK]
            kept = rng.random(len(block)) < keep[block]
            words, pairs = batches(block[kept], texts[start : start + BLOCK][kept], window, rng)
            draws = rng.random((len(words), SHARED_NOISE * negative)) * noise_sums[-1]
            noise = np.searchsorted(noise_sums, draws, side="right").astype(np.int32)
            done = epoch + (start + np.arange(len(words)) / len(words) * len(block)) / len(ids)
            model.steps(
                words, pairs, noise, (learning_rate * (1 - done / epochs)).astype("float32")
            )
            bar.update(len(block))
    vectors = KeyedVectors(vector_size)
    vectors.add_vectors([*counts], model.center_vectors.embeddings.numpy())
    for word, count in counts.items():
        vectors.set_vecattr(word, "count", count)
    if not np.isfinite(vectors.vectors).all():
        raise FloatingPointError(f"training diverged: lower learning_rate={learning_rate}")
    return vectors
