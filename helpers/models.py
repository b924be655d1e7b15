"""The two models behind which the lessons put labels: a table, what reads it, an output.

Lesson 07 builds both before later lessons import them. Lesson 10 opens the training loop,
which does for the first of them what `fit` does, many times faster.
"""

import keras
import numpy as np
from scipy.sparse import csr_array

from helpers.vocabulary import FIRST_WORD, PADDING


def embedding_classifier(
    vocabulary_size: int,
    vector_size: int,
    classes: int,
    seed: int,
    learning_rate: float = 0.01,
) -> keras.Sequential:
    """Return a compiled, untrained Embedding → mean → Dense model.

    Parameters
    ----------
    vocabulary_size : int
        Number of words. The table has two rows more: for padding, which is masked and does not
        enter the mean, and for unknown words.
    vector_size : int
    classes : int
        Number of outputs, which a softmax makes into probabilities. With 1, a sigmoid gives
        the probability of the second of two classes.
    seed : int
        Sets Keras's global seed, so that the model starts and trains alike with equal seeds.
    learning_rate : float
        Adam's.

    Returns
    -------
    keras.Sequential
        It reads ids, (texts, length), as `vocabulary.encode` makes them, and labels from 0 on.
        A text of padding alone has no mean, and Keras gives NaN for it: leave such texts out.
    """
    keras.utils.set_random_seed(seed)
    embedding = keras.layers.Embedding(
        FIRST_WORD + vocabulary_size, vector_size, mask_zero=True
    )
    mean = keras.layers.GlobalAveragePooling1D()
    return _with_output([embedding, mean], classes, learning_rate)


def convolution_classifier(
    vocabulary_size: int,
    vector_size: int,
    classes: int,
    seed: int,
    learning_rate: float = 0.01,
) -> keras.Sequential:
    """Return a compiled, untrained Embedding → convolution → maximum → Dense model.

    The convolution looks at three words in a row, with as many filters as a row has numbers,
    and the maximum keeps what each filter finds anywhere in the text (Kim 2014,
    doi 10.3115/v1/D14-1181). Padding is not masked: its row is trained like another word's.

    Parameters, result and starting rows are those of `embedding_classifier`: with equal seeds
    both models start from equal tables.
    """
    keras.utils.set_random_seed(seed)
    embedding = keras.layers.Embedding(FIRST_WORD + vocabulary_size, vector_size)
    convolution = keras.layers.Conv1D(vector_size, 3, padding="same", activation="relu")
    maximum = keras.layers.GlobalMaxPooling1D()
    return _with_output([embedding, convolution, maximum], classes, learning_rate)


def _with_output(
    layers: list[keras.Layer], classes: int, learning_rate: float
) -> keras.Sequential:
    """Return the layers with a `Dense` on top, compiled and built."""
    if classes == 1:
        output = keras.layers.Dense(1, "sigmoid")
        loss = "binary_crossentropy"
    else:
        output = keras.layers.Dense(classes, "softmax")
        loss = "sparse_categorical_crossentropy"
    model = keras.Sequential([*layers, output])
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"])
    model.build((None, None))
    return model


def word_rows(model: keras.Model) -> np.ndarray:
    """Return a copy of the rows of a model's words, shape (vocabulary, vector_size).

    Row 0 belongs to the first word: the rows for padding and unknown words are left out.

    Raises
    ------
    TypeError
        If the model has not just one `Embedding` layer.
    """
    tables = [layer for layer in model.layers if isinstance(layer, keras.layers.Embedding)]
    if len(tables) != 1:
        raise TypeError(f"{model.name} has {len(tables)} Embedding layers, not one")
    return tables[0].get_weights()[0][FIRST_WORD:]


