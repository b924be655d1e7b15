"""Word2Vec in Keras: its pairs, one step against NumPy, threads, quality, errors.

And for both trainers, this and the one in NumPy: what makes it Word2Vec, beside gensim's own.
"""

import random
import threading
import time
from collections import Counter
from functools import partial

import numpy as np
import pytest
from gensim.models import Word2Vec
from scipy.special import expit
from tqdm import tqdm

from helpers import corpora, skipgram_numpy, word2vec_keras
from helpers.skipgram_numpy import skipgram_pairs, train_skipgram
from helpers.word2vec_keras import PIECE, SHARED_NOISE, SkipGram, batches, train_word2vec

OPPOSITES = [("good", "bad"), ("best", "worst"), ("great", "terrible")]


@pytest.fixture(scope="module")
def reviews():
    return corpora.reviews().texts


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


def test_pieces_of_a_block_are_mixed():
    words = np.arange(16_000, dtype=np.int32)
    found, _ = batches(words, 0 * words, 5, np.random.default_rng(0))
    first = found[:, :, 5].ravel()  # the first center of each piece
    first = first[first > 0]  # the others are padding, and one is word 0
    assert sorted(first) == list(range(PIECE, 16_000, PIECE))
    assert abs(np.corrcoef(first, np.arange(len(first)))[0, 1]) < 0.2


# ---- one step


