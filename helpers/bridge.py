"""Word vectors from gensim to Keras and back, to the last bit, and out to a TensorBoard projector.

Where the course's layers read ids, 0 is padding, 1 any unknown word, and words start at 2; index i
of a `vocabulary` names id i: `["", "[UNK]", word, ...]`, as `TextVectorization` returns and takes.
"""

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Literal, get_args

import keras
import numpy as np
from gensim.models import KeyedVectors

PADDING, UNKNOWN = 0, 1
Oov = Literal["mean", "zeros", "random"]
SPECIAL = ["", "[UNK]"]  # as TextVectorization spells the two
# What would end a line or a cell for some reader, cannot be UTF-8, or begins an escape.
UNSAFE = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


def embedding_from_keyed_vectors(
    keyed_vectors: KeyedVectors, *, trainable: bool = False, oov: Oov = "mean"
) -> tuple[keras.layers.Embedding, list[str]]:
    """Return a built, masking layer of shape (V + 2, d) for V vectors of length d; its vocabulary.

    The layer gets the type of the vectors: float16, float32 (as gensim trains them) or float64. Row
    0, for padding, is zeros. Row 1, for unknown words, is by `oov` the mean of all rows, zeros, or
    normally distributed numbers with the rows' root mean square, the same ones each time. Raises
    TypeError or ValueError if something cannot be kept as it is; the sentence says what.
    """
    words, vectors = _checked(keyed_vectors)
    if oov not in get_args(Oov):
        raise ValueError(f"oov={oov!r} is unknown: choose one of {', '.join(get_args(Oov))}")
    table = np.pad(vectors, ((2, 0), (0, 0)))
    if oov == "mean":
        table[UNKNOWN] = vectors.mean(axis=0, dtype=np.float64)
    elif oov == "random":
        scale = np.sqrt(np.square(vectors, dtype=np.float64).mean())
        table[UNKNOWN] = np.random.default_rng(0).normal(0, scale, table.shape[1])
    options = {"mask_zero": True, "trainable": trainable, "dtype": table.dtype.name}
    layer = keras.layers.Embedding(*table.shape, "zeros", weights=[table], **options)
    return layer, [*SPECIAL, *words]


def keyed_vectors_from_embedding(
    layer: keras.layers.Embedding, vocabulary: list[str]
) -> KeyedVectors:
    """Return the rows of a built layer from row 2 on (with LoRA: as the layer returns them).

    Raises TypeError or ValueError if layer and vocabulary do not fit, or cannot be kept as they
    are; the sentence says why.
    """
    if not isinstance(layer, keras.layers.Embedding) or not layer.built:
        raise TypeError(
            f"{layer!r} has no table: hand over an Embedding that is built, or used"
        )
    vocabulary = [
        str(word) if isinstance(word, str) else word for word in vocabulary
    ]  # no np.str_
    if vocabulary[:2] != SPECIAL or len(vocabulary) != layer.input_dim:
        raise ValueError(
            f"{layer.input_dim} rows, {len(vocabulary)} entries starting {vocabulary[:2]} (off by "
            f"{len(vocabulary) - layer.input_dim:+d}): {SPECIAL} come first; entry i names row i"
        )
    table = keras.ops.convert_to_numpy(layer.embeddings)[2:]
    keyed_vectors = KeyedVectors(table.shape[1], dtype=table.dtype)
    keyed_vectors.add_vectors(vocabulary[2:], table)
    _checked(keyed_vectors)
    return keyed_vectors


def export_for_projector(keyed_vectors: KeyedVectors, folder: str | Path) -> tuple[Path, Path]:
    r"""Write `vectors.tsv` and `metadata.tsv`, one line per word, and return their paths.

    The digits bring every bit back. Tabs, line breaks, other control characters and backslashes in
    words are written as Python escapes them (`\t`, `\\`): a word stays one line, and can be undone.
    """
    words, vectors = _checked(keyed_vectors)
    digits = "%.17g" if vectors.dtype == np.float64 else "%.9g"  # Goldberg 1991, theorem 15
    escaped = [UNSAFE.sub(lambda m: m[0].encode("unicode_escape").decode(), w) for w in words]
    (folder := Path(folder)).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        new = Path(temporary, "vectors.tsv"), Path(temporary, "metadata.tsv")
        np.savetxt(new[0], vectors, digits, "\t")
        new[1].write_bytes(("\n".join(escaped) + "\n").encode())
        return tuple(path.replace(folder / path.name) for path in new)


def _checked(keyed_vectors: KeyedVectors) -> tuple[list[str], np.ndarray]:
    """Return words and vectors, or refuse what could not come back or would spoil a layer."""
    if not isinstance(keyed_vectors, KeyedVectors):
        kind = type(keyed_vectors).__name__
        raise TypeError(
            f"a {kind} is no KeyedVectors: hand over `model.wv` of a Word2Vec model"
        )
    words, vectors = keyed_vectors.index_to_key, keyed_vectors.vectors
    if not words or len(words) != len(vectors):
        raise ValueError(
            f"{len(words)} words, {len(vectors)} vectors: give a vector to each word"
        )
    if odd := [word for word in words if not isinstance(word, str) or word in SPECIAL]:
        raise ValueError(f"{odd[0]!r} cannot be a word here: rename it, or leave it out")
    if twice := [word for word, count in Counter(words).items() if count > 1]:
        raise ValueError(f"{twice[0]!r} stands twice among the words: keep one of them")
    if vectors.dtype not in (np.float16, np.float32, np.float64):
        raise TypeError(
            f"{vectors.dtype} numbers cannot be kept exactly: convert them to float32"
        )
    if len(bad := np.flatnonzero(~np.isfinite(vectors).all(axis=1))):
        raise ValueError(f"the vector of {words[bad[0]]!r} is not finite: leave the word out")
    return words, vectors
