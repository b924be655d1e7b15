"""The bridge between gensim and Keras: every bit both ways, odd words, files, errors."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from helpers import bridge
from helpers.bridge import (
    embedding_from_keyed_vectors,
    export_for_projector,
    keyed_vectors_from_embedding,
    table_for_vocabulary,
    word_counts,
)
from helpers.vocabulary import PADDING, SPECIAL, UNKNOWN

# Keras reads its own variables by a protocol that NumPy 2 has changed; not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TOY = [["the", "tea", "was", "good"], ["the", "milk", "was", "bad"]] * 5
ODD = [
    # Spaces, alone and inside a word.
    " ",
    "  ",
    "New York",
    # What ends a cell or a line of a file, and what Python's splitlines takes for a line end.
    "a\tb",
    "a\nb",
    "a\r\nb",
    "\x0b",  # vertical tab
    "\x1c",  # file separator
    "\x85",  # next line
    "\u2028",  # line separator
    "\u2029",  # paragraph separator
    # What an escape looks like before anything is escaped.
    "a\\tb",
    "\\",
    "\\\\n",
    # What ends a string in C, marks the byte order, or is no character at all.
    "\x00",
    "\ufeff",
    "\ud800",  # half a surrogate pair: it cannot be UTF-8
    # Beyond the first 65,536 characters, one character and three that are shown as one.
    "\N{CAT}",
    "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}",
    # Words that look alike: composed and decomposed, letter and unit, Latin and Cyrillic.
    "\u00e9",
    "e\u0301",
    "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}",
    "\N{ANGSTROM SIGN}",
    "A",
    "\N{CYRILLIC CAPITAL LETTER A}",
    # Nearly the entries of the special rows.
    "UNK",
    "[unk]",
    "[UNK] ",
    # What pandas, NumPy or a spreadsheet would take for something else than a word.
    "None",
    "nan",
    "0",
    "1e-3",
    "#",
    '"',
    "'",
    ",",
    # Longer than any field, and written from right to left.
    "x" * 100_000,
    "\u202eabc",
]
words = st.one_of(st.sampled_from(ODD), st.text(st.characters(), min_size=1, max_size=8))
vocabularies = st.lists(
    words.filter(lambda word: word not in SPECIAL), min_size=1, max_size=12, unique=True
)
quick = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


@st.composite
def keyed(draw, types=(np.float32,)):
    """Draw `KeyedVectors`: finite numbers of all sizes, with -0.0 and denormals."""
    chosen, dtype = draw(vocabularies), draw(st.sampled_from(types))
    size, bits = draw(st.integers(1, 4)), np.dtype(dtype).itemsize * 8
    numbers = st.floats(width=bits, allow_nan=False, allow_infinity=False)
    table = draw(arrays.arrays(dtype, (len(chosen), size), elements=numbers))
    return make(chosen, table)


def make(chosen, table):
    keyed_vectors = KeyedVectors(table.shape[1], dtype=table.dtype)
    keyed_vectors.add_vectors(chosen, table)
    return keyed_vectors


def toy(**settings):
    model = Word2Vec(TOY, vector_size=6, min_count=1, workers=1, epochs=1, seed=3, **settings)
    return model.wv


def looked_up(layer, ids):
    """What the layer returns, as an array."""
    return keras.ops.convert_to_numpy(layer(np.array(ids)))


def same_bits(one, other):
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    assert np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()


# ---- there and back


@quick
@given(keyed(types=(np.float16, np.float32, np.float64)))
def test_there_and_back_every_bit_is_the_same(keyed_vectors):
    layer, vocabulary = embedding_from_keyed_vectors(keyed_vectors, oov="zeros")
    back = keyed_vectors_from_embedding(layer, vocabulary)
    assert vocabulary == [*SPECIAL, *keyed_vectors.index_to_key]
    assert back.index_to_key == keyed_vectors.index_to_key
    assert back.key_to_index == keyed_vectors.key_to_index
    same_bits(back.vectors, keyed_vectors.vectors)
    for id_, word in enumerate(vocabulary[2:], start=2):
        same_bits(back[word], keyed_vectors[word])
        same_bits(looked_up(layer, id_), keyed_vectors[word])


@quick
@given(keyed())
def test_back_and_there_every_bit_is_the_same(keyed_vectors):
    chosen, table = keyed_vectors.index_to_key, keyed_vectors.vectors
    rows = np.vstack([np.ones_like(table[:1]), -np.ones_like(table[:1]), table])
    layer = keras.layers.Embedding(*rows.shape, "zeros", weights=[rows])
    # NumPy's strings end at their last character that is not NUL.
    given_words = [word if word.endswith("\0") else np.str_(word) for word in chosen]
    there = keyed_vectors_from_embedding(layer, [*SPECIAL, *given_words])
    assert {type(word) for word in there.index_to_key} == {str}
    again, vocabulary = embedding_from_keyed_vectors(there)
    assert vocabulary[2:] == chosen
    same_bits(again.get_weights()[0][2:], rows[2:])


@pytest.mark.parametrize("special", [-0.0, 1e-45, -1e-40, 3.4028235e38, 1.1754944e-38])
def test_numbers_at_the_edge_survive(special):
    table = np.full((1, 3), special, np.float32)
    layer, _ = embedding_from_keyed_vectors(make(["word"], table))
    same_bits(looked_up(layer, [2]), table)


def test_it_takes_what_gensim_trains():
    word2vec = toy()
    layer, vocabulary = embedding_from_keyed_vectors(word2vec)
    table = layer.get_weights()[0]
    for word in ("tea", "bad"):
        same_bits(table[vocabulary.index(word)], word2vec[word])
    back = keyed_vectors_from_embedding(*embedding_from_keyed_vectors(word2vec))
    assert back.most_similar("tea") == word2vec.most_similar("tea")


def test_counts_come_back_too():
    keyed_vectors = toy()
    counts = word_counts(keyed_vectors)
    assert counts["the"] == 10 and counts["tea"] == 5
    layer, vocabulary = embedding_from_keyed_vectors(keyed_vectors)
    back = keyed_vectors_from_embedding(layer, vocabulary, counts)
    assert word_counts(back) == counts
    assert back.get_vecattr("tea", "count") == 5
    assert back.expandos["count"].dtype == keyed_vectors.expandos["count"].dtype


def test_a_word_that_was_added_after_training_occurred_nowhere():
    keyed_vectors = toy()
    counts = word_counts(keyed_vectors)
    size = keyed_vectors.vector_size
    keyed_vectors.add_vectors(["oolong", "sencha"], np.ones((2, size), "f"))
    assert word_counts(keyed_vectors) == counts | {"oolong": 0, "sencha": 0}
    layer, vocabulary = embedding_from_keyed_vectors(keyed_vectors)
    known = word_counts(keyed_vectors)
    assert word_counts(keyed_vectors_from_embedding(layer, vocabulary, known)) == known


def test_vectors_without_counts_stay_without():
    bare = make(["tea", "milk"], np.ones((2, 3), "f"))
    assert word_counts(bare) == {}
    layer, vocabulary = embedding_from_keyed_vectors(bare)
    assert word_counts(keyed_vectors_from_embedding(layer, vocabulary, {})) == {}
    with pytest.raises(ValueError, match=r"counts lacks 'milk': give every word's, or none"):
        keyed_vectors_from_embedding(layer, vocabulary, {"tea": 3})


def test_the_copies_are_copies():
    keyed_vectors = toy()
    before = keyed_vectors.vectors.copy()
    layer, vocabulary = embedding_from_keyed_vectors(keyed_vectors)
    back = keyed_vectors_from_embedding(layer, vocabulary)
    layer.set_weights([layer.get_weights()[0] + 1])
    same_bits(keyed_vectors.vectors, before)
    same_bits(back.vectors, before)


@pytest.mark.parametrize("suffix", ["keras", "weights.h5"])
def test_it_survives_saving_and_loading(tmp_path, suffix):
    keyed_vectors = toy()
    layer, vocabulary = embedding_from_keyed_vectors(keyed_vectors, trainable=True)
    model = keras.Sequential([layer, keras.layers.GlobalAveragePooling1D()])
    ids = np.array([[2, 3, 0], [1, 0, 0]])
    expected = model.predict(ids, verbose=0)
    if suffix == "keras":
        model.save(path := tmp_path / "model.keras")
        loaded = keras.models.load_model(path)
    else:
        model.save_weights(path := tmp_path / "model.weights.h5")
        other, _ = embedding_from_keyed_vectors(
            make(keyed_vectors.index_to_key, np.ones((6, 6), "f")), trainable=True
        )
        loaded = keras.Sequential([other, keras.layers.GlobalAveragePooling1D()])
        loaded.build(ids.shape)
        loaded.load_weights(path)
    same_bits(loaded.predict(ids, verbose=0), expected)
    assert loaded.layers[0].mask_zero
    assert loaded.layers[0].trainable
    back = keyed_vectors_from_embedding(loaded.layers[0], vocabulary)
    assert back.index_to_key == keyed_vectors.index_to_key
    same_bits(back.vectors, keyed_vectors.vectors)


def test_lora_comes_back_as_the_layer_returns_it():
    layer, vocabulary = embedding_from_keyed_vectors(toy(), trainable=True)
    layer.enable_lora(2)
    layer.lora_embeddings_b.assign(np.ones(layer.lora_embeddings_b.shape))
    back = keyed_vectors_from_embedding(layer, vocabulary)
    same_bits(back.vectors, looked_up(layer, np.arange(2, len(vocabulary))))


# ---- the two rows of their own, the mask, and the ids of TextVectorization


def test_padding_is_zeros_and_masked():
    layer, vocabulary = embedding_from_keyed_vectors(toy())
    ids = np.array([[2, UNKNOWN, PADDING], [3, 4, 5]])
    assert layer.compute_mask(ids).numpy().tolist() == [[True, True, False], [True] * 3]
    assert not layer.get_weights()[0][PADDING].any()
    mean = keras.layers.GlobalAveragePooling1D()(layer(ids))
    table = layer.get_weights()[0]
    mean = keras.ops.convert_to_numpy(mean)
    np.testing.assert_allclose(mean[0], table[[2, 1]].mean(axis=0), atol=1e-6)
    assert (vocabulary[PADDING], vocabulary[UNKNOWN]) == ("", "[UNK]")


def test_unknown_words_get_what_was_asked_for():
    keyed_vectors = toy()
    vectors = keyed_vectors.vectors
    row = {}
    for oov in ("mean", "zeros", "random"):
        twice = [embedding_from_keyed_vectors(keyed_vectors, oov=oov)[0] for _ in range(2)]
        row[oov], again = (layer.get_weights()[0][UNKNOWN] for layer in twice)
        same_bits(row[oov], again)
    np.testing.assert_allclose(row["mean"], vectors.mean(axis=0), rtol=1e-5, atol=1e-8)
    assert not row["zeros"].any()
    assert row["random"].any()
    wide = make(["a", "b"], np.random.default_rng(0).normal(0, 7, (2, 2000)).astype("f"))
    random = embedding_from_keyed_vectors(wide, oov="random")[0].get_weights()[0][UNKNOWN]
    assert 6 < random.std() < 8


def test_making_a_layer_draws_no_random_number():
    keras.utils.set_random_seed(1)
    expected = keras.random.normal((3,)), np.random.random()
    keras.utils.set_random_seed(1)
    for oov in ("mean", "zeros", "random"):
        embedding_from_keyed_vectors(toy(), oov=oov)
    got = keras.random.normal((3,)), np.random.random()
    np.testing.assert_array_equal(got[0], expected[0])
    assert got[1] == expected[1]


def test_trainable_or_not():
    keyed_vectors = toy()
    for trainable in (True, False):
        layer, _ = embedding_from_keyed_vectors(keyed_vectors, trainable=trainable)
        model = keras.Sequential(
            [layer, keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
        )
        model.compile(keras.optimizers.SGD(1.0), "mse")
        model.fit(np.array([[2, 3, 0]]), np.array([5.0]), verbose=0)
        moved = (layer.get_weights()[0][2:] != keyed_vectors.vectors).any(axis=1)
        assert moved.tolist() == [trainable, trainable, *[False] * (len(moved) - 2)]


def test_a_global_policy_does_not_change_the_numbers():
    keyed_vectors = toy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        layer, _ = embedding_from_keyed_vectors(keyed_vectors)
    finally:
        keras.config.set_dtype_policy("float32")
    same_bits(looked_up(layer, np.arange(2, 8)), keyed_vectors.vectors)


def test_text_vectorization_gives_the_same_ids():
    chosen = ["the", "tea", "Tea", "naïve", "n_samples", "don't", "é", "e\u0301", "😀", "3.5"]
    keyed_vectors = make(chosen, np.arange(20, dtype="f").reshape(10, 2))
    layer, vocabulary = embedding_from_keyed_vectors(keyed_vectors)
    vectorize = keras.layers.TextVectorization(vocabulary=vocabulary, standardize=None)
    assert [str(word) for word in vectorize.get_vocabulary()] == vocabulary
    ids = vectorize([" ".join(chosen), "tea zebra"]).numpy()
    assert ids[0].tolist() == [*range(2, 12)]
    assert ids[1].tolist() == [3, UNKNOWN, *[PADDING] * 8]
    back = keyed_vectors_from_embedding(layer, vectorize.get_vocabulary())
    assert back.index_to_key == chosen
    assert {type(word) for word in back.index_to_key} == {str}


def test_the_default_of_text_vectorization_changes_words():
    """So the docstring says; `standardize=None` is needed."""
    _, vocabulary = embedding_from_keyed_vectors(make(["Tea", "don't"], np.ones((2, 2), "f")))
    vectorize = keras.layers.TextVectorization(vocabulary=vocabulary)
    assert vectorize(["Tea don't"]).numpy().tolist() == [[UNKNOWN, UNKNOWN]]


@settings(quick, max_examples=8)
@given(vocabularies)
def test_text_vectorization_gives_the_ids_of_odd_words_too(chosen):
    # TensorFlow's strings are UTF-8, and see above for NumPy's.
    lost = re.compile(r"[\ud800-\udfff]|\x00$")
    if chosen := [word for word in chosen if not lost.search(word)]:
        table = np.arange(len(chosen), dtype="f")[:, None]
        vocabulary = embedding_from_keyed_vectors(make(chosen, table))[1]
        vectorize = keras.layers.TextVectorization(
            vocabulary=vocabulary, standardize=None, split=None
        )
        ids = vectorize(np.array([*chosen, "", "zebra!"], dtype=object))
        assert ids.numpy().ravel().tolist() == [*range(2, len(chosen) + 2), PADDING, UNKNOWN]


# ---- the projector's files


def unescape(line):
    """Undo what the exporter did to a word: what Python's own escapes mean."""
    pieces = line.split("\\\\")
    return "\\".join(piece if "\\" not in piece else _decode(piece) for piece in pieces)