def tiny_batch(window=2, size=60, vector_size=6):
    rng = np.random.default_rng(4)
    words = rng.integers(0, 20, size).astype(np.int32)
    batch, pairs = batches(words, np.arange(size) // 17, window, rng)
    noise = rng.integers(10, 30, (len(batch), 3 * SHARED_NOISE)).astype(np.int32)
    model = SkipGram(40, vector_size, negative=3, seed=1, window=window)
    tables = rng.normal(0, 0.5, (2, 40, vector_size)).astype(np.float32)
    model.center_vectors.set_weights([tables[0]])
    model.context_vectors.set_weights([tables[1]])
    return model, tables, batch, pairs, noise


def tables_of(model):
    layers = model.center_vectors, model.context_vectors
    return [layer.embeddings.numpy() for layer in layers]


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


def test_one_step_is_the_closed_form_and_moves_only_rows_of_the_batch(monkeypatch):
    monkeypatch.setattr(word2vec_keras, "CLIP", 1000.0)
    model, (v, u), batch, pairs, noise = tiny_batch()
    v64, u64 = v.astype(float), u.astype(float)
    loss, dv, du = numpy_loss_and_gradients(v64, u64, batch[0], pairs[0], noise[0], 2, 3)
    assert float(model.summed_loss(batch[0], pairs[0], noise[0])) == pytest.approx(
        loss, rel=1e-5
    )
    model.steps(batch[:1], pairs[:1], noise[:1], np.array([0.01], np.float32))
    new_v, new_u = tables_of(model)
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
    for one, other in zip(tables_of(together), tables_of(singly), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_clip_bounds_each_fetch_of_a_row_and_not_what_they_add_up_to(monkeypatch):
    monkeypatch.setattr(word2vec_keras, "CLIP", 0.125)
    model, (v, _), batch, pairs, noise = tiny_batch()
    model.steps(batch[:1], pairs[:1], noise[:1], np.array([1.0], np.float32))
    moved = np.abs(tables_of(model)[0] - v).max(axis=1)
    centers = batch[0][:, 2 : 2 + PIECE]
    fetches = np.bincount(centers[pairs[0].any(axis=2)], minlength=40)
    assert (moved <= 0.125 * fetches + 1e-6).all()
    assert moved.max() > 2 * 0.125


def test_the_first_rows_are_spread_as_gensims():
    model = SkipGram(500, 20, negative=5, seed=3)
    gensim = Word2Vec([[str(i) for i in range(500)]], min_count=1, vector_size=20, epochs=1)
    gensim.init_weights()
    center_rows, context_rows = tables_of(model)
    assert np.abs(center_rows).max() <= np.abs(gensim.wv.vectors).max() * 1.01
    assert center_rows.std() == pytest.approx(gensim.wv.vectors.std(), rel=0.03)
    assert not context_rows.any() and not gensim.syn1neg.any()


# ---- what makes it Word2Vec, in both trainers


def zipf_texts():
    """Texts of 200 words, of which the word i occurs about 1 / (i + 1) as often as word 0."""
    rng = np.random.default_rng(5)
    chances = 1 / np.arange(1, 301)
    words = rng.choice(300, size=(200, 200), p=chances / chances.sum())
    return [[f"w{word}" for word in text] for text in words]


class Watched:
    """A short training: every learning rate, noise word and pair that reached the tables."""

    def __init__(self, monkeypatch, trainer, texts, **settings):
        self.rates, self.noise, self.centers, self.contexts = [], [], [], []
        self.trainer = trainer
        if trainer == "keras":
            steps = SkipGram.steps

            def watched_steps(model, words, pairs, noise, rates):
                self.model = model
                self.rates.extend(rates)
                self.noise.extend(noise)
                batch, piece, center, column = np.nonzero(pairs)
                self.centers.extend(words[batch, piece, center + settings["window"]])
                self.contexts.extend(words[batch, piece, column])
                steps(model, words, pairs, noise, rates)

            monkeypatch.setattr(SkipGram, "steps", watched_steps)
            monkeypatch.setattr(word2vec_keras, "BLOCK", 10_000)  # several in an epoch
            train = train_word2vec
        else:
            step = skipgram_numpy.sgns_step

            def watched_step(v, u, centers, contexts, negatives, negative, rate):
                self.tables = v, u
                self.rates.append(rate)
                self.noise.append(negatives)
                self.centers.extend(centers)
                self.contexts.extend(contexts)
                step(v, u, centers, contexts, negatives, negative, rate)

            monkeypatch.setattr(skipgram_numpy, "sgns_step", watched_step)
            train = train_skipgram
        self.vectors = train(texts, progress=False, **settings)

    def trained_tables(self):
        return tables_of(self.model) if self.trainer == "keras" else self.tables


TRAINERS = pytest.mark.parametrize("trainer", ["keras", "numpy"])


def distance(counted, chances):
    """Return how much of one distribution would have to move to make the other."""
    return np.abs(counted / counted.sum() - chances / chances.sum()).sum() / 2


@TRAINERS
@pytest.mark.parametrize("sample", [0, 0.01, 60])
def test_rates_noise_and_kept_words_are_those_of_gensim(trainer, sample, monkeypatch):
    texts = zipf_texts()
    settings = {"window": 3, "negative": 4, "sample": sample, "min_count": 2, "epochs": 2}
    run = Watched(monkeypatch, trainer, texts, vector_size=4, alpha=0.005, **settings)
    model = Word2Vec(vector_size=4, alpha=0.005, min_alpha=0, **settings)
    model.build_vocab(texts)
    words = run.vectors.index_to_key
    rows = [model.wv.key_to_index[word] for word in words]  # words of one count change places
    assert sorted(rows) == list(range(len(model.wv)))

    done = 2 * np.arange(len(run.rates)) / len(run.rates)  # in epochs
    rates = [model._get_next_alpha(share % 1, int(share)) for share in done]
    np.testing.assert_allclose(run.rates, rates, atol=0.01 * 0.005)
    assert (np.diff(run.rates) <= 0).all()

    noise = np.array(run.noise)
    assert len(np.unique(noise, axis=0)) == len(noise)  # each batch draws its own
    drawn = np.bincount(noise.ravel(), minlength=len(run.vectors))
    assert distance(drawn, np.diff(model.cum_table, prepend=0)[rows]) < 0.05

    counts = np.array([model.wv.get_vecattr(word, "count") for word in words])
    kept = np.array([model.wv.get_vecattr(word, "sample_int") for word in words]) / (2**32 - 1)
    centers = np.bincount(run.centers, minlength=len(words))
    assert distance(centers, counts * kept) < 0.03
    # A center has window + 1 contexts on average, fewer at the ends of its text.
    assert len(run.centers) == pytest.approx(2 * 4 * (counts * kept).sum(), rel=0.06)


@TRAINERS
def test_each_center_draws_its_window_from_one_to_the_largest(trainer, monkeypatch):
    words = [f"w{place}" for place in range(6000)]  # each once: its id says where it stands
    settings = {"window": 4, "sample": 0, "min_count": 1, "epochs": 1, "vector_size": 2}
    run = Watched(monkeypatch, trainer, [words], negative=1, **settings)
    distances = np.abs(np.subtract(run.centers, run.contexts))
    share = np.bincount(distances) / len(distances)
    np.testing.assert_allclose(share, [0, 0.4, 0.3, 0.2, 0.1], atol=0.015)


@TRAINERS
def test_the_vectors_are_the_centers_and_hold_counts(trainer, monkeypatch):
    texts = zipf_texts()[:40]
    run = Watched(monkeypatch, trainer, texts, vector_size=4, window=2, epochs=1)
    centers, contexts = run.trained_tables()
    np.testing.assert_array_equal(run.vectors.vectors, centers)
    assert not np.array_equal(centers, contexts)
    counts = Counter(word for text in texts for word in text)
    for word in run.vectors.index_to_key:
        assert run.vectors.get_vecattr(word, "count") == counts[word]
    assert run.vectors.vectors.dtype == np.float32


@pytest.mark.parametrize("train", [train_word2vec, train_skipgram])
def test_untrained_centers_are_uniform_in_gensims_range(train):
    settings = {"vector_size": 20, "min_count": 1, "epochs": 1, "progress": False}
    rows = train([[f"w{i}" for i in range(500)]], alpha=0, **settings).vectors
    assert np.abs(rows).max() <= 1 / 20
    assert rows.std() == pytest.approx(1 / 20 / np.sqrt(3), rel=0.03)


def two_topics():
    """Texts that take all their words from one half of the vocabulary."""
    rng = np.random.default_rng(2)
    halves = rng.integers(2, size=300)
    return [[f"{half}{word}" for word in rng.integers(20, size=12)] for half in halves]


def gap_between_topics(vectors):
    """Return how much more alike words of one half are than words of different halves."""
    topics = np.array([word[0] for word in vectors.index_to_key])
    rows = vectors.get_normed_vectors()
    cosines = rows @ rows.T
    same = topics[:, None] == topics
    return cosines[same & ~np.eye(len(rows), dtype=bool)].mean() - cosines[~same].mean()


@pytest.mark.parametrize("train", [train_word2vec, train_skipgram])
def test_training_finds_which_words_go_together_and_a_rate_of_zero_does_not(train):
    settings = {"sample": 0, "epochs": 20, "vector_size": 10, "progress": False}
    vectors = train(two_topics(), alpha=0.02, **settings)
    assert gap_between_topics(vectors) > 0.5
    assert abs(gap_between_topics(train(two_topics(), alpha=0, **settings))) < 0.1


@pytest.mark.parametrize("train", [train_word2vec, train_skipgram])
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"vector_size": 0}, "vector_size=0 is too small: it has to be 1 or more"),
        ({"window": 0}, "window=0 is too small"),
        ({"epochs": 0}, "epochs=0 is too small"),
        ({"negative": 0}, "negative=0 leaves no noise words.*give 1 or more"),
        ({"negative": -1}, "negative=-1 is too small"),
        ({"sample": -1}, "sample=-1 has no meaning: 0 keeps all words"),
        ({"sample": float("nan")}, "sample=nan has no meaning"),
    ],
)
def test_settings_without_a_meaning_are_refused(train, settings, says):
    with pytest.raises(ValueError, match=says):
        train([["a"] * 9], progress=False, **settings)


