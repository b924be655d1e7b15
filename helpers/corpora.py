"""The course's texts: each a `Corpus` of tokenized sentences that says where it came from.

`wikipedia` and `docstrings` are parsed from files that every installation already has and
are then cached in the user's cache folder; `reviews` and `toy` are files in ``datasets/``.
Nothing here downloads anything, imports the libraries whose docstrings it reads, starts a
process, or loads a pickle.
"""

import ast
import bz2
import difflib
import hashlib
import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pooch
from tqdm import tqdm

if TYPE_CHECKING:
    import pandas as pd

DATASETS = Path(__file__).parent.parent / "datasets"
# Installed distribution -> the package to look in, in the order of the corpus.
LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "scikit-learn": "sklearn",
    "matplotlib": "matplotlib",
    "keras": "keras",
}
PARSER = (
    1  # raise it when a parser below changes: every cached corpus is then built again
)


@dataclass(frozen=True, repr=False)
class Corpus:
    """Tokenized sentences, their labels, and where they came from.

    Attributes
    ----------
    name : str
        What `load` calls it.
    sentences : list of list of str
        One list of tokens per text. No token is empty or holds white space.
    labels : dict of str to list of str
        For each kind of label one list, as long as `sentences`; empty where there are none.
    source, license : str
        Where the text is from, with version, and the license it comes under.

    Raises
    ------
    ValueError
        If a list of labels and the sentences differ in length.
    """

    name: str
    sentences: list[list[str]]
    labels: dict[str, list[str]]
    source: str
    license: str

    def __post_init__(self) -> None:
        for kind, values in self.labels.items():
            if len(values) != len(self.sentences):
                raise ValueError(
                    f"corpus {self.name!r} has {len(self.sentences)} sentences but "
                    f"{len(values)} {kind!r} labels: give every sentence one label"
                )

    def __str__(self) -> str:
        tokens = sum(map(len, self.sentences))
        words = len(set().union(*self.sentences))
        labels = "".join(
            f", {len(set(v))} {kind} labels" for kind, v in self.labels.items()
        )
        return (
            f"{self.name}: {len(self.sentences):,} texts, {tokens:,} tokens, "
            f"{words:,} distinct words{labels} "
            f"(from {self.source}; {self.license}; COURSE_DATA={data_choice()})"
        )

    # A corpus left at the end of a cell must not print two million tokens.
    __repr__ = __str__


def words(text: str) -> list[str]:
    """Split a text into lower-case runs of the letters a to z: the course's one tokenizer."""
    return re.findall(r"[a-z]+", text.lower())


def wikipedia() -> Corpus:
    """Sections of 106 English Wikipedia articles from May 2016, out of gensim's test data.

    Returns
    -------
    Corpus
        One list of tokens per section, in the order of the dump; ``labels["title"]`` is the
        title of the article that each section is from.
    """
    stamp = {"parser": str(PARSER), "gensim": version("gensim")}

    def build() -> Corpus:
        from gensim.corpora import wikicorpus
        from gensim.test.utils import datapath

        sentences, titles = [], []
        dump = datapath(
            "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
        )
        with bz2.open(dump) as file:
            # The steps of gensim's WikiCorpus.get_texts, without its pool of processes.
            for title, markup, _ in _progress(
                wikicorpus.extract_pages(file, ("0",)), "wikipedia"
            ):
                text = wikicorpus.filter_wiki(markup)
                sections = re.split(r"\n(?===)", text)
                tokens = [
                    wikicorpus.tokenize(section, 2, 15, True) for section in sections
                ]
                if sum(map(len, tokens)) < wikicorpus.ARTICLE_MIN_WORDS:  # redirects
                    continue
                sentences += filter(None, tokens)
                titles += [title] * sum(map(bool, tokens))
        source = f"gensim {stamp['gensim']}'s test data, a Wikipedia dump of May 2016"
        return Corpus(
            "wikipedia", sentences, {"title": titles}, source, "CC BY-SA 3.0 and GFDL"
        )

    return _cached("wikipedia", stamp, build)