def _decode(piece):
    head, *rest = piece.split("\\")
    length = {"x": 3, "u": 5}
    for part in rest:
        n = length.get(part[0], 1)
        head += f"\\{part[:n]}".encode().decode("unicode_escape") + part[n:]
    return head


@quick
@given(keyed(types=(np.float16, np.float32, np.float64)))
def test_the_projector_files_give_everything_back(tmp_path_factory, keyed_vectors):
    folder = tmp_path_factory.mktemp("projector") / "new" / "folder"
    vectors, metadata = export_for_projector(keyed_vectors, str(folder))
    assert (vectors.name, metadata.name) == ("vectors.tsv", "metadata.tsv")
    assert sorted(path.name for path in folder.iterdir()) == ["metadata.tsv", "vectors.tsv"]
    text = metadata.read_bytes().decode("utf-8")
    assert text.endswith("\n")
    lines = text.split("\n")[:-1]
    assert text.splitlines() == lines  # no other character ends a line for anybody
    assert "\t" not in text
    assert [unescape(line) for line in lines] == keyed_vectors.index_to_key
    rows = [line.split("\t") for line in vectors.read_text("ascii").splitlines()]
    dtype = keyed_vectors.vectors.dtype
    same_bits(np.array(rows, dtype=np.float64).astype(dtype), keyed_vectors.vectors)


