"""The one corpus that is downloaded, on request only: 50,000 film reviews.

The download brings a pickle. It is opened once, after its checksum was found right; what is
kept is plain text, and nothing else in the course loads a pickle.
"""

import hashlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pooch

from helpers.corpora.cache import cached, progress
from helpers.corpora.corpus import Corpus, demand_opposites, noted, read_lexicon
from helpers.settings import DATASETS, FETCH, REMEDY, Opinions, cache_folder
from helpers.vocabulary import tokenize

if TYPE_CHECKING:
    import pandas as pd

KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
DOWNLOADS = {  # what is fetched from there, and its SHA-256
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
}
PATIENCE: float = 30  # seconds without a byte until a download is given up
GENRES = {  # their names; "horrific" and "actions" too often mean something else
    "comedy": "comedy comedies comedic",
    "horror": "horror horrors",
    "action": "action",
    "cartoon": "cartoon cartoons animated animation animations anime",
}
LONGEST = 200  # words of a review in `imdb_genres`


def imdb(*, download: bool = False) -> Corpus:
    """Return 50,000 film reviews (Maas et al., 2011), labeled by `"sentiment"` and `"split"`.

    In Keras's `imdb.npz` a word is its rank, from 1, without the start token and the shifted
    ids of `keras.datasets`. Words are divided as by `tokenize`.

    Parameters
    ----------
    download : bool
        Whether to fetch the 19 MB if they are not in the cache folder.

    Raises
    ------
    FileNotFoundError
        If they are not there and no download was asked for.
    ConnectionError
        If the download failed. No part of it is kept.
    """
    corpus = _parsed(download)
    return noted(replace(corpus, lexicon=_lexicon(), pair=("good", "bad")))


def imdb_genres(chosen: Opinions | None = None, *, foreign: bool = False) -> Corpus:
    """Return the IMDB reviews that name one genre, labeled by `"sentiment"` and `"topic"`.

    They have at most 200 words and name just one of `GENRES`; its names are left out. In each
    genre as many are positive as negative.

    Parameters
    ----------
    chosen : Opinions, optional
        Another lexicon or example pair, as `course.toml` may name one.
    foreign : bool
        Whether a teacher chose something there that the bounds of the claims are not for.

    Raises
    ------
    FileNotFoundError
        If IMDB is not in the cache folder.
    ValueError
        If the example pair is not two opposites of the lexicon.
    """

    def build() -> Corpus:
        source = _parsed(download=False)
        return _one_genre(source)

    corpus = cached("imdb_genres", GENRES | {"imdb": mark_of_imdb()}, build)
    if chosen is None:
        return noted(replace(corpus, lexicon=_lexicon(), pair=("good", "bad")))
    corpus = replace(corpus, lexicon=read_lexicon(chosen.lexicon), pair=chosen.pair)
    demand_opposites(corpus, chosen.lexicon)
    return noted(corpus, foreign=foreign)


def mark_of_imdb() -> str:
    """Return the checksum in the cache file of IMDB, which tells two downloads apart.

    Empty if IMDB was not downloaded.
    """
    try:
        with (cache_folder() / "imdb.txt").open("rb") as file:
            return file.read(64).decode("ascii", "replace")
    except OSError:
        return ""


def _lexicon() -> "pd.DataFrame":
    return read_lexicon(DATASETS / "imdb_lexicon.csv")


def _parsed(download: bool) -> Corpus:
    def build() -> Corpus:
        if not download:
            raise FileNotFoundError(
                f"IMDB is not in {cache_folder()} as this version of the course keeps it: "
                f"{REMEDY}"
            )
        with tempfile.TemporaryDirectory() as folder:
            reviews = fetch("imdb.npz", folder)
            index = fetch("imdb_word_index.json", folder)
            return _converted(reviews, index)

    return cached("imdb", {}, build)