def docstrings() -> Corpus:
    """Docstrings of six installed libraries, read from their source files without an import.

    Returns
    -------
    Corpus
        One list of tokens per docstring, files in alphabetical order; ``labels["library"]``
        is the library that each is from. A docstring that a library repeats counts once.

    Raises
    ------
    ModuleNotFoundError
        If one of the libraries is not installed.
    """
    missing = [
        name for name, package in LIBRARIES.items() if find_spec(package) is None
    ]
    if missing:
        raise ModuleNotFoundError(
            f"docstrings() reads {', '.join(LIBRARIES)}, but {', '.join(missing)} is not "
            "installed: install the course's requirements again"
        )
    stamp = {"parser": str(PARSER)} | {name: version(name) for name in LIBRARIES}

    def build() -> Corpus:
        files = []
        for library, package in LIBRARIES.items():
            root = Path(find_spec(package).origin).parent
            inside = {
                file.relative_to(root).as_posix(): file for file in root.rglob("*.py")
            }
            files += [
                (library, inside[p])
                for p in sorted(inside)
                if "tests" not in p.split("/")
            ]
        # A dict keeps the order of first sight and drops what a library repeats.
        found = {}
        for library, file in _progress(files, "docstrings"):
            for text in _docstrings_of(file):
                if tokens := tuple(words(text)):
                    found[library, tokens] = None
        source = ", ".join(f"{name} {stamp[name]}" for name in LIBRARIES)
        return Corpus(
            "docstrings",
            [list(tokens) for _, tokens in found],
            {"library": [library for library, _ in found]},
            f"the installed {source}",
            "BSD-3-Clause, Matplotlib's and Apache-2.0 licenses",
        )

    return _cached("docstrings", stamp, build)


def _docstrings_of(file: Path) -> Iterator[str]:
    """Yield the docstrings in a source file, and the strings that it hands to `add_newdoc`."""
    with warnings.catch_warnings(action="ignore"):  # other people's escape sequences
        tree = ast.parse(file.read_bytes(), file.name)
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module()
                | ast.ClassDef()
                | ast.FunctionDef()
                | ast.AsyncFunctionDef()
            ):
                yield ast.get_docstring(node, clean=False) or ""
            # NumPy and SciPy document their compiled functions with such calls.
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
                "newdoc" in name
            ):
                for part in ast.walk(node):
                    match part:
                        case ast.Constant(value=str(text)) if "\n" in text:
                            yield text


def reviews() -> Corpus:
    """The controlled reviews: generated by this course, the truth about each word known.

    Returns
    -------
    Corpus
        One list of tokens per review; ``labels["sentiment"]`` and ``labels["topic"]``.

    Raises
    ------
    FileNotFoundError, ValueError
        If ``datasets/reviews.tsv`` is absent, or not in its format.
    """
    header, *rows = (row.split("\t") for row in _dataset("reviews.tsv").splitlines())
    if header != ["sentiment", "topic", "text"] or any(len(row) != 3 for row in rows):
        raise ValueError(
            "datasets/reviews.tsv must have the columns sentiment, topic and text, divided by "
            "tabs: restore it with `git checkout datasets`"
        )
    sentiment, topic, texts = map(list, zip(*rows, strict=True))
    labels = {"sentiment": sentiment, "topic": topic}
    source = "this course's datasets/reviews.tsv"
    return Corpus(
        "reviews", [words(text) for text in texts], labels, source, "CC BY 4.0"
    )


def reviews_lexicon() -> "pd.DataFrame":
    """What every word of the reviews is.

    Returns
    -------
    pandas.DataFrame
        Columns word, role, topic and polarity, all of them strings, one row per word.
    """
    import pandas as pd

    _dataset("reviews_lexicon.csv")
    # Without keep_default_na the words "null" and "nan" would turn into missing values.
    return pd.read_csv(
        DATASETS / "reviews_lexicon.csv", dtype=str, keep_default_na=False
    )


def toy() -> Corpus:
    """Sixty or so sentences for working by hand, one list of tokens each."""
    sentences = [
        words(line) for line in _dataset("toy.txt").splitlines() if line.strip()
    ]
    return Corpus("toy", sentences, {}, "this course's datasets/toy.txt", "CC BY 4.0")


LOADERS: dict[str, Callable[[], Corpus]] = {
    loader.__name__: loader for loader in (wikipedia, docstrings, reviews, toy)
}


