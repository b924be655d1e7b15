"""Word vectors from gensim to Keras and back, to the last bit, and out to a projector.

A `vocabulary` here has the two rows of `helpers.vocabulary` first: entry i names row i, and
the list is `["", "[UNK]", word, ...]`. `TextVectorization(vocabulary=..., standardize=None)`
takes it as it is and gives these ids. With its default, which makes text lower-case and drops
punctuation, words such as "Tea" and "don't" would be unknown.
"""

import io
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import keras
import numpy as np
from gensim.models import KeyedVectors
from gensim.models.fasttext import FastTextKeyedVectors

from helpers.settings import write_atomically
from helpers.vocabulary import FIRST_WORD, SPECIAL, UNKNOWN

Oov = Literal["mean", "zeros", "random"]
# What would end a line or a cell for some reader, cannot be UTF-8, or begins an escape.
UNSAFE = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


def embedding_from_keyed_vectors(
    keyed_vectors: KeyedVectors, *, trainable: bool = False, oov: Oov = "mean"
) -> tuple[keras.layers.Embedding, list[str]]:
    """Copy word vectors into a layer.

    Parameters
    ----------
    keyed_vectors : KeyedVectors
        float16, float32 (as gensim trains them) or float64; the layer gets the same type.
    trainable : bool
    oov : {"mean", "zeros", "random"}
        The row of unknown words: the mean of all rows, zeros, or normally distributed numbers
        with the rows' root mean square, the same ones each time.

    Returns
    -------
    layer : keras.layers.Embedding
        Built, with `mask_zero`; V vectors of length d make a table of shape (V + 2, d). The
        row for padding is zeros.
    vocabulary : list of str
        Which word each row belongs to. It does not hold how often a word occurs: see
        `word_counts`.

    Raises
    ------
    TypeError, ValueError
        If something cannot be kept as it is; the sentence says what.
    """
    words, vectors = _checked(keyed_vectors)
    if oov not in get_args(Oov):
        raise ValueError(f"oov={oov!r} is unknown: choose one of {', '.join(get_args(Oov))}")
    rows, vector_size = vectors.shape
    table = np.zeros((FIRST_WORD + rows, vector_size), vectors.dtype)
    table[FIRST_WORD:] = vectors
    if oov == "mean":
        table[UNKNOWN] = vectors.mean(axis=0, dtype=np.float64)
    elif oov == "random":
        scale = np.sqrt(np.square(vectors, dtype=np.float64).mean())
        table[UNKNOWN] = np.random.default_rng(0).normal(0, scale, vector_size)
    layer = keras.layers.Embedding(
        *table.shape,
        embeddings_initializer="zeros",  # not random: that would move Keras's random state
        weights=[table],
        mask_zero=True,
        trainable=trainable,
        dtype=table.dtype.name,
    )
    return layer, SPECIAL + words


