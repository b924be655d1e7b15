"""The file in the user's cache folder in which a parsed corpus is kept, checksum first."""

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tqdm import tqdm

from helpers.corpora.corpus import Corpus
from helpers.settings import CACHE_VARIABLE, PARSER, cache_folder, write_atomically

FIELDS = {"name", "texts", "labels", "source", "license", "fingerprint"}


def cached(name: str, stamp: dict[str, str], build: Callable[[], Corpus]) -> Corpus:
    """Return a corpus from its cache file, or build and keep it.

    Parameters
    ----------
    name : str
        The file's name, without its ending.
    stamp : dict
        What the texts depend on, besides `PARSER`. A file with another stamp is old.
    build : callable
        Makes the corpus if the file is absent, old or damaged. A damaged file is set aside.

    Returns
    -------
    Corpus
        Also where nothing can be written; a printed sentence then says what to do.
    """
    stamp = {"parser": PARSER} | stamp
    path = cache_folder() / f"{name}.txt"
    try:
        corpus = decode(path.read_bytes(), stamp)
        if corpus is not None:
            return corpus
    except OSError:
        pass  # not there yet, or not ours to read
    except ValueError:
        aside = path.with_suffix(".damaged")
        with contextlib.suppress(
            OSError
        ):  # another kernel was faster, or nothing can be moved
            path.replace(aside)
            print(f"{path} was damaged: it is set aside as {aside.name}.")
    corpus = build()
    try:
        write_atomically(path, encode(corpus, stamp))
    except OSError as error:
        print(
            f"{name} is ready but cannot be kept in {path.parent} ({error.strerror}), so that "
            "next time it is read afresh: make room there, or set "
            f"{CACHE_VARIABLE} to a folder of yours."
        )
    return corpus


def encode(corpus: Corpus, stamp: dict[str, str]) -> bytes:
    """Return the content of a cache file: a checksum, and a line of JSON.

    Raises ValueError if a word could not be told from its neighbors when it is read again.
    """
    for word in set().union(*corpus.texts):
        if word.split() != [word]:
            raise ValueError(f"no word may be empty or hold white space, as {word!r} does")
    fields = {
        "stamp": stamp,
        "name": corpus.name,
        "texts": [" ".join(text) for text in corpus.texts],
        "labels": corpus.labels,
        "source": corpus.source,
        "license": corpus.license,
        "fingerprint": corpus.fingerprint,
    }
    body = json.dumps(fields).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def decode(content: bytes, stamp: dict[str, str]) -> Corpus | None:
    """Undo `encode`: ValueError if it is damaged.

    None if it was made under another stamp, or by a version of the course that kept something
    else.
    """
    digest, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ValueError("the checksum does not fit")
    fields = json.loads(body)
    if fields.pop("stamp", None) != stamp or fields.keys() != FIELDS:
        return None
    texts = []
    for line in fields.pop("texts"):
        texts.append([sys.intern(word) for word in line.split()])
    return Corpus(texts=texts, **fields)


def progress(items: Iterable, name: str, **looks: Any) -> tqdm:
    """Wrap in a bar that shows in a terminal and in a notebook, but never in a log."""
    if sys.stderr.isatty() or "ipykernel" in sys.modules:
        # With nothing said about `disable`, tqdm obeys its own switch, TQDM_DISABLE=1.
        return tqdm(items, f"{name}, first time", leave=False, **looks)
    return tqdm(items, disable=True)
