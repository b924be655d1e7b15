"""The course's texts: each a `Corpus` of tokenized sentences that says where it came from.

`wikipedia` and `docstrings` are parsed from files that every installation has, and kept in the
user's cache folder; `reviews` and `toy` are files in `datasets/`. Only `imdb` is downloaded, and
only on request. That brings a pickle, opened once, after its checksum was found right. Nothing else
here loads one, starts a process, or imports the libraries whose docstrings it reads.
"""

import ast
import bz2
import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pooch
from tqdm import tqdm

if TYPE_CHECKING:
    import pandas as pd

DATASETS = Path(__file__).parent.parent / "datasets"
LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "keras")
PARSER = "2"  # change it with any parser but imdb's: what is cached is then built again
FETCH = "run `python -m helpers.corpora fetch` (19 MB), or set COURSE_DATA=bundled"
KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
DOWNLOADS = {  # what is fetched from there, and its SHA-256
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
}
PATIENCE = 30  # seconds without a byte until a download is given up
GENRES = {  # the words that name each genre; "horrific" and "actions" say something else too often
    "comedy": "comedy comedies comedic",
    "horror": "horror horrors",
    "action": "action",
    "cartoon": "cartoon cartoons animated animation animations anime",
}
RESTORE = (
    "restore it with `git checkout datasets` in the folder that the course is installed from"
)


@dataclass(frozen=True, repr=False)
class Corpus:
    """Tokenized texts, their labels and where they came from; `str` makes one line about them.

    `sentences` holds one list of tokens per text; no token is empty or has white space in it.
    `labels` holds, for each kind of label, one list as long as `sentences` (else ValueError).
    """

    name: str
    sentences: list[list[str]]
    labels: dict[str, list[str]]
    source: str
    license: str

    def __post_init__(self) -> None:
        for kind, values in self.labels.items():
            if len(values) != (count := len(self.sentences)):
                raise ValueError(
                    f"{self.name}: {len(values)} {kind} labels for {count} sentences"
                )

    def __str__(self) -> str:
        tokens, distinct = sum(map(len, self.sentences)), len(set().union(*self.sentences))
        kinds = "".join(f", {len(set(v)):,} {kind} labels" for kind, v in self.labels.items())
        return (
            f"{self.name}: {len(self.sentences):,} texts, {tokens:,} tokens, {distinct:,} distinct "
            f"words{kinds} (from {self.source}; {self.license}; COURSE_DATA={data_choice()})"
        )

    __repr__ = __str__  # a corpus at the end of a cell must not print two million tokens


def words(text: str) -> list[str]:
    """Split into lower-case runs of a to z (`n_samples` is two): one string per distinct word."""
    return [*map(sys.intern, re.findall(r"[a-z]+", text.lower()))]


def wikipedia() -> Corpus:
    """Return 106 English Wikipedia articles as of May 2016, from gensim's test data, by section.

    A text is a section, and `labels["title"]` names its article. Whole articles are no better (a
    skip-gram model scored the same on WordSim-353 over ten seeds, paragraphs scored less), and
    gensim's Word2Vec drops in silence what exceeds 10,000 tokens in a text: 5% of these articles.
    """
    stamp = {"parser": PARSER, "gensim": metadata.version("gensim")}

    def build() -> Corpus:
        from gensim.corpora import wikicorpus as wiki
        from gensim.test.utils import datapath

        texts: list[tuple[str, list[str]]] = []
        dump = datapath("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2")
        with bz2.open(dump) as file:
            # What WikiCorpus.get_texts does, without its pool of processes: that makes trouble in
            # notebooks wherever processes are spawned, and gains nothing on a file of 2 MB.
            for title, markup, _ in _progress(wiki.extract_pages(file, ("0",)), "wikipedia"):
                sections = re.split(r"\n(?===)", wiki.filter_wiki(markup))
                tokens = [[*map(sys.intern, wiki.tokenize(part))] for part in sections]
                if (
                    sum(map(len, tokens)) >= wiki.ARTICLE_MIN_WORDS
                ):  # shorter ones are redirects
                    texts += [(title, section) for section in tokens if section]
        titles, sentences = map(list, zip(*texts, strict=True))
        source = f"gensim {stamp['gensim']}'s test data, a Wikipedia dump of May 2016"
        return Corpus(
            "wikipedia", sentences, {"title": titles}, source, "CC BY-SA 3.0 and GFDL"
        )

    return _cached("wikipedia", stamp, build)