@pytest.mark.parametrize(
    ("module", "train"),
    [(word2vec_keras, train_word2vec), (skipgram_numpy, train_skipgram)],
)
def test_progress_is_shown_unless_it_is_silenced(module, train, monkeypatch, capfd):
    settings = {"vector_size": 2, "epochs": 1, "min_count": 1, "sample": 0}
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert tqdm([]).disable, "this tqdm does not read TQDM_DISABLE"
    capfd.readouterr()
    train([["a", "b"]], **settings)
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(module, "tqdm", partial(tqdm, disable=False))
    train([["a", "b"]], **settings)
    assert "%" in capfd.readouterr().err
    monkeypatch.setattr(module, "tqdm", tqdm)
    monkeypatch.delenv("TQDM_DISABLE")
    train([["a", "b"]], progress=False, **settings)
    assert capfd.readouterr().err == ""


# ---- threads


def test_two_workers_train_the_same_batches_and_learn(monkeypatch):
    monkeypatch.setattr(word2vec_keras, "BLOCK", 500)
    seen = {1: [], 2: []}
    threads = set()
    steps = SkipGram.steps
    settings = {"sample": 0, "epochs": 20, "vector_size": 10, "alpha": 0.1}

    def watched(model, *arrays):
        seen[workers].append([array.tobytes() for array in arrays])
        threads.add(threading.get_ident())
        steps(model, *arrays)

    monkeypatch.setattr(SkipGram, "steps", watched)
    for workers in seen:
        vectors = train_word2vec(two_topics(), workers=workers, progress=False, **settings)
        assert gap_between_topics(vectors) > 0.5
    assert len(seen[1]) == 20 * 8  # 3,600 words, in blocks of 500
    assert sorted(seen[1]) == sorted(seen[2])
    assert len(threads) == 3  # this one, and two more


def test_an_error_in_one_worker_ends_the_others(monkeypatch):
    monkeypatch.setattr(word2vec_keras, "BLOCK", 100)
    calls = []

    def broken(model, *arrays):
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError("no room")

    monkeypatch.setattr(SkipGram, "steps", broken)
    with pytest.raises(MemoryError, match="no room"):
        train_word2vec(two_topics(), workers=2, epochs=50, progress=False)
    assert len(calls) < 50 * 36


