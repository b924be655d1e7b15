"""The course's skip-gram: what lesson 04 writes, the right gradient, a seed, its errors."""

import ast

import nbformat
import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors, Word2Vec
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from helpers import corpora
from helpers import skipgram_numpy as sgns
from helpers.settings import MEASURED, NOTEBOOKS
from helpers.vocabulary import running_ids
from tools.lesson_form import code_cells, tags, tree

LESSON = NOTEBOOKS / "04_negative_sampling.ipynb"
SHARED = ("keep_probability", "noise_distribution", "skipgram_pairs", "sgns_step")
SETTINGS = {
    "vector_size": 8,
    "window": 3,
    "negative": 4,
    "sample": 0.05,
    "epochs": 3,
    "seed": 7,
}


@pytest.fixture(scope="module")
def lesson():
    """The lesson's functions and constants, as it defines them, and their syntax trees."""
    cells = code_cells(nbformat.read(LESSON, as_version=4))
    parts = [
        n for c in cells if not {"check", "solution"} & set(tags(c)) for n in tree(c).body
    ]
    functions = {n.name: n for n in parts if isinstance(n, ast.FunctionDef)}
    constants = [
        n for n in parts if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]).isupper()
    ]
    names = {"SEED": 4}
    exec("import numpy as np", names)
    exec(
        "from scipy.sparse import csr_matrix\nfrom scipy.special import expit, softmax", names
    )
    for node in [*functions.values(), *(n for n in constants if "SEED" not in ast.unparse(n))]:
        exec(ast.unparse(node), names)
    return names, functions


@pytest.fixture(scope="module")
def sentences():
    return corpora.toy().texts


def bare(node):
    """The code of a function without its docstring and type hints."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    arguments = [arg.arg for arg in node.args.args]
    defaults = [ast.unparse(default) for default in node.args.defaults]
    return arguments, defaults, [ast.unparse(line) for line in body]


@pytest.mark.parametrize("name", SHARED)
def test_a_helper_is_what_the_lesson_wrote(lesson, name):
    with open(sgns.__file__, encoding="utf-8") as file:
        helper = {
            n.name: n for n in ast.parse(file.read()).body if isinstance(n, ast.FunctionDef)
        }
    assert bare(helper[name]) == bare(lesson[1][name])


def test_the_lesson_and_the_helper_train_the_same_table(lesson, sentences):
    names, _ = lesson
    assert (names["BATCH"], names["NOISE_WORDS"]) == (sgns.BATCH, sgns.NOISE_WORDS)
    word_counts, ids, text_numbers = running_ids(sentences, 2)
    counts = np.array(list(word_counts.values()))
    table, _ = names["train_tables"](ids, text_numbers, counts, alpha=0.05, **SETTINGS)
    vectors = sgns.train_skipgram(
        sentences, min_count=2, alpha=0.05, progress=False, **SETTINGS
    )
    assert vectors.index_to_key == list(word_counts)
    np.testing.assert_array_equal(vectors.vectors, table)


def loss(tables, centers, contexts, negatives, negative):
    """The summed loss of a batch, pair by pair, as in the paper's equation 4."""
    v, u = tables
    total = 0.0
    for w, c in zip(centers, contexts, strict=True):
        total += np.log1p(np.exp(-v[w] @ u[c]))
        weight = negative / len(negatives)
        total += weight * sum(np.log1p(np.exp(v[w] @ u[n])) for n in negatives)
    return total


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 9), st.integers(1, 7))
def test_a_step_goes_down_the_gradient(seed, pairs, noise_words, negative):
    rng = np.random.default_rng(seed)
    tables = rng.normal(size=(2, 5, 3)) / 2
    centers, contexts = rng.integers(5, size=(2, pairs))
    negatives = rng.integers(5, size=noise_words)
    moved = tables.copy()
    sgns.sgns_step(*moved, centers, contexts, negatives, negative, 1.0)
    numeric = approx_fprime(
        tables.ravel(),
        lambda flat: loss(flat.reshape(tables.shape), centers, contexts, negatives, negative),
    )
    np.testing.assert_allclose((tables - moved).ravel(), numeric, atol=1e-4)


def test_a_step_keeps_float32():
    tables = np.ones((2, 5, 3), dtype=np.float32)
    sgns.sgns_step(*tables, np.array([1, 1]), np.array([2, 3]), np.array([0, 0, 4]), 5, 0.1)
    assert tables.dtype == np.float32 and np.isfinite(tables).all()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.lists(st.integers(0, 6), max_size=8), min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_pairs_at_full_reach_are_those_of_two_loops(texts, window):
    words = np.array([w for text in texts for w in text], dtype=np.int32)
    numbers = np.repeat(np.arange(len(texts)), [*map(len, texts)])
    got = sgns.skipgram_pairs(words, numbers, window, np.random.default_rng(0), shrink=False)
    expected = [
        (text[i], text[j])
        for text in texts
        for i in range(len(text))
        for j in range(max(i - window, 0), min(i + window + 1, len(text)))
        if i != j
    ]
    assert sorted(zip(*(ids.tolist() for ids in got), strict=True)) == sorted(expected)