def train_classifier(
    weights: list[np.ndarray],
    ids: np.ndarray,
    labels: np.ndarray,
    batches: np.ndarray,
    row_rate: float | np.ndarray = 0.01,
    head_rate: float = 0.01,
) -> list[np.ndarray]:
    """Train Embedding → mean → Dense with a softmax, as `fit` would with Adam; see lesson 10.

    Parameters
    ----------
    weights : list of numpy.ndarray
        Table, kernel and bias, as `embedding_classifier(...).get_weights()` returns them with
        two classes or more. They stay as they are.
    ids : numpy.ndarray
        Shape (texts, length), as `vocabulary.encode` makes them.
    labels : numpy.ndarray
        Shape (texts,), numbers from 0 on.
    batches : numpy.ndarray
        Shape (steps, batch size): the numbers of the texts that each step reads.
    row_rate : float or numpy.ndarray
        Adam's learning rate for the rows: 0 freezes them. An array, (rows,), gives each row a
        rate of its own.
    head_rate : float
        Adam's learning rate for kernel and bias, the head.

    Returns
    -------
    list of numpy.ndarray
        New table, kernel and bias, float32.

    Raises
    ------
    TypeError, ValueError
        If the model has one output, or a label is none of its classes.
    """
    table, kernel, bias = [np.array(array, "float32") for array in weights]
    _demand_softmax(kernel)
    # Adam leaves a row that no batch reads where it is, so such rows can stay outside.
    read, batches = np.unique(batches, return_inverse=True)
    batches = batches.reshape(-1, batches.shape[-1])
    counts, lengths = _count(ids[read], len(table))
    labels = _checked_labels(np.asarray(labels)[read], classes=len(bias))
    words = np.unique(counts.indices)
    counts, part = counts[:, words], table[words]  # (texts, words), (words, d)
    rate = np.broadcast_to(row_rate, len(table))[words, None].astype("float32")
    frozen = not rate.any()
    means = counts @ part / lengths  # (texts, d); they stay as long as the rows are frozen
    adam_rows, adam_kernel, adam_bias = _Adam(part), _Adam(kernel), _Adam(bias)
    for batch in batches:
        texts = counts[batch]
        mean = means[batch] if frozen else texts @ part / lengths[batch]  # (batch, d)
        error = _softmax(mean @ kernel + bias)  # (batch, classes)
        error[np.arange(len(batch)), labels[batch]] -= 1
        error /= len(batch)
        if not frozen:
            # Keras squares the gradients of a repeated word before it adds them (lesson 06).
            slices = error @ kernel.T / lengths[batch]  # (batch, d), one for each word
            gradient, square = np.hsplit(texts.T @ np.hstack([slices, slices**2]), 2)
            adam_rows.step(gradient, square, rate)
        gradient, change = mean.T @ error, error.sum(axis=0)
        adam_kernel.step(gradient, gradient**2, head_rate)
        adam_bias.step(change, change**2, head_rate)
    table[words] = part
    return [table, kernel, bias]


def predict_classes(weights: list[np.ndarray], ids: np.ndarray) -> np.ndarray:
    """Return the most probable class of each text, (texts,), for such weights and such ids."""
    table, kernel, bias = weights
    _demand_softmax(kernel)
    return np.argmax(mean_rows(table, ids) @ kernel + bias, axis=1)


def mean_rows(table: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the mean of the rows that each text reads, (texts, d), padding left out.

    A text of nothing but padding has zeros for its mean, where Keras's layer gives NaN.
    """
    counts, lengths = _count(ids, len(table))
    return counts @ table / lengths


def _count(ids: np.ndarray, rows: int) -> tuple[csr_array, np.ndarray]:
    """Return how often each text has each id, (texts, rows), and lengths, (texts, 1)."""
    kept = ids != PADDING
    lengths = kept.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    ones = np.ones(len(ids[kept]), "float32")
    counts = csr_array((ones, ids[kept], starts), shape=(len(ids), rows))
    return counts, np.maximum(lengths, 1).astype("float32")[:, None]


def _demand_softmax(kernel: np.ndarray) -> None:
    if kernel.shape[1] < 2:
        raise ValueError(
            "this model has one output, and a softmax over one is always 1: make it with "
            "classes=2"
        )


def _checked_labels(labels: np.ndarray, classes: int) -> np.ndarray:
    if labels.ndim != 1:
        raise ValueError(
            f"labels of shape {labels.shape}: one number for each text, (texts,); ravel() them"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels of type {labels.dtype} are no classes: number them from 0 on")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise ValueError(
            f"the label {wrong[0]} is none of {classes} classes, 0 to {classes - 1}: number "
            "them from 0 on"
        )
    return labels


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class _Adam:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980) for one array, with the settings of Keras."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.mean = np.zeros_like(array)
        self.square = np.zeros_like(array)
        self.steps = 0

    def step(self, gradient: np.ndarray, square: np.ndarray, rate: float | np.ndarray) -> None:
        """Move the array, in place, by one step."""
        self.steps += 1
        self.mean += np.float32(0.1) * (gradient - self.mean)
        self.square += np.float32(0.001) * (square - self.square)
        unbiased = np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        size = np.float32(unbiased) * np.float32(rate)
        self.array -= size * self.mean / (np.sqrt(self.square) + np.float32(1e-7))