def load(name: str) -> Corpus:
    """Return the corpus of that name.

    Raises
    ------
    ValueError
        If there is no corpus of that name.
    """
    if name not in LOADERS:
        near = difflib.get_close_matches(str(name), LOADERS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"there is no corpus {name!r}.{hint} There are: {', '.join(LOADERS)}."
        )
    return LOADERS[name]()


def data_choice() -> Literal["bundled", "full"]:
    """Say which data to use: what ``COURSE_DATA`` asks for, else full once downloaded.

    Raises
    ------
    ValueError
        If ``COURSE_DATA`` is set to something else than bundled or full.
    """
    choice = os.environ.get("COURSE_DATA") or ("full" if _downloaded() else "bundled")
    if choice not in ("bundled", "full"):
        raise ValueError(
            f"COURSE_DATA is {choice!r}: set it to 'bundled' or 'full', or unset it to use "
            "the full data once they are downloaded"
        )
    return choice


def cache_folder() -> Path:
    """Return the folder of parsed corpora: in ``XDG_CACHE_HOME`` where that is set."""
    return pooch.os_cache("same-table")


def _downloaded() -> bool:
    return (cache_folder() / "imdb.txt").exists()


def _dataset(name: str) -> str:
    try:
        return (DATASETS / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"datasets/{name} is missing from the course's folder: restore it with "
            "`git checkout datasets`, or install the course from its own folder (editable)"
        ) from None


def _progress(items: Iterable, name: str) -> tqdm:
    """Show a bar to somebody who watches: in a terminal or a notebook, not in a log."""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    hidden = {"disable": True} if os.environ.get("COURSE_QUIET") or not watched else {}
    # With nothing passed, tqdm itself obeys TQDM_DISABLE.
    return tqdm(items, f"reading {name} (once)", leave=False, **hidden)


def _cached(name: str, stamp: dict[str, str], build: Callable[[], Corpus]) -> Corpus:
    """Return a corpus from its cache file, or build it and write that file.

    The file is UTF-8 text: the SHA-256 of all that follows, a line of JSON with the stamp and
    the labels, then one line of tokens per sentence. Another stamp builds it again.
    """
    path = cache_folder() / f"{name}.txt"
    try:
        if corpus := _decode(path.read_bytes(), stamp):
            return corpus
    except OSError:
        pass  # not there, or not readable: build it
    except ValueError:
        print(
            f"The cache file {path} was damaged: set aside as .damaged, {name} is read again."
        )
        try:
            path.replace(path.with_suffix(".damaged"))
        except OSError:
            pass  # another kernel was faster, or the write below says what is wrong
    corpus = build()
    content = _encode(corpus, stamp)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, suffix=".tmp", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            temporary.unlink(missing_ok=True)
        print(
            f"The cache folder {path.parent} cannot be written ({error.strerror}): {name} is "
            "ready to use but will be read afresh next time; free some space there, or set "
            "XDG_CACHE_HOME to a folder of your own."
        )
    return corpus


def _encode(corpus: Corpus, stamp: dict[str, str]) -> bytes:
    """Turn a corpus into the bytes of its cache file; ValueError if a token has white space."""
    for token in set().union(*corpus.sentences):
        if token.split() != [token]:
            raise ValueError(
                f"token {token!r} of {corpus.name!r} is empty or has white space"
            )
    about = {"stamp": stamp, "name": corpus.name, "labels": corpus.labels}
    about |= {"source": corpus.source, "license": corpus.license}
    lines = [json.dumps(about), *map(" ".join, corpus.sentences)]
    body = "\n".join(lines).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _decode(content: bytes, stamp: dict[str, str]) -> Corpus | None:
    """Turn those bytes back; None if the stamp is another, ValueError if they are damaged."""
    digest, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ValueError("the checksum does not fit")
    first, *lines = body.decode().split("\n")
    about = json.loads(first)
    if about.pop("stamp") != stamp:
        return None
    once: dict[
        str, str
    ] = {}  # one string per word, not per token: a tenth of the memory
    sentences = [
        [once.setdefault(t, t) for t in line.split(" ") if t] for line in lines
    ]
    return Corpus(sentences=sentences, **about)