def table_for_vocabulary(
    keyed_vectors: KeyedVectors, words: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Make a table for words of your own from vectors that somebody else has trained.

    Parameters
    ----------
    keyed_vectors : KeyedVectors
        As for `embedding_from_keyed_vectors`.
    words : sequence of str
        Your vocabulary, without the two special entries.

    Returns
    -------
    table : numpy.ndarray
        Shape (2 + number of words, d): zeros for padding, the mean of all their vectors for
        unknown words, then a row for each word. A word that they lack gets that mean too.
    found : numpy.ndarray
        Shape (number of words,), bool: whether they have the word. Look at `found.mean()`, and
        at the words that are missing, before you use the table.

    Raises
    ------
    TypeError, ValueError
        If a word occurs twice or is one of the special entries, or the vectors cannot be kept
        as they are.
    """
    _, vectors = _checked(keyed_vectors)
    _check_words(words)
    found = np.array([word in keyed_vectors.key_to_index for word in words], dtype=bool)
    table = np.zeros((FIRST_WORD + len(words), vectors.shape[1]), vectors.dtype)
    table[UNKNOWN:] = vectors.mean(axis=0, dtype=np.float64)
    known = [keyed_vectors.key_to_index[word] for word in words if word in keyed_vectors]
    table[FIRST_WORD:][found] = vectors[known]
    return table, found


def word_counts(keyed_vectors: KeyedVectors) -> dict[str, int]:
    """Return how often each word occurred in training, or {} if that is not known.

    A word that was added afterwards occurred 0 times. gensim makes up counts for vectors that
    it reads from a file without any: the number of words for the first, one less for each
    that follows. Those are not handed on; nor are real counts that look the same.
    """
    counts = keyed_vectors.expandos.get("count")
    words = keyed_vectors.index_to_key
    if counts is None or (len(counts) > 1 and np.all(np.diff(counts) == -1)):
        return {}
    known = zip(
        words, counts.tolist(), strict=False
    )  # `add_vectors` leaves counts as they are
    return dict.fromkeys(words, 0) | dict(known)


def keyed_vectors_from_embedding(
    layer: keras.layers.Embedding, vocabulary: list[str], counts: dict[str, int] | None = None
) -> KeyedVectors:
    """Copy the rows of a layer that belong to words.

    Parameters
    ----------
    layer : keras.layers.Embedding
        Built, or used already. With LoRA, the rows are taken as the layer returns them.
    vocabulary : list of str
        One entry per row, the two special ones first.
    counts : dict, optional
        How often each word occurs, kept as gensim's attribute `count`. From `word_counts` it
        comes back as it was.

    Returns
    -------
    KeyedVectors

    Raises
    ------
    TypeError, ValueError
        If layer and vocabulary do not fit, or something cannot be kept as it is; the sentence
        says what.
    """
    if not isinstance(layer, keras.layers.Embedding) or not layer.built:
        raise TypeError(
            f"{layer!r} has no table: hand over an Embedding that is built, or used"
        )
    entries = []
    for entry in vocabulary:  # what TextVectorization returns are not always plain strings
        entries.append(str(entry) if isinstance(entry, str) else entry)
    if entries[:FIRST_WORD] != SPECIAL or len(entries) != layer.input_dim:
        raise ValueError(
            f"{layer.input_dim} rows, {len(entries)} entries starting {entries[:FIRST_WORD]} "
            f"(off by {len(entries) - layer.input_dim:+d}): {SPECIAL} come first; entry i "
            "names row i"
        )
    words = entries[FIRST_WORD:]
    table = keras.ops.convert_to_numpy(layer.embeddings)[FIRST_WORD:]
    keyed_vectors = KeyedVectors(table.shape[1], dtype=table.dtype)
    keyed_vectors.add_vectors(words, table)
    _checked(keyed_vectors)
    if counts:
        missing = [word for word in words if word not in counts]
        if missing:
            raise ValueError(f"counts lacks {missing[0]!r}: give every word's, or none")
        for word in words:
            keyed_vectors.set_vecattr(word, "count", counts[word])
    return keyed_vectors


def export_for_projector(keyed_vectors: KeyedVectors, folder: str | Path) -> tuple[Path, Path]:
    r"""Write the two files that TensorBoard's projector reads.

    Parameters
    ----------
    keyed_vectors : KeyedVectors
    folder : str or Path
        Made if it is not there.

    Returns
    -------
    vectors, metadata : Path
        `vectors.tsv` and `metadata.tsv`, one line per word. The digits bring every bit back.
        Tabs, line breaks, other control characters and backslashes in words are written as
        Python escapes them (`\t`, `\\`), so that a word stays one line and can be undone.

    Raises
    ------
    TypeError, ValueError
        If something cannot be kept as it is.
    OSError
        If the folder cannot be written to. Files that were there stay as they were.
    """
    words, vectors = _checked(keyed_vectors)
    # So many digits bring back every bit: Goldberg 1991, doi 10.1145/103162.103163, theorem 15
    digits = "%.17g" if vectors.dtype == np.float64 else "%.9g"
    numbers = io.BytesIO()
    np.savetxt(numbers, vectors, digits, delimiter="\t")
    names = "".join(UNSAFE.sub(_escape, word) + "\n" for word in words)
    vectors_path = Path(folder, "vectors.tsv")
    metadata_path = Path(folder, "metadata.tsv")
    # New vectors must not stand beside old words: both files are written beside their places
    # first, and if one of them cannot take its place, the other leaves it.
    token = secrets.token_hex(4)  # names of their own: two may write at once
    new_vectors = Path(folder, f".vectors.{token}.new")
    new_metadata = Path(folder, f".metadata.{token}.new")
    old_vectors = Path(folder, f".vectors.{token}.old")
    try:
        write_atomically(new_metadata, names)
        write_atomically(new_vectors, numbers.getvalue())
        if vectors_path.is_file():
            vectors_path.replace(old_vectors)
        try:
            new_vectors.replace(vectors_path)
            new_metadata.replace(metadata_path)
        except BaseException:  # Ctrl-C, too
            if not new_metadata.exists():
                raise  # both have taken their places
            vectors_path.unlink(missing_ok=True)
            if old_vectors.exists():
                old_vectors.replace(vectors_path)
            raise
    finally:
        for path in (new_vectors, new_metadata, old_vectors):
            path.unlink(missing_ok=True)
    return vectors_path, metadata_path


def _escape(match: re.Match) -> str:
    return match[0].encode("unicode_escape").decode()


def _checked(keyed_vectors: KeyedVectors) -> tuple[list[str], np.ndarray]:
    """Return words and vectors, or refuse what could not come back or would spoil a layer."""
    if not isinstance(keyed_vectors, KeyedVectors):
        kind = type(keyed_vectors).__name__
        raise TypeError(
            f"a {kind} is no KeyedVectors: hand over `model.wv` of a Word2Vec model"
        )
    if isinstance(keyed_vectors, FastTextKeyedVectors):
        raise TypeError(
            "FastText also has vectors for words that it never saw, and a table has none: "
            "copy its rows into a KeyedVectors, add_vectors(wv.index_to_key, wv.vectors)"
        )
    words, vectors = keyed_vectors.index_to_key, keyed_vectors.vectors
    if not words or len(words) != len(vectors):
        raise ValueError(
            f"{len(words)} words, {len(vectors)} vectors: give a vector to each word"
        )
    _check_words(words)
    if vectors.dtype not in (np.float16, np.float32, np.float64):
        raise TypeError(
            f"{vectors.dtype} numbers cannot be kept exactly: convert them to float32"
        )
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise ValueError(f"the vector of {words[bad[0]]!r} is not finite: leave the word out")
    return words, vectors


def _check_words(words: Sequence[str]) -> None:
    """Refuse a word that occurs twice, and what a table could not tell from a special row."""
    if not len(words):
        raise ValueError("there are no words: hand over a vocabulary")
    for word in words:
        if not isinstance(word, str) or word in SPECIAL:
            raise ValueError(f"{word!r} cannot be a word here: rename it, or leave it out")
    word, times = Counter(list(words)).most_common(1)[0]
    if times > 1:
        raise ValueError(f"{word!r} stands twice among the words: keep one of them")