def test_ordinary_words_stand_as_they_are(tmp_path):
    _, metadata = export_for_projector(
        make(["é", "New York", "😀"], np.ones((3, 2), "f")), tmp_path
    )
    assert metadata.read_text("utf-8") == "é\nNew York\n😀\n"


def test_files_are_replaced_and_a_failure_leaves_the_old_ones(tmp_path, monkeypatch):
    export_for_projector(make(["old"], np.ones((1, 2), "f")), tmp_path)
    export_for_projector(make(["new"], np.ones((1, 2), "f")), tmp_path)
    assert (tmp_path / "metadata.tsv").read_text("utf-8") == "new\n"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savetxt", full)
    with pytest.raises(OSError, match="No space"):
        export_for_projector(make(["newer"], np.ones((1, 2), "f")), tmp_path)
    assert (tmp_path / "metadata.tsv").read_text("utf-8") == "new\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metadata.tsv", "vectors.tsv"]


@pytest.mark.parametrize("blocked", ["metadata.tsv", "vectors.tsv"])
@pytest.mark.parametrize("is_there", [True, False])
def test_if_one_file_cannot_take_its_place_the_other_leaves_it(tmp_path, blocked, is_there):
    other = tmp_path / ({"metadata.tsv", "vectors.tsv"} - {blocked}).pop()
    if is_there:
        export_for_projector(make(["old"], np.ones((1, 2), "f")), tmp_path)
        before = other.read_bytes()
        (tmp_path / blocked).unlink()
    (tmp_path / blocked).mkdir()  # on Windows, another program that has it open will do
    with pytest.raises(OSError, match=r"directory|denied"):
        export_for_projector(make(["a", "b"], np.zeros((2, 2), "f")), tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == ({blocked, other.name} if is_there else {blocked})
    if is_there:
        assert other.read_bytes() == before


def test_new_vectors_never_stand_beside_old_words(tmp_path, monkeypatch):
    export_for_projector(make(["old"], np.ones((1, 2), "f")), tmp_path)
    write = bridge.write_atomically
    for fitting in (0, 1):  # files, until the disk is full
        written = []

        def fill(path, content, fitting=fitting, written=written):
            if len(written) == fitting:
                raise OSError(28, "No space left on device")
            written.append(path)
            write(path, content)

        monkeypatch.setattr(bridge, "write_atomically", fill)
        with pytest.raises(OSError, match="No space"):
            export_for_projector(make(["a", "b"], np.zeros((2, 2), "f")), tmp_path)
        assert (tmp_path / "vectors.tsv").read_text("utf-8") == "1\t1\n"
        assert (tmp_path / "metadata.tsv").read_text("utf-8") == "old\n"
        assert len(list(tmp_path.iterdir())) == 2


# ---- errors that speak


def broken(**attributes):
    keyed_vectors = make(["tea", "milk"], np.ones((2, 3), "f"))
    vars(keyed_vectors).update(attributes)
    return keyed_vectors


REFUSED = [
    (broken(index_to_key=["tea", "tea"]), ValueError, r"'tea' stands twice.*keep one"),
    (broken(index_to_key=["tea"]), ValueError, r"1 words, 2 vectors"),
    (broken(index_to_key=["", "tea"]), ValueError, r"'' cannot be a word.*rename"),
    (broken(index_to_key=["tea", "[UNK]"]), ValueError, r"'\[UNK\]' cannot be a word.*rename"),
    (broken(index_to_key=["tea", None]), ValueError, r"None cannot be a word"),
    (broken(index_to_key=["tea", 7]), ValueError, r"7 cannot be a word"),
    (KeyedVectors(3), ValueError, r"0 words"),
    (broken(vectors=np.ones((2, 3), int)), TypeError, r"int64 .*convert them to float32"),
    (broken(vectors=np.ones((2, 3), np.longdouble)), TypeError, r"convert them to float32"),
    (
        broken(vectors=np.array([[1, 1], [1, np.nan]], "f")),
        ValueError,
        r"'milk' is not finite",
    ),
    (broken(vectors=np.array([[np.inf, 1], [1, 1]], "f")), ValueError, r"'tea' is not finite"),
    ("a word", TypeError, r"a str is no KeyedVectors"),
    (
        FastText(TOY, vector_size=6, min_count=1, workers=1, epochs=1, bucket=10).wv,
        TypeError,
        r"FastText also has vectors for words that it never saw.*add_vectors",
    ),
]


@pytest.mark.parametrize(("keyed_vectors", "error", "sentence"), REFUSED)
def test_what_cannot_be_kept_is_refused(keyed_vectors, error, sentence, tmp_path):
    with pytest.raises(error, match=sentence):
        embedding_from_keyed_vectors(keyed_vectors)
    with pytest.raises(error, match=sentence):
        export_for_projector(keyed_vectors, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_whole_model_is_pointed_to_its_vectors():
    model = Word2Vec(TOY, vector_size=6, min_count=1, workers=1, epochs=1)
    with pytest.raises(TypeError, match=r"a Word2Vec is no KeyedVectors.*model\.wv"):
        embedding_from_keyed_vectors(model)


@pytest.mark.parametrize("oov", ["median", "", None, 0, ["mean"]])
def test_an_unknown_oov_is_refused(oov):
    with pytest.raises(ValueError, match=r"is unknown: choose one of mean, zeros, random"):
        embedding_from_keyed_vectors(toy(), oov=oov)


def test_a_vocabulary_that_does_not_fit_is_refused():
    layer, vocabulary = embedding_from_keyed_vectors(
        make(["tea", "milk"], np.ones((2, 3), "f"))
    )
    for wrong, off in (
        (["tea", "milk"], "-2"),
        (["[UNK]", "tea", "milk"], "-1"),
        ([*vocabulary, "coffee"], r"\+1"),
        (["tea", "milk", *SPECIAL], r"\+0"),
        (["[UNK]", "", "tea", "milk"], r"\+0"),
        ([], "-4"),
    ):
        with pytest.raises(ValueError, match=rf"4 rows, .*off by {off}.*entry i names row i"):
            keyed_vectors_from_embedding(layer, wrong)
    for wrong, sentence in (
        (["tea", "tea"], "stands twice"),
        (["tea", ""], "cannot be a word"),
    ):
        with pytest.raises(ValueError, match=sentence):
            keyed_vectors_from_embedding(layer, [*SPECIAL, *wrong])
    with pytest.raises(ValueError, match="0 words"):
        keyed_vectors_from_embedding(
            keras.layers.Embedding(2, 3, weights=[np.ones((2, 3))]), SPECIAL
        )


def test_a_layer_without_a_table_is_refused():
    for wrong in (keras.layers.Embedding(4, 3), keras.layers.Dense(3), "layer"):
        with pytest.raises(
            TypeError, match="has no table: hand over an Embedding that is built"
        ):
            keyed_vectors_from_embedding(wrong, [*SPECIAL, "tea", "milk"])


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_a_quantized_layer_is_refused(kind):
    layer, vocabulary = embedding_from_keyed_vectors(toy())
    layer.quantize(kind)
    with pytest.raises(TypeError, match=r"int8 numbers cannot be kept exactly: convert"):
        keyed_vectors_from_embedding(layer, vocabulary)


# ---- my vocabulary, their vectors


def test_each_word_of_mine_gets_their_row_and_a_missing_one_the_mean() -> None:
    their = make(["tea", "milk", "New York"], np.array([[1, 2], [3, 6], [2, 7]], "f"))
    table, found = table_for_vocabulary(their, ["milk", "coffee", "tea", "Milk"])
    assert table.dtype == np.float32
    assert table.tolist() == [[0, 0], [2, 5], [3, 6], [2, 5], [1, 2], [2, 5]]
    assert found.tolist() == [True, False, True, False]
    assert table_for_vocabulary(their, ["coffee"])[1].tolist() == [False]


def test_for_their_own_words_the_table_is_that_of_the_layer() -> None:
    layer, vocabulary = embedding_from_keyed_vectors(toy())
    table, found = table_for_vocabulary(toy(), vocabulary[2:])
    same_bits(table, layer.get_weights()[0])
    assert found.all()


@pytest.mark.parametrize(
    ("mine", "sentence"),
    [
        (["tea", "tea"], "'tea' stands twice"),
        (["", "[UNK]", "tea"], "'' cannot be a word"),
        ([7], "7 cannot be a word"),
        ([], "there are no words"),
    ],
)
def test_a_vocabulary_that_would_shift_rows_is_refused(mine: list, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        table_for_vocabulary(make(["tea"], np.ones((1, 2), "f")), mine)


def test_counts_that_gensim_makes_up_for_a_file_without_any_are_not_known(tmp_path):
    make(["a", "b", "c"], np.eye(3, dtype="f")).save_word2vec_format(tmp_path / "vectors.txt")
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "vectors.txt")
    assert word_counts(loaded) == {}


def test_a_vocabulary_may_be_the_keys_of_its_counts():
    table, found = table_for_vocabulary(make(["a"], np.ones((1, 2), "f")), {"a": 2, "b": 2})
    assert len(table) == 4 and found.tolist() == [True, False]


def test_ctrl_c_between_the_projectors_files_leaves_the_old_ones(tmp_path, monkeypatch):
    export_for_projector(make(["old"], np.ones((1, 2), "f")), tmp_path)
    replace = Path.replace

    def stop_at_the_words(path, target):
        if Path(target).name == "metadata.tsv":
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", stop_at_the_words)
    with pytest.raises(KeyboardInterrupt):
        export_for_projector(make(["new"], 2 * np.ones((1, 2), "f")), tmp_path)
    names = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert names == {"vectors.tsv": "1\t1\n", "metadata.tsv": "old\n"}


def test_counts_that_gensim_made_up_stay_out_after_words_were_added(tmp_path):

    vectors = KeyedVectors(2)
    vectors.add_vectors(["a", "b", "c"], np.ones((3, 2), "float32"))
    file = tmp_path / "plain.txt"
    vectors.save_word2vec_format(str(file))
    read = KeyedVectors.load_word2vec_format(str(file))
    read.add_vectors(["d"], np.ones((1, 2), "float32"))
    assert bridge.word_counts(read) == {}