def test_reach_is_uniform_from_one_to_window():
    positions = np.arange(60_000)
    centers, contexts = sgns.skipgram_pairs(
        positions, np.zeros(60_000), 4, np.random.default_rng(0)
    )
    share = np.bincount(np.abs(centers - contexts)) / len(centers)
    np.testing.assert_allclose(share, [0, 0.4, 0.3, 0.2, 0.1], atol=0.005)
    assert (np.diff(centers) >= 0).all()


@pytest.mark.parametrize("sample", [0, 1e-5, 0.01, 0.9, 1, 3.7, 100, 1e9])
def test_keep_probability_and_noise_are_gensims(sample, sentences):
    model = Word2Vec(min_count=1, vector_size=1, sample=sample)
    model.build_vocab(sentences)
    words = model.wv.index_to_key
    counts = np.array([model.wv.get_vecattr(word, "count") for word in words])
    stored = np.array([model.wv.get_vecattr(word, "sample_int") for word in words])
    share = sgns.share_of_sample(sample, counts.sum())
    np.testing.assert_allclose(
        sgns.keep_probability(counts, share), stored / (2**32 - 1), atol=1e-8
    )
    table = np.diff(model.cum_table, prepend=0) / model.cum_table[-1]
    np.testing.assert_allclose(sgns.noise_distribution(counts), table, atol=1e-8)


def test_training_repeats_with_a_seed(sentences):
    train = [
        sgns.train_skipgram(sentences, min_count=1, progress=False, seed=s) for s in (3, 3, 4)
    ]
    assert isinstance(train[0], KeyedVectors) and train[0].vectors.dtype == np.float32
    np.testing.assert_array_equal(train[0].vectors, train[1].vectors)
    assert not np.array_equal(train[0].vectors, train[2].vectors)
    counts = pd.Series([word for text in sentences for word in text]).value_counts()
    assert len(train[0]) == len(counts)
    assert counts[train[0].index_to_key].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("sentences", "error", "said"),
    [
        (["the cat sat", "the dog sat"], TypeError, "'the cat sat' is a string"),
        ("the cat sat", TypeError, "'the cat sat' is not a list"),
        ((text for text in [["a", "b"]]), TypeError, "generator can be read only once"),
        ([], ValueError, "no word at all"),
        ([[], []], ValueError, "no word at all"),
        ([["a", "b"], ["a"]], ValueError, "none of 2 distinct words .* min_count=5 .* lower"),
        ([["a"], ["b"]] * 5, ValueError, "no text has two words.*longer texts or lower min_c"),
        ([["a", "b"]] + [["a"]] * 4, ValueError, "no text has two words of the vocabulary"),
    ],
)
def test_errors_name_the_value_and_the_remedy(sentences, error, said):
    with pytest.raises(error, match=said):
        sgns.train_skipgram(sentences, progress=False)


def test_a_word_alone_in_its_text_does_no_harm():
    texts = [["a"], ["b"], ["b", "c"]]
    vectors = sgns.train_skipgram(texts, min_count=1, sample=0, progress=False)
    assert np.isfinite(vectors.vectors).all()


def test_divergence_is_said(sentences):
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=r"training diverged.*lower alpha"),
    ):
        sgns.train_skipgram(sentences, min_count=1, alpha=1e30, progress=False)


def test_the_measured_spread_is_of_ten_seeds_and_the_helper_lies_within_gensims():
    spread = pd.read_csv(MEASURED / "sgns_spread.csv")
    scores = spread.groupby("model")["wordsim"]
    assert (spread.groupby("model")["seed"].nunique() >= 10).all()
    assert scores.min()["gensim"] <= scores.mean()["NumPy"] <= scores.max()["gensim"]


def test_what_cannot_learn_is_refused():
    texts = [["a", "b", "c", "d"]] * 20
    with pytest.raises(ValueError, match=r"sample=1e-12 leaves no pair"):
        sgns.train_skipgram(texts, sample=1e-12, min_count=1, seed=1, progress=False)
    with pytest.raises(ValueError, match=r"alpha=-0\.1 unlearns"):
        sgns.train_skipgram(texts, alpha=-0.1, min_count=1, progress=False)
