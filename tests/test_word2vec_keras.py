"""Word2Vec in Keras: its pairs, one step against NumPy, quality beside a control, its errors."""

import random
from collections import Counter
from functools import partial

import numpy as np
import pytest
from gensim.models import Word2Vec
from scipy.special import expit
from tqdm import tqdm

from helpers import corpora, word2vec_keras
from helpers.skipgram_numpy import skipgram_pairs
from helpers.word2vec_keras import SkipGram, batches, train_word2vec

OPPOSITES = [("good", "bad"), ("best", "worst"), ("great", "terrible")]


@pytest.fixture(scope="module")
def reviews():
    return corpora.reviews().sentences


# ---- pairs


def pairs_in(words, pairs, window):
    """List (center, context) of what `batches` marks."""
    for text, marks in zip(
        words.reshape(-1, words.shape[-1]), np.concatenate(pairs), strict=True
    ):
        for center, column in np.argwhere(marks):
            yield int(text[center + window]), int(text[column])


class Always:
    """Stands for a generator that always draws the full window, and mixes nothing."""

    permutation = staticmethod(np.arange)

    @staticmethod
    def integers(low, high, size):
        return np.full(size, high - 1)


@pytest.mark.parametrize("window", [1, 5, 40])
@pytest.mark.parametrize("size", [0, 1, 63, 64, 1000])
def test_the_pairs_are_those_of_the_numpy_version(window, size):
    rng = np.random.default_rng(size)
    words = np.arange(
        size, dtype=np.int32
    )  # all distinct: a pair says which places it is from
    texts = np.sort(rng.integers(0, 1 + size // 20, size))
    expected = Counter(
        zip(*skipgram_pairs(words, texts, window, Always, shrink=False), strict=True)
    )
    assert Counter(pairs_in(*batches(words, texts, window, Always), window)) == expected
    some = Counter(pairs_in(*batches(words, texts, window, rng), window))
    assert some <= expected


def test_a_window_is_drawn_from_one_to_window():
    words = np.arange(50_000, dtype=np.int32)
    found = pairs_in(*batches(words, 0 * words, 4, np.random.default_rng(0)), 4)
    reach = Counter(context - center for center, context in found)
    share = [reach[d] / len(words) for d in (1, -1, 2, -2, 3, -3, 4, -4)]
    assert share == pytest.approx([1, 1, 0.75, 0.75, 0.5, 0.5, 0.25, 0.25], abs=0.02)


# ---- one step


def tiny_batch(window=2, size=60, vector_size=6):
    rng = np.random.default_rng(4)
    words = rng.integers(0, 20, size).astype(np.int32)
    batch, pairs = batches(words, np.arange(size) // 17, window, rng)
    noise = rng.integers(10, 30, (len(batch), 7)).astype(np.int32)
    model = SkipGram(40, vector_size, negative=3, seed=1)
    tables = rng.normal(0, 0.5, (2, 40, vector_size)).astype(np.float32)
    for layer, table in zip(model.layers, tables, strict=True):
        layer.embeddings.assign(table)
    return model, tables, batch, pairs, noise


def numpy_loss_and_gradients(v, u, batch, pairs, noise, window, negative):
    """Return the loss and both gradients, one pair and one noise word at a time."""
    loss, dv, du = 0.0, np.zeros_like(v), np.zeros_like(u)
    labels = [(c, o, 1, 1.0) for c, o in pairs_in(batch[None], pairs[None], window)]
    weight = negative / len(noise)
    labels += [(c, n, 0, weight) for c, _, _, _ in list(labels) for n in noise.tolist()]
    for center, other, label, weight in labels:
        f = expit(v[center] @ u[other])
        loss -= weight * np.log(f if label else 1 - f)
        dv[center] += weight * (f - label) * u[other]
        du[other] += weight * (f - label) * v[center]
    return loss, dv, du


def test_one_step_is_the_closed_form_and_moves_only_rows_of_the_batch():
    model, (v, u), batch, pairs, noise = tiny_batch()
    v64, u64 = v.astype(float), u.astype(float)
    loss, dv, du = numpy_loss_and_gradients(v64, u64, batch[0], pairs[0], noise[0], 2, 3)
    assert float(model.summed_loss(batch[0], pairs[0], noise[0])) == pytest.approx(
        loss, rel=1e-5
    )
    model.optimizer.clipvalue = 1000.0  # read when the step is compiled
    model.steps(batch[:1], pairs[:1], noise[:1], np.array([0.01], np.float32))
    new_v, new_u = (layer.embeddings.numpy() for layer in model.layers)
    assert np.abs(dv).max() > 1
    np.testing.assert_allclose(new_v, v - 0.01 * dv, atol=2e-6)
    np.testing.assert_allclose(new_u, u - 0.01 * du, atol=2e-6)
    moved_v, moved_u = (new_v != v).any(1), (new_u != u).any(1)
    assert set(np.flatnonzero(moved_v)) == set(np.flatnonzero(dv.any(1)))
    assert set(np.flatnonzero(moved_u)) == set(np.flatnonzero(du.any(1)))
    assert not moved_v[30:].any() and not moved_u[30:].any()


def test_the_closed_form_is_the_slope_of_the_loss():
    _, (v, u), batch, pairs, noise = tiny_batch()
    v, u = v.astype(float), u.astype(float)
    rng = np.random.default_rng(0)
    arguments = batch[0], pairs[0], noise[0], 2, 3
    _, dv, du = numpy_loss_and_gradients(v, u, *arguments)
    to_v, to_u = rng.normal(size=(2, *v.shape))
    up, down = (
        numpy_loss_and_gradients(v + h * to_v, u + h * to_u, *arguments)[0]
        for h in (1e-5, -1e-5)
    )
    assert (up - down) / 2e-5 == pytest.approx((dv * to_v + du * to_u).sum(), rel=1e-6)


def test_several_steps_in_a_call_are_one_after_the_other():
    together, _, batch, pairs, noise = tiny_batch(size=400)
    singly = tiny_batch(size=400)[0]
    rates = np.linspace(0.05, 0.01, len(batch), dtype=np.float32)
    assert len(batch) > 2
    together.steps(batch, pairs, noise, rates)
    for i in range(len(batch)):
        singly.steps(batch[i : i + 1], pairs[i : i + 1], noise[i : i + 1], rates[i : i + 1])
    for one, other in zip(together.layers, singly.layers, strict=True):
        np.testing.assert_allclose(one.embeddings, other.embeddings, atol=1e-6)


# ---- the whole


class TwiceReadable:
    """A corpus that is made anew whenever it is read, and counts how often that was."""

    def __init__(self, sentences):
        self.sentences, self.times = sentences, 0

    def __iter__(self):
        self.times += 1
        return (iter(sentence) for sentence in self.sentences)


def test_a_seed_gives_the_same_vectors_from_a_list_and_from_a_stream(reviews):
    part, settings = reviews[:1500], {"epochs": 1, "progress": False}
    stream = TwiceReadable(part)
    one, two = train_word2vec(part, **settings), train_word2vec(stream, **settings)
    assert stream.times == 3  # once to see that it is no generator
    assert one.index_to_key == two.index_to_key
    np.testing.assert_array_equal(one.vectors, two.vectors)
    other = train_word2vec(part, seed=2, **settings)
    assert np.abs(one.vectors - other.vectors).max() > 0.001


def test_words_and_counts_are_those_of_gensim(reviews):
    ours = train_word2vec(reviews, vector_size=8, epochs=1, min_count=20, progress=False)
    gensim = Word2Vec(reviews, vector_size=8, epochs=1, min_count=20).wv
    counts = [
        {w: kv.get_vecattr(w, "count") for w in kv.index_to_key} for kv in (ours, gensim)
    ]
    assert counts[0] == counts[1]
    assert [*counts[0].values()] == [*counts[1].values()]  # the most frequent first
    assert ours.vectors.dtype == np.float32 and ours.vectors.shape == (len(counts[0]), 8)


def running_words(sentences, min_count):
    counts = Counter(word for sentence in sentences for word in sentence)
    return sum(count for count in counts.values() if count >= min_count)


def mean_similarity(vectors):
    return np.mean([vectors.similarity(*pair) for pair in OPPOSITES])


def test_opposites_come_close_unless_the_words_of_all_texts_are_mixed(reviews):
    vectors = train_word2vec(reviews, epochs=3, progress=False)
    words = [word for sentence in reviews for word in sentence]
    random.Random(1).shuffle(words)
    words = iter(words)
    mixed = [[next(words) for _ in sentence] for sentence in reviews]
    control = train_word2vec(mixed, epochs=3, progress=False)
    # Over ten seeds: similarity .91 to .94, mean rank 1.3 to 3.0, in mixed texts 498 to 804.
    assert mean_similarity(vectors) > 0.8
    # Rows of a mixed text lie in one direction; what counts is who stands out among them.
    ranks = [[kv.rank(*pair) for pair in OPPOSITES] for kv in (vectors, control)]
    assert np.mean(ranks[0]) < 10 and np.mean(ranks[1]) > 200


# Each diverges, or leaves rows of enormous length, if batches are large or gradients unclipped.
HARD = {
    "no sub-sampling": {"sample": 0, "epochs": 4},
    "a high learning rate": {"learning_rate": 0.1, "epochs": 3},
    "many labels a word": {"window": 30, "negative": 20, "epochs": 1},
}


@pytest.mark.parametrize("settings", HARD.values(), ids=HARD)
def test_unusual_settings_do_not_make_it_diverge(settings, reviews):
    vectors = train_word2vec(reviews[:3000], vector_size=50, progress=False, **settings)
    assert np.linalg.norm(vectors.vectors, axis=1).max() < 8  # over ten seeds 2.4 to 5.8


def test_a_text_of_a_few_words_is_enough():
    vectors = train_word2vec([["a", "b"], [], ["a", "c"]], min_count=1, progress=False)
    assert vectors.index_to_key[0] == "a" and len(vectors) == 3


def test_divergence_is_said(reviews, monkeypatch):
    monkeypatch.setattr(word2vec_keras, "CLIP", 1e30)
    with pytest.raises(FloatingPointError, match="lower learning_rate=1e\\+20"):
        train_word2vec(reviews[:300], learning_rate=1e20, epochs=1, progress=False)


def test_progress_counts_running_words_and_can_be_silenced(reviews, monkeypatch, capfd):
    bars = []

    class Bar(tqdm):
        def __init__(self, **settings):
            super().__init__(**settings)
            bars.append((settings, self))

    monkeypatch.setattr(word2vec_keras, "tqdm", Bar)
    monkeypatch.setattr(word2vec_keras, "BLOCK", 1000)
    train_word2vec(reviews[:100], epochs=2, progress=False)
    assert bars[0][0]["disable"] is True
    assert capfd.readouterr() == ("", "")
    monkeypatch.setattr(word2vec_keras, "tqdm", partial(Bar, disable=False))
    train_word2vec(reviews[:100], epochs=2)
    assert bars[1][1].n == bars[1][1].total == 2 * running_words(reviews[:100], min_count=5)
    assert "words/s" in capfd.readouterr().err


# ---- errors


class ReadsOnce:
    """Not an iterator itself, but its second reading goes on where the first one ended."""

    def __init__(self, sentences):
        self.left = iter(sentences)

    def __iter__(self):
        return (sentence for sentence in self.left)


@pytest.mark.parametrize(
    ("sentences", "settings", "error", "says"),
    [
        ((s for s in [["a"]]), {}, TypeError, "is a generator, which can be read only once"),
        (map(list, ["ab"]), {}, TypeError, "is a map, which can be read only once"),
        (["good film", "bad film"], {}, TypeError, "'good film' is a string.*split"),
        ([["good", "film"], "bad film"], {}, TypeError, "'bad film' is a string"),
        ("good film", {}, TypeError, "'good film' does not"),
        (None, {}, TypeError, "None does not"),
        ([], {}, ValueError, "no word at all"),
        ([[], []], {}, ValueError, "no word at all"),
        (
            [["a", "b"], ["a"]],
            {},
            ValueError,
            "none of 2 distinct words occurs min_count=5 times",
        ),
        ([["a"] * 9], {"window": 0}, ValueError, "window=0 is too small"),
        ([["a"] * 9], {"negative": 0}, ValueError, "negative=0 is too small"),
        ([["a"] * 9], {"vector_size": 0}, ValueError, "vector_size=0 is too small"),
        (
            ReadsOnce([["a"] * 9]),
            {},
            ValueError,
            "9 words of the vocabulary at first and 0 when",
        ),
    ],
)
def test_errors_say_what_to_do(sentences, settings, error, says):
    with pytest.raises(error, match=says):
        train_word2vec(sentences, progress=False, **settings)
