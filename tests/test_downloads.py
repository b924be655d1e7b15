"""IMDB's way from a server to a text file, and what is said when something goes wrong."""

import contextlib
import functools
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from cards import compare, sizes, table_of
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.naive_bayes import MultinomialNB

from helpers import corpora, settings
from helpers.corpora import downloaded

ROOT = settings.ROOT
COMMAND = settings.FETCH
STANDINS = os.environ.get("COURSE_STANDINS")
WORDS = [
    "the",
    "film",
    "don't",
    "kelly\x85the",
    "1999",
    "good",
    "bad",
    "comedy",
    "horror",
    "zombie",
]
INDEX = {word: rank for rank, word in enumerate(WORDS, 1)}
TEXTS = [  # sentiment, words
    (1, "the comedy film good zombie"),
    (1, "the comedy film good good zombie"),
    (0, "the comedy film bad"),
    (1, "the horror film good don't"),
    (0, "the horror film bad kelly\x85the 1999"),
    (0, "comedy horror bad"),
    (1, "the film good"),
    (0, "the film bad horror " + "the " * 197),
]


def packed(texts=TEXTS) -> bytes:
    """An npz as Keras's, with the same few texts in both halves."""
    ranks = np.empty(len(texts), object)
    ranks[:] = [[INDEX[word] for word in text.split(" ") if word] for _, text in texts]
    liked = np.array([sentiment for sentiment, _ in texts])
    file = io.BytesIO()
    np.savez(file, x_train=ranks, y_train=liked, x_test=ranks, y_test=liked)
    return file.getvalue()


FILES = {"imdb.npz": packed(), "imdb_word_index.json": json.dumps(INDEX).encode()}