def docstrings() -> Corpus:
    """Return the docstrings of six installed libraries, read from their sources with `ast`.

    One text per docstring, labeled by `"library"`; what a library repeats word for word counts
    once. Compiled functions are covered where a source file hands their text to `add_newdoc`; tests
    and stub files (`.pyi`, under a hundred words) are left out.
    """
    try:
        stamp = {"parser": PARSER} | {name: metadata.version(name) for name in LIBRARIES}
    except metadata.PackageNotFoundError as error:
        raise ModuleNotFoundError(
            f"docstrings() reads it, but {error.name} is not installed: run `make lab` again"
        ) from error

    def build() -> Corpus:
        files = []
        for library in LIBRARIES:
            # Finding a top-level package does not import it. scikit-learn's is called sklearn.
            root = Path(util.find_spec(library.replace("scikit-", "sk")).origin).parent
            names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
            files += [
                (library, root / name) for name in names if "tests" not in name.split("/")
            ]
        found = {}  # as an ordered set
        for library, file in _progress(files, "docstrings"):
            found |= {(library, *words(text)): None for text in _docstrings_in(file)}
        labels, sentences = zip(
            *((lib, tokens) for lib, *tokens in found if tokens), strict=True
        )
        source = "the installed " + ", ".join(f"{name} {stamp[name]}" for name in LIBRARIES)
        terms = "BSD-3-Clause, Matplotlib's license, Apache-2.0"
        return Corpus("docstrings", list(sentences), {"library": list(labels)}, source, terms)

    return _cached("docstrings", stamp, build)


def _docstrings_in(file: Path) -> Iterator[str]:
    with warnings.catch_warnings(action="ignore"):  # other people's escape sequences
        tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield ast.get_docstring(node, clean=False) or ""
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
                "newdoc" in name
            ):
                strings = (
                    part.value for part in ast.walk(node) if isinstance(part, ast.Constant)
                )
                yield from (text for text in strings if isinstance(text, str) and "\n" in text)


def reviews() -> Corpus:
    """Return the controlled reviews, labeled by `"sentiment"` and `"topic"`."""
    rows = [
        line.split("\t") for line in _dataset("reviews.tsv").read_text("utf-8").splitlines()
    ]
    if rows[0] != ["sentiment", "topic", "text"] or {*map(len, rows)} != {3}:
        raise ValueError(
            f"datasets/reviews.tsv needs columns sentiment, topic, text: {RESTORE}"
        )
    sentiment, topic, texts = map(list, zip(*rows[1:], strict=True))
    labels, source = (
        {"sentiment": sentiment, "topic": topic},
        "this course's datasets/reviews.tsv",
    )
    return Corpus("reviews", [*map(words, texts)], labels, source, "CC BY 4.0")


def reviews_lexicon(file: str = "reviews_lexicon.csv") -> "pd.DataFrame":
    """Return word, role, topic and polarity (all strings) of each word that reviews are made of."""
    import pandas as pd

    # Without keep_default_na the word "null" would be a missing value.
    return pd.read_csv(_dataset(file), dtype=str, keep_default_na=False)


def toy() -> Corpus:
    """Return the sixty or so sentences for working by hand."""
    lines = _dataset("toy.txt").read_text("utf-8").splitlines()
    sentences = [words(line) for line in lines if line.strip()]
    return Corpus("toy", sentences, {}, "this course's datasets/toy.txt", "CC BY 4.0")


