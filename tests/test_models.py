"""The classifiers of lesson 07, and the training loop of lesson 10 beside Keras's own."""

import keras
import numpy as np
import pytest

from helpers.models import (
    convolution_classifier,
    embedding_classifier,
    mean_rows,
    predict_classes,
    train_classifier,
    word_rows,
)
from helpers.vocabulary import FIRST_WORD, encode, index_words

VOCABULARY = ["tea", "is", "good", "bad"]
TEXTS = [["tea", "is", "good"], ["tea", "is", "bad"]] * 20
IDS = encode(TEXTS, index_words(VOCABULARY, first=FIRST_WORD), length=6)
LABELS = np.array([1, 0] * 20)


@pytest.mark.parametrize(
    ("classes", "loss"), [(1, "binary_crossentropy"), (2, "sparse_categorical_crossentropy")]
)
def test_shapes_and_loss(classes, loss):
    model = embedding_classifier(4, 3, classes, seed=1)
    table, kernel, bias = model.get_weights()
    assert (table.shape, kernel.shape, bias.shape) == ((6, 3), (3, classes), (classes,))
    assert model.loss == loss
    given = np.asarray(model(IDS))
    assert given.shape == (40, classes)
    assert ((given >= 0) & (given <= 1)).all()
    if classes == 2:
        np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-5)


def test_padding_does_not_enter_the_mean():
    model = embedding_classifier(4, 3, 1, seed=1)
    np.testing.assert_allclose(model(IDS[:, :3]), model(IDS), rtol=1e-5)
    table, kernel, bias = model.get_weights()
    logit = table[IDS[0, :3]].mean(axis=0) @ kernel + bias
    np.testing.assert_allclose(model(IDS)[0], 1 / (1 + np.exp(-logit)), rtol=1e-5)


def test_an_equal_seed_gives_an_equal_model_and_equal_training():
    tables = []
    for seed in (1, 1, 2):
        model = embedding_classifier(4, 3, 1, seed, learning_rate=0.1)
        start = word_rows(model)
        model.fit(IDS, LABELS, batch_size=8, epochs=2, verbose=0)
        tables.append((start, word_rows(model)))
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.array_equal(tables[0][0], tables[2][0])


def test_it_learns_with_the_rate_that_is_asked_for():
    model = embedding_classifier(4, 3, 1, seed=1, learning_rate=0.1)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)
    model.fit(IDS, LABELS, batch_size=8, epochs=10, verbose=0)
    assert model.evaluate(IDS, LABELS, verbose=0)[1] == 1


def test_word_rows_begin_with_the_first_word_and_are_a_copy():
    model = embedding_classifier(4, 3, 1, seed=1)
    rows = word_rows(model)
    np.testing.assert_array_equal(rows, model.get_weights()[0][FIRST_WORD:])
    assert len(rows) == len(VOCABULARY)
    rows += 1
    assert not np.array_equal(rows, word_rows(model))


def test_a_model_without_one_table_is_refused():
    with pytest.raises(TypeError, match="has 0 Embedding layers, not one"):
        word_rows(keras.Sequential([keras.layers.Dense(1)]))


def test_with_equal_seeds_both_networks_start_from_equal_tables() -> None:
    """Then a lesson that puts the other network behind the labels changes nothing else."""
    mean = word_rows(embedding_classifier(4, 3, 2, seed=1))
    maximum = word_rows(convolution_classifier(4, 3, 2, seed=1))
    assert np.array_equal(mean, maximum)
    assert not np.array_equal(mean, word_rows(convolution_classifier(4, 3, 2, seed=2)))


@pytest.mark.parametrize("classes", [1, 2])
def test_the_convolution_sees_which_words_stand_together_and_the_mean_does_not(
    classes: int,
) -> None:
    ids = np.array([[2, 3, 4, 5, 0, 0], [5, 3, 2, 4, 0, 0]])
    convolution = convolution_classifier(4, 3, classes, seed=1)
    first, second = convolution(ids).numpy()
    assert not np.allclose(first, second, atol=1e-6)
    assert first.shape == (classes,)
    first, second = embedding_classifier(4, 3, classes, seed=1)(ids).numpy()
    assert np.allclose(first, second, atol=1e-6)


# ---- the training loop

BATCHES = np.random.default_rng(3).integers(0, 40, (30, 8))


def started(seed: int = 1, classes: int = 2) -> tuple[keras.Sequential, list[np.ndarray]]:
    model = embedding_classifier(4, 3, classes, seed, learning_rate=0.05)
    return model, model.get_weights()