def _converted(reviews: Path, index: Path) -> Corpus:
    """Spell out the ranks in Keras's file."""
    import numpy as np

    spelled: dict[int, list[str]] = {}
    for word, rank in json.loads(index.read_bytes()).items():
        spelled[rank] = tokenize(word)
    texts: list[list[str]] = []
    sentiment: list[str] = []
    splits: list[str] = []
    # The lists are of different lengths, which NumPy can only keep as a pickle.
    with np.load(reviews, allow_pickle=True) as arrays:
        for split in ("train", "test"):
            for ranks, liked in zip(arrays[f"x_{split}"], arrays[f"y_{split}"], strict=True):
                texts.append([word for rank in ranks for word in spelled[rank]])
                sentiment.append("positive" if liked else "negative")
                splits.append(split)
    labels = {"sentiment": sentiment, "split": splits}
    return Corpus("imdb", texts, labels, "Keras's imdb.npz", "for research, to be cited")


def _one_genre(source: Corpus) -> Corpus:
    """Choose the short reviews of one genre, as many positive as negative."""
    genre_of = {}
    for genre, names in GENRES.items():
        for name in names.split():
            genre_of[name] = genre
    # The key is a checksum: a text that stands twice counts once, and the choice does not
    # depend on the order of the reviews in the file.
    candidates: dict[bytes, tuple[list[str], str, str]] = {}
    for words, side in zip(source.texts, source.labels["sentiment"], strict=True):
        genres = {genre_of[word] for word in words if word in genre_of}
        if len(words) <= LONGEST and len(genres) == 1:
            key = hashlib.sha256(" ".join(words).encode()).digest()
            rest = [word for word in words if word not in genre_of]
            candidates[key] = (rest, side, genres.pop())
    groups: dict[tuple[str, str], int] = {}
    for _, side, genre in candidates.values():
        groups[genre, side] = groups.get((genre, side), 0) + 1
    texts: list[list[str]] = []
    labels: dict[str, list[str]] = {"sentiment": [], "topic": []}
    taken: dict[tuple[str, str], int] = {}
    for key in sorted(candidates):
        words, side, genre = candidates[key]
        both = [groups.get((genre, which), 0) for which in ("positive", "negative")]
        number = taken.get((genre, side), 0)
        if number < min(both):
            taken[genre, side] = number + 1
            texts.append(words)
            labels["sentiment"].append(side)
            labels["topic"].append(genre)
    return Corpus("imdb genres", texts, labels, source.source, source.license)


def fetch(name: str, folder: str) -> Path:
    """Put one of `DOWNLOADS` into a folder once its SHA-256 is found right.

    Raises
    ------
    ConnectionError
        With the cause and the remedy, whatever went wrong.
    """
    pooch.get_logger().setLevel("WARNING")
    try:
        # pooch sets the bar's length when the server has told it; tqdm wants one before that.
        with progress(range(1), name, unit="B", unit_scale=True) as bar:
            get = pooch.HTTPDownloader(progressbar=bar, timeout=PATIENCE)
            path = pooch.retrieve(KERAS + name, DOWNLOADS[name], name, folder, downloader=get)
            return Path(path)
    except (OSError, ValueError) as error:  # every error of requests is an OSError
        raise ConnectionError(
            f"{KERAS}{name} could not be downloaded: {_cause(error)}. No part of it is kept, "
            "and the bundled data works as before. Check the network, then run "
            f"`{FETCH}` in the course's folder."
        ) from None


def _cause(error: OSError | ValueError) -> str:
    import requests
    from urllib3.exceptions import ReadTimeoutError

    # While an answer is read, requests wraps the time-out of urllib3 in a ConnectionError.
    inner = error.args[0] if error.args else None
    if isinstance(error, requests.HTTPError):
        return f"the server says {str(error).partition(' for url')[0]}"
    if isinstance(error, requests.Timeout) or isinstance(inner, ReadTimeoutError):
        return f"nothing came for {PATIENCE} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "it was cut off"
    if isinstance(error, requests.RequestException):
        return "there is no connection"
    if isinstance(error, ValueError):
        return "what came is not the expected file (its SHA-256 differs)"
    return error.strerror or "there is no connection"