def imdb(*, download: bool = False) -> Corpus:
    """Return 50,000 film reviews (Maas et al., 2011), labeled by `"sentiment"` and `"split"`.

    In Keras's `imdb.npz` a word is its rank, from 1, without the start token and the shifted ids of
    `keras.datasets`. Tokens are divided as by `words`. FileNotFoundError says what to run if they
    are not in the cache folder, ConnectionError why a `download` failed: no part of it stays.
    """

    def build() -> Corpus:
        if not download:
            raise FileNotFoundError(f"IMDB is not in {cache_folder()}: {FETCH}")
        import numpy as np

        sentences, labels = [], {"sentiment": [], "split": []}
        with tempfile.TemporaryDirectory() as folder:
            npz, index = (_download(name, folder) for name in DOWNLOADS)
            spelled = {
                rank: words(word) for word, rank in json.loads(index.read_bytes()).items()
            }
            with np.load(
                npz, allow_pickle=True
            ) as arrays:  # lists in an array: always a pickle
                for split in ("train", "test"):
                    texts, liked = arrays[f"x_{split}"], arrays[f"y_{split}"]
                    sentences += [
                        [w for rank in text for w in spelled[rank]] for text in texts
                    ]
                    labels["sentiment"] += ["positive" if y else "negative" for y in liked]
                    labels["split"] += [split] * len(texts)
        return Corpus(
            "imdb", sentences, labels, "Keras's imdb.npz", "for research, to be cited"
        )

    return _cached("imdb", {"parser": "1"}, build)


def opinions() -> "tuple[Corpus, pd.DataFrame]":
    """Return texts labeled by `"sentiment"` and `"topic"`, and the lexicon of their words.

    Bundled: `reviews` and `reviews_lexicon`. Full: IMDB's reviews of at most 200 words that name
    just one of `GENRES`, its names left out, as many positive as negative in each; and a lexicon
    with the same columns, written by hand, in which many words are missing.
    """
    if data_choice() == "bundled":
        return reviews(), reviews_lexicon()

    def build() -> Corpus:
        import pandas as pd

        corpus, rows = imdb(), {}
        genre_of = {word: genre for genre, names in GENRES.items() for word in names.split()}
        for tokens, side in zip(corpus.sentences, corpus.labels["sentiment"], strict=True):
            genre = {genre_of[token] for token in tokens if token in genre_of}
            if len(tokens) <= 200 and len(genre) == 1:
                # By checksum each text counts once, in an order that does not depend on the file's.
                key = hashlib.sha256(" ".join(tokens).encode()).digest()
                rows[key] = ([t for t in tokens if t not in genre_of], side, *genre)
        rows = [rows[key] for key in sorted(rows)]
        table = pd.DataFrame(rows, columns=["tokens", "sentiment", "topic"])
        groups = table.groupby(["topic", "sentiment"])
        table = table[
            groups.cumcount() < table["topic"].map(groups.size().groupby("topic").min())
        ]
        sentences, labels = table.pop("tokens").tolist(), table.to_dict("list")
        return Corpus("imdb genres", sentences, labels, corpus.source, corpus.license)

    chosen = _cached("imdb_genres", {"parser": "1"} | GENRES, build)
    return chosen, reviews_lexicon("imdb_lexicon.csv")


def load(name: str) -> Corpus:
    """Return the corpus of that name; a ValueError names the nearest one and all that there are."""
    loaders = {
        loader.__name__: loader for loader in (wikipedia, docstrings, reviews, toy, imdb)
    }
    if name not in list(loaders):
        near = "".join(
            f" Did you mean {n!r}?" for n in get_close_matches(str(name), loaders, 1)
        )
        raise ValueError(
            f"There is no corpus {name!r}.{near} There are: {', '.join(loaders)}."
        )
    return loaders[name]()


def data_choice() -> Literal["bundled", "full"]:
    """Return what `COURSE_DATA` asks for (else ValueError); unset, full once that is downloaded."""
    choice = os.environ.get("COURSE_DATA") or ("full" if _downloaded() else "bundled")
    if choice not in ("bundled", "full"):
        raise ValueError(f"COURSE_DATA={choice!r}: set it to bundled or to full, or unset it")
    return choice


def cache_folder() -> Path:
    """Return where parsed corpora are kept: below `XDG_CACHE_HOME`, if that is set."""
    return pooch.os_cache("same-table")


def _downloaded() -> bool:
    return os.access(cache_folder() / "imdb.txt", os.R_OK)


def _dataset(name: str) -> Path:
    if not (path := DATASETS / name).is_file():
        raise FileNotFoundError(f"datasets/{name} is missing: {RESTORE}")
    return path