def test_mean_rows_are_what_keras_hands_to_dense() -> None:
    ids = np.array([[2, 3, 3, 0, 0], [5, 1, 0, 0, 0], [4, 2, 5, 1, 3]])
    model, weights = started()
    inside = keras.Sequential(model.layers[:2])
    np.testing.assert_allclose(mean_rows(weights[0], ids), inside(ids), rtol=1e-5)


def test_a_text_of_padding_alone_has_a_mean_of_zeros_and_none_for_keras() -> None:
    nothing = np.zeros((1, 4), int)
    assert not (mean_rows(np.ones((6, 3)), nothing)).any()
    assert np.isnan(embedding_classifier(4, 3, 2, seed=1)(nothing)).all()
    assert "Keras gives NaN" in embedding_classifier.__doc__
    assert "Keras's layer gives NaN" in mean_rows.__doc__


def test_a_model_with_one_output_is_not_for_the_loop() -> None:
    _, weights = started(classes=1)
    with pytest.raises(ValueError, match=r"one output.*classes=2"):
        train_classifier(weights, IDS, LABELS, BATCHES)
    with pytest.raises(ValueError, match=r"one output.*classes=2"):
        predict_classes(weights, IDS)


@pytest.mark.parametrize(
    ("label", "error", "said"),
    [
        (-1, ValueError, r"the label -1 is none of 2 classes, 0 to 1: number them from 0 on"),
        (2, ValueError, r"the label 2 is none of 2 classes"),
        (0.5, TypeError, r"labels of type float64 are no classes"),
    ],
)
def test_a_label_that_is_no_class_is_named(label, error, said) -> None:
    _, weights = started()
    labels = LABELS.tolist()
    labels[7] = label
    with pytest.raises(error, match=said):
        train_classifier(weights, IDS, labels, np.arange(40).reshape(5, 8))
    if error is ValueError:  # what no batch reads may be anything
        train_classifier(weights, IDS, labels, np.arange(8, 40).reshape(4, 8))


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_loop_ends_where_fit_ends(trainable: bool, classes: int) -> None:
    model, weights = started(classes=classes)
    labels = np.arange(40) % classes
    ids = np.random.default_rng(5).integers(0, 6, (40, 5))
    ids[:, 0] = 2  # no text is all padding
    ids[ids == 5] = 4  # and one word is never read
    model.layers[0].trainable = trainable
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    for batch in BATCHES:
        model.train_on_batch(ids[batch], labels[batch])
    ours = train_classifier(weights, ids, labels, BATCHES, 0.05 if trainable else 0, 0.05)
    for name, ours_now, keras_now in zip(
        ("table", "kernel", "bias"), ours, model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours_now, keras_now, atol=2e-4, err_msg=name)
    predicted = np.argmax(model(ids), axis=1)
    assert np.array_equal(predict_classes(ours, ids), predicted)


def test_a_rate_of_zero_freezes_the_row_that_it_is_for() -> None:
    _, weights = started()
    before = [array.copy() for array in weights]
    rates = np.array([0.05, 0.05, 0.05, 0, 0.05, 0.05])
    table, *_ = train_classifier(weights, IDS, LABELS, BATCHES, rates)
    moved = (table != weights[0]).any(axis=1)
    assert moved.tolist() == [False, False, True, False, True, True]  # padding, [UNK]: unread
    for array, copy in zip(weights, before, strict=True):
        np.testing.assert_array_equal(array, copy)  # what was handed over stays as it is


def test_a_rate_for_all_rows_and_the_same_rate_for_each_are_one() -> None:
    _, weights = started()
    one = train_classifier(weights, IDS, LABELS, BATCHES, 0.02)
    each = train_classifier(weights, IDS, LABELS, BATCHES, np.full(6, 0.02))
    for first, second in zip(one, each, strict=True):
        np.testing.assert_array_equal(first, second)
    slow = train_classifier(weights, IDS, LABELS, BATCHES, 0.002)
    assert np.abs(slow[0] - weights[0]).max() < np.abs(one[0] - weights[0]).max() / 3


def test_labels_in_a_column_are_refused() -> None:
    """Keras takes them, and here they would train something else."""
    weights = embedding_classifier(4, 3, 2, seed=1).get_weights()
    ids, batches = np.array([[2, 3], [4, 5]]), np.array([[0, 1]])
    with pytest.raises(ValueError, match=r"labels of shape \(2, 1\)"):
        train_classifier(weights, ids, np.array([[0], [1]]), batches)
