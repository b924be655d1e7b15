"""The two models behind which the lessons put labels: a table, what reads it, an output.

Lesson 07 builds both before later lessons import them.
"""

import keras
import numpy as np

from helpers.vocabulary import FIRST_WORD


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