def _download(name: str, folder: str) -> Path:
    """Put one of `DOWNLOADS` into a folder once its SHA-256 is found right."""
    pooch.get_logger().setLevel("WARNING")
    try:  # the bar gets its true length from pooch, which asks for some length before
        with _progress(range(1), name, unit="B", unit_scale=True) as bar:
            get = pooch.HTTPDownloader(progressbar=bar, timeout=PATIENCE)
            return Path(
                pooch.retrieve(KERAS + name, DOWNLOADS[name], name, folder, downloader=get)
            )
    except (OSError, ValueError) as error:  # every error of requests is an OSError
        said = str(error)
        signs = {
            "SHA256": "what came is not the expected file (its SHA-256 differs)",
            " Error: ": f"the server says {said.partition(' for url')[0]}",
            "timed out": f"nothing came for {PATIENCE} seconds",
            "Connection broken": "it was cut off",
        }
        why = getattr(error, "strerror", None) or "there is no connection"
        why = next((why for sign, why in signs.items() if sign in said), why)
        raise ConnectionError(
            f"{KERAS}{name} could not be downloaded: {why}. No part of it is kept, and the bundled "
            f"data works as before. Check the network, then {FETCH}."
        ) from None


def _progress(items: Iterable, name: str, **looks) -> tqdm:
    """Wrap in a bar that shows in a terminal and in a notebook, but never in a log."""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    # With nothing said about `disable`, tqdm obeys its own switch, TQDM_DISABLE=1.
    silence = {} if watched else {"disable": True}
    return tqdm(items, f"{name}, first time", leave=False, **looks, **silence)


def _cached(name: str, stamp: dict[str, str], build: Callable[[], Corpus]) -> Corpus:
    """Return the corpus from its cache file; build and keep it if that is absent, old or damaged.

    A damaged file is set aside; where nothing can be written, one sentence says what to do.
    """
    path = cache_folder() / f"{name}.txt"
    try:
        if corpus := _decode(path.read_bytes(), stamp):
            return corpus
    except OSError:
        pass  # not there yet, or not ours to read
    except ValueError:
        with contextlib.suppress(OSError):  # another kernel was faster, or see below
            path.replace(aside := path.with_suffix(".damaged"))
            print(f"{path} was damaged: it is set aside as {aside.name}.")
    corpus = build()
    temporary = path.with_suffix(f".{os.urandom(16).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(_encode(corpus, stamp))
        temporary.replace(path)
    except OSError as error:
        variable = "WIN_PD_OVERRIDE_LOCAL_APPDATA" if os.name == "nt" else "XDG_CACHE_HOME"
        print(
            f"{name} is ready but cannot be kept in {path.parent} ({error.strerror}), so that next "
            f"time it is read afresh: make room there, or set {variable} to a folder of yours."
        )
    finally:
        with contextlib.suppress(OSError):  # it is gone unless the writing failed
            temporary.unlink()
    return corpus


def _encode(corpus: Corpus, stamp: dict[str, str]) -> bytes:
    """Return the text of a cache file: the SHA-256 of the second line, and JSON as second line."""
    if bad := [token for token in set().union(*corpus.sentences) if token.split() != [token]]:
        raise ValueError(f"no token may be empty or hold white space, as {min(bad)!r} does")
    joined = [" ".join(sentence) for sentence in corpus.sentences]
    body = json.dumps({"stamp": stamp, **vars(corpus), "sentences": joined}).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _decode(content: bytes, stamp: dict[str, str]) -> Corpus | None:
    """Undo `_encode`: None if it was made under another stamp, ValueError if it is damaged."""
    digest, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ValueError("the checksum does not fit")
    fields = json.loads(body)
    if fields.pop("stamp") != stamp:
        return None
    fields["sentences"] = [[*map(sys.intern, line.split())] for line in fields["sentences"]]
    return Corpus(**fields)


def main() -> None:
    """Get all that `COURSE_DATA=full` needs, and print a line for each corpus."""
    if sys.argv[1:] != ["fetch"]:
        sys.exit("Usage: python -m helpers.corpora fetch")
    os.environ["COURSE_DATA"] = "full"
    try:
        for get in (wikipedia, docstrings, lambda: imdb(download=True), lambda: opinions()[0]):
            print(get(), flush=True)
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