class Server(ThreadingHTTPServer):
    """Serves `files`, and misbehaves as `trouble` says when it comes to the file `spoiled`."""

    daemon_threads = True
    trouble, spoiled = "", "imdb.npz"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.patience = dict(FILES), [], threading.Event()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        name, server = self.path[1:], self.server
        server.asked.append(name)
        trouble = server.trouble if name == server.spoiled else ""
        if trouble == "404":
            return self.send_error(404)
        content = server.files[name]
        if trouble == "no answer":
            return server.patience.wait(10)
        self.send_response(200)
        if trouble != "cut off, length unknown":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if trouble.startswith("cut off"):
            return self.wfile.write(content[: len(content) // 2])
        if trouble == "stall":
            self.wfile.write(content[:100])
            self.wfile.flush()
            return server.patience.wait(10)
        if trouble == "wrong bytes":
            content = content[:-1] + b"?"
        return self.wfile.write(content)


@contextlib.contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        if hasattr(server, "patience"):
            server.patience.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder and an empty folder for temporary files, both the test's own."""
    monkeypatch.setenv(settings.CACHE_VARIABLE, str(tmp_path / "cache"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("COURSE_DATA", "full")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1")
    return settings.cache_folder()


def digests(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


@pytest.fixture
def server(cache, monkeypatch):
    with running(Server()) as server:
        monkeypatch.setattr(downloaded, "KERAS", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setattr(downloaded, "DOWNLOADS", digests(server.files))
        monkeypatch.setattr(downloaded, "PATIENCE", 0.3)
        yield server


def left(cache: Path) -> list[str]:
    """Names of all files in the cache folder and in the folder for temporary files."""
    folders = (cache, Path(tempfile.gettempdir()))
    return sorted(
        path.name for folder in folders if folder.is_dir() for path in folder.iterdir()
    )


def refuse(*args, **kwargs):
    raise AssertionError("neither the network nor a pickle may be touched")


def patched(code: str, module: str = "x") -> str:
    """A program that runs the code with this test's addresses, a module being imported."""
    return (
        f"import sys; sys.modules[{module!r}] = sys\n"
        "from helpers.corpora import downloaded\n"
        f"downloaded.KERAS = {downloaded.KERAS!r}\n"
        f"downloaded.DOWNLOADS = {downloaded.DOWNLOADS!r}\n{code}"
    )


def run(*arguments, **environment) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


# ---- what goes well


def test_conversion_happens_once_and_needs_neither_pickle_nor_network_again(
    server, cache, monkeypatch, capsys
):
    corpus = corpora.imdb(download=True)
    assert server.asked == ["imdb.npz", "imdb_word_index.json"]
    assert left(cache) == ["imdb.txt"]
    monkeypatch.setattr(np, "load", refuse)
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert corpora.imdb() == corpora.imdb(download=True) == corpora.load("imdb") == corpus
    assert capsys.readouterr() == ("", "")
    assert corpus.labels["split"] == ["train"] * len(TEXTS) + ["test"] * len(TEXTS)
    sides = ["positive" if liked else "negative" for liked, _ in TEXTS]
    assert corpus.labels["sentiment"] == sides * 2
    # Ranks count from 1; words are divided as everywhere, and numbers are lost.
    assert corpus.texts[3:5] == [
        ["the", "horror", "film", "good", "don", "t"],
        ["the", "horror", "film", "bad", "kelly", "the"],
    ]
    tokens = [token for text in corpora.imdb().texts for token in text]
    assert len(set(map(id, tokens))) == len(set(tokens))


def test_opinions_with_full_data(server, cache, monkeypatch):
    corpora.imdb(download=True)
    corpus = corpora.opinions()
    # One of two positive comedies, each text once; none of two genres, of none, or too long.
    rows = zip(corpus.labels["topic"], corpus.labels["sentiment"], corpus.texts, strict=True)
    found = sorted((topic, side, " ".join(tokens)) for topic, side, tokens in rows)
    assert found[0] == ("comedy", "negative", "the film bad")
    assert found[1][:2] == ("comedy", "positive") and found[1][2].startswith("the film good")
    assert found[2:] == [
        ("horror", "negative", "the film bad kelly the"),
        ("horror", "positive", "the film good don t"),
    ]
    columns = ["word", "role", "topic", "polarity", "opposite"]
    assert list(corpus.lexicon.columns) == columns
    assert corpus.pair == ("good", "bad") and corpus.pair in corpus.opposites
    assert left(cache) == ["imdb.txt", "imdb_genres.txt"]
    monkeypatch.setattr(downloaded, "_parsed", refuse)  # the choice has a file of its own
    assert corpora.opinions() == corpora.load("imdb genres") == corpus
    monkeypatch.setenv("COURSE_DATA", "bundled")
    assert corpora.opinions() == corpora.reviews()


def test_other_genres_are_chosen_again(server, cache, monkeypatch):
    corpora.imdb(download=True)
    corpora.opinions()
    monkeypatch.setattr(downloaded, "GENRES", {"comedy": "comedy"})
    assert set(corpora.opinions().labels["topic"]) == {"comedy"}


def test_the_choice_does_not_depend_on_the_order_of_the_file(server, cache, monkeypatch):
    corpora.imdb(download=True)
    before = corpora.opinions()
    for file in cache.iterdir():
        file.unlink()
    server.files["imdb.npz"] = packed(TEXTS[::-1])
    monkeypatch.setattr(downloaded, "DOWNLOADS", digests(server.files))
    corpora.imdb(download=True)
    assert corpora.opinions() == before


# ---- what goes wrong


def test_without_a_download_the_command_is_named(cache, monkeypatch):
    monkeypatch.setattr(socket, "socket", refuse)
    for load in (corpora.imdb, corpora.opinions, lambda: corpora.load("imdb")):
        with pytest.raises(FileNotFoundError) as error:
            load()
        assert COMMAND in str(error.value) and "COURSE_DATA=bundled" in str(error.value)
        assert str(cache) in str(error.value)
    assert left(cache) == []
    monkeypatch.delenv("COURSE_DATA")
    assert settings.data_choice() == "bundled"
    assert corpora.opinions() == corpora.reviews()


TROUBLES = {
    "cut off": "it was cut off",
    "cut off, length unknown": "SHA-256 differs",
    "wrong bytes": "SHA-256 differs",
    "404": "the server says 404 Client Error: Not Found",
    "stall": "nothing came for 0.3 seconds",
    "no answer": "nothing came for 0.3 seconds",
}


@pytest.mark.parametrize("spoiled", FILES)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_failed_download_says_why_and_leaves_nothing(
    server, cache, trouble, spoiled, capsys
):
    server.trouble, server.spoiled = trouble, spoiled
    with pytest.raises(ConnectionError) as error:
        corpora.imdb(download=True)
    message = str(error.value)
    assert f"/{spoiled} could not be downloaded" in message
    assert TROUBLES[trouble] in message and COMMAND in message and "\n" not in message
    assert error.value.__suppress_context__ and len(message) < 400
    assert left(cache) == [] and capsys.readouterr() == ("", "")
    assert len(corpora.reviews().texts) == 6_000
    server.trouble = ""  # the next attempt starts afresh
    assert len(corpora.imdb(download=True).texts) == 2 * len(TEXTS)
    assert left(cache) == ["imdb.txt"]


def test_no_network_at_all(server, cache, monkeypatch, capsys):
    with socket.socket() as free:  # bound but not listening: every connection is refused
        free.bind(("127.0.0.1", 0))
        monkeypatch.setattr(downloaded, "KERAS", f"http://127.0.0.1:{free.getsockname()[1]}/")
        with pytest.raises(ConnectionError, match=f"there is no connection.*{COMMAND}"):
            corpora.imdb(download=True)
    monkeypatch.setattr(downloaded, "KERAS", "http://no-such-host.invalid/")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(OSError())
    )
    with pytest.raises(ConnectionError, match=f"there is no connection.*{COMMAND}"):
        corpora.imdb(download=True)
    assert left(cache) == [] and capsys.readouterr() == ("", "")
    assert len(corpora.reviews().texts) == 6_000


def test_a_full_disk_is_named(server, cache, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloaded.pooch, "retrieve", full)
    with pytest.raises(ConnectionError, match=f"No space left on device.*{COMMAND}"):
        corpora.imdb(download=True)
    assert left(cache) == []


def test_an_interrupted_download_leaves_nothing(server, cache, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        corpora.imdb(download=True)
    assert left(cache) == []


class Malice:
    """What unpickling this does: it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("expected", [False, True])
def test_a_pickle_with_another_checksum_is_never_opened(server, cache, tmp_path, expected):
    trap = tmp_path / "trap"
    file = io.BytesIO()
    values = np.array([Malice(str(trap))], object)
    np.savez(file, x_train=values, y_train=[1], x_test=values, y_test=[1])
    server.files["imdb.npz"] = file.getvalue()
    if expected:  # shows that the trap works: with the right checksum it snaps
        downloaded.DOWNLOADS["imdb.npz"] = digests(server.files)["imdb.npz"]
        with pytest.raises(TypeError):
            corpora.imdb(download=True)
    else:
        with pytest.raises(ConnectionError, match="SHA-256 differs"):
            corpora.imdb(download=True)
    assert trap.exists() == expected
    assert left(cache) == []


def test_a_damaged_file_is_set_aside_and_downloaded_again(server, cache, capsys):
    corpus = corpora.imdb(download=True)
    path = cache / "imdb.txt"
    good = path.read_bytes()
    path.write_bytes(bad := good[:-9])
    with pytest.raises(FileNotFoundError, match=COMMAND):
        corpora.imdb()
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and f"{path} was damaged" in out and "imdb.damaged" in out
    assert left(cache) == ["imdb.damaged"] and (cache / "imdb.damaged").read_bytes() == bad
    assert corpora.imdb(download=True) == corpus and path.read_bytes() == good


@pytest.mark.parametrize("watched", [True, False])
def test_the_bar_of_a_download_shows_in_a_notebook_but_not_in_a_log(
    server, cache, watched, monkeypatch
):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    done = run(
        "-c", patched("downloaded.imdb(download=True)", "ipykernel" if watched else "x")
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert ("imdb.npz" in done.stderr) == watched
    assert (done.stderr.splitlines() or [""])[-1].strip() == ""  # nothing is left to see


# ---- the command


@pytest.fixture
def parsed(cache):
    """The cache folder with the parsed corpora in it, which would take long to build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(settings.CACHE_VARIABLE)
        corpora.wikipedia()
        corpora.docstrings()
        source = settings.cache_folder()
    cache.mkdir(parents=True)
    for name in ("wikipedia.txt", "docstrings.txt"):
        shutil.copy(source / name, cache)
    return cache


def test_the_command_gets_everything(server, parsed):
    code = patched("from helpers.corpora.__main__ import main\nmain(['fetch'])")
    done = run("-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert names == ["wikipedia", "docstrings", "imdb", "imdb genres"]
    assert left(parsed) == ["docstrings.txt", "imdb.txt", "imdb_genres.txt", "wikipedia.txt"]
    server.asked.clear()
    assert run("-c", code).stdout == done.stdout and server.asked == []


def test_the_command_fails_with_one_line_and_still_parses(parsed):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
        proxies = dict.fromkeys(
            ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), nowhere
        )
        done = run("-m", "helpers.corpora", "fetch", NO_PROXY="", no_proxy="", **proxies)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and COMMAND in done.stderr
    assert "imdb.npz could not be downloaded: there is no connection" in done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "wikipedia",
        "docstrings",
    ]
    assert left(parsed) == ["docstrings.txt", "wikipedia.txt"]


def test_the_command_says_how_it_is_used(cache):
    done = run("-m", "helpers.corpora")
    assert done.returncode == 1
    assert done.stderr == "Usage: python -m helpers.corpora fetch\n"


# ---- the real size, with stand-ins


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """IMDB and the choice from it, made in a folder of its own from files of real size."""
    if not STANDINS:
        pytest.skip("COURSE_STANDINS names no folder with imdb.npz and imdb_word_index.json")
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("full")
        patch.setenv(settings.CACHE_VARIABLE, str(folder))
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("COURSE_DATA", "full")
        handler = functools.partial(SimpleHTTPRequestHandler, directory=STANDINS)
        patch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
        server = stack.enter_context(running(ThreadingHTTPServer(("127.0.0.1", 0), handler)))
        patch.setattr(downloaded, "KERAS", f"http://127.0.0.1:{server.server_port}/")
        contents = {
            name: (Path(STANDINS) / name).read_bytes() for name in downloaded.DOWNLOADS
        }
        patch.setattr(downloaded, "DOWNLOADS", digests(contents))
        corpus = corpora.imdb(download=True)
        yield corpus, corpora.opinions(), folder


def test_card_of_imdb(full):
    corpus = full[0]
    halves = {"train": [], "test": []}
    for split, tokens in zip(corpus.labels["split"], corpus.texts, strict=True):
        halves[split].append(" ".join(tokens))
    assert Counter(zip(*corpus.labels.values(), strict=True)) == {
        (side, split): 12_500 for side in ("positive", "negative") for split in halves
    }
    known = set(halves["train"])
    measured = {
        "reviews": len(corpus.texts),
        **sizes(corpus),
        "tokens of the training half": sum(text.count(" ") + 1 for text in halves["train"]),
        "tokens of the test half": sum(text.count(" ") + 1 for text in halves["test"]),
        "tokens of the longest review": max(map(len, corpus.texts)),
        "different texts": len(known | set(halves["test"])),
        "texts that occur in both halves": len(known & set(halves["test"])),
    }
    compare("imdb", measured)
    assert set(table_of("imdb")) == set(measured)


def test_card_of_imdb_genres(full):
    _, corpus, _ = full
    lexicon = corpus.lexicon
    groups = Counter(zip(corpus.labels["topic"], corpus.labels["sentiment"], strict=True))
    assert {topic for topic, _ in groups} == set(corpora.GENRES)
    assert all(groups[topic, "positive"] == groups[topic, "negative"] for topic, _ in groups)
    counts = Counter(token for text in corpus.texts for token in text)
    assert not counts.keys() & set(" ".join(corpora.GENRES.values()).split())
    assert min(counts[word] for word in lexicon["word"]) >= 15
    assert len({" ".join(tokens) for tokens in corpus.texts}) == len(corpus.texts)
    measured = {
        "reviews": len(corpus.texts),
        **sizes(corpus),
        "occurrences of the rarest word of the lexicon": min(
            counts[word] for word in lexicon["word"]
        ),
    }
    for topic in corpora.GENRES:
        measured[f"reviews of {topic}"] = 2 * groups[topic, "positive"]
    for word in ("good", "bad"):
        measured[f'occurrences of "{word}"'] = counts[word]
    covered = sum(counts[word] for word in lexicon["word"]) / counts.total()
    measured["share of tokens that are in the lexicon"] = f"{covered:.2f}"
    bags = CountVectorizer(analyzer=list).fit_transform(corpus.texts)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    for kind, labels in corpus.labels.items():
        accuracy = cross_val_score(MultinomialNB(), bags, labels, cv=folds).mean()
        measured[f"accuracy of bag of words, {kind}"] = f"{accuracy:.2f}"
    compare("imdb genres", measured)


def test_loading_imdb_takes_little_memory(full):
    if not sys.platform.startswith("linux"):
        pytest.skip("the peak is read from /proc")
    code = (
        "from helpers import corpora; corpora.imdb(); print(open('/proc/self/status').read())"
    )
    done = run("-c", code, **{settings.CACHE_VARIABLE: str(full[-1])})
    assert int(re.search(r"VmHWM:\s+(\d+) kB", done.stdout)[1]) / 1024 < 500, done.stderr