def test_an_interrupt_ends_the_workers(monkeypatch):
    monkeypatch.setattr(word2vec_keras, "BLOCK", 100)
    calls = []
    monkeypatch.setattr(SkipGram, "steps", lambda model, *arrays: calls.append(1))

    class Interrupted(tqdm):
        def update(self, n):
            raise KeyboardInterrupt

    monkeypatch.setattr(word2vec_keras, "tqdm", Interrupted)
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train_word2vec(two_topics(), workers=2, epochs=50, progress=False)
    so_far = len(calls)
    assert so_far < 50 * 36
    time.sleep(0.1)
    assert len(calls) == so_far, "a thread goes on"
    del interrupt  # it holds all frames, as a notebook's last traceback does


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


def test_another_seed_gives_other_batches_and_other_noise(monkeypatch):
    seen = []

    def watched(model, words, pairs, noise, rates):
        seen.append((words, pairs, noise))

    monkeypatch.setattr(SkipGram, "steps", watched)
    for seed in (1, 2):
        train_word2vec(two_topics(), sample=0, epochs=1, seed=seed, progress=False)
    for one, other in zip(*seen, strict=True):
        assert one.shape == other.shape and not np.array_equal(one, other)


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


# Each diverges, or leaves very long rows, if batches are large or gradients unclipped.
HARD = {
    "no sub-sampling": {"sample": 0, "epochs": 4},
    "a high learning rate": {"alpha": 0.1, "epochs": 3},
    "many labels a word": {"window": 30, "negative": 20, "epochs": 1},
}


@pytest.mark.parametrize("settings", HARD.values(), ids=HARD)
def test_unusual_settings_do_not_make_it_diverge(settings, reviews):
    vectors = train_word2vec(reviews[:3000], vector_size=50, progress=False, **settings)
    assert np.linalg.norm(vectors.vectors, axis=1).max() < 8  # over ten seeds 2.4 to 5.8


def test_a_text_of_a_few_words_is_enough():
    texts = [["a", "b"], [], ["a", "c"]]
    vectors = train_word2vec(texts, min_count=1, sample=0, progress=False)
    assert vectors.index_to_key[0] == "a" and len(vectors) == 3


def test_a_sample_that_leaves_no_pair_is_told_and_no_random_rows_come_back():
    texts = [["a", "b"], ["a", "c"]]
    with pytest.raises(ValueError, match=r"sample=1e-12 leaves no pair"):
        train_word2vec(texts, min_count=1, sample=1e-12, progress=False)


def test_a_negative_learning_rate_is_refused():
    with pytest.raises(ValueError, match=r"alpha=-0\.1 unlearns: it has to be 0 or more"):
        train_word2vec([["a", "b"]], min_count=1, alpha=-0.1, progress=False)


def test_divergence_is_said(reviews, monkeypatch):
    monkeypatch.setattr(word2vec_keras, "CLIP", 1e30)
    with pytest.raises(FloatingPointError, match=r"training diverged.*lower alpha"):
        train_word2vec(reviews[:300], alpha=1e20, epochs=1, progress=False)


def test_progress_counts_running_words(reviews, monkeypatch, capfd):
    bars = []

    class Bar(tqdm):
        def __init__(self, **settings):
            super().__init__(**settings | {"disable": False})
            bars.append(self)

    monkeypatch.setattr(word2vec_keras, "tqdm", Bar)
    monkeypatch.setattr(word2vec_keras, "BLOCK", 1000)
    for workers in (1, 2):
        train_word2vec(reviews[:100], epochs=2, workers=workers)
        assert bars[-1].n == bars[-1].total == 2 * running_words(reviews[:100], min_count=5)
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
        ((s for s in [["a"]]), {}, TypeError, "a generator can be read only once"),
        (["good film", "bad film"], {}, TypeError, "'good film' is a string.*split"),
        (None, {}, TypeError, "None is not a list"),
        ([[], []], {}, ValueError, "no word at all"),
        ([["a", "b"], ["a"]], {}, ValueError, "none of 2 distinct words .* min_count=5"),
        ([["a"], ["b"]] * 5, {}, ValueError, "no text has two words of the vocabulary"),
        ([["a"] * 9], {"workers": 0}, ValueError, "workers=0 is too small"),
        (ReadsOnce([["a"] * 9]), {}, ValueError, "9 words .* at first and 0 when"),
    ],
)
def test_errors_say_what_to_do(sentences, settings, error, says):
    with pytest.raises(error, match=says):
        train_word2vec(sentences, progress=False, **settings)
