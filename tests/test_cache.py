"""The cache of parsed corpora: read once, never half, set aside when damaged."""

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import settings
from helpers.corpora import Corpus, cache
from helpers.corpora.cache import cached, decode, encode

STAMP = {"somelib": "2.0"}
TEXTS = [["naïve", "🐈", "a"], [], ["a"]]
FAKE = Corpus("fake", TEXTS, {"kind": ["x", "y", "x"]}, "here", "CC0")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder of the test's own."""
    monkeypatch.setenv(settings.CACHE_VARIABLE, str(tmp_path))
    assert settings.cache_folder().is_relative_to(tmp_path)
    return settings.cache_folder()


class Builder:
    """Stands for a parser, and counts how often it had to work."""

    def __init__(self):
        self.calls = 0

    def __call__(self) -> Corpus:
        self.calls += 1
        return FAKE


def test_second_load_reads_the_cache(folder, capsys):
    build = Builder()
    for _ in range(3):
        corpus = cached("fake", STAMP, build)
        assert corpus == FAKE and corpus.fingerprint == FAKE.fingerprint
    assert build.calls == 1
    assert [file.name for file in folder.iterdir()] == ["fake.txt"]
    assert capsys.readouterr() == ("", "")


def test_the_fingerprint_is_read_and_not_computed_again(folder):
    content = encode(FAKE, STAMP).replace(FAKE.fingerprint.encode(), b"0123456789ab")
    body = content.partition(b"\n")[2]
    content = cache.hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    assert decode(content, STAMP).fingerprint == "0123456789ab"


def test_another_version_of_a_library_builds_again(folder, capsys):
    build = Builder()
    for stamp in (STAMP, {"somelib": "2.1"}, {"somelib": "2.1"}):
        assert cached("fake", stamp, build) == FAKE
    assert build.calls == 2
    assert capsys.readouterr() == ("", "")


def test_another_parser_builds_again(folder, monkeypatch):
    build = Builder()
    cached("fake", {}, build)
    monkeypatch.setattr(cache, "PARSER", "changed")
    cached("fake", {}, build)
    assert build.calls == 2


def test_a_file_with_other_fields_is_built_again(folder, capsys):
    """Another version of the course wrote it, and nobody thought of `PARSER`."""
    build = Builder()
    cached("fake", STAMP, build)
    path = folder / "fake.txt"
    good = path.read_bytes()
    fields = json.loads(good.split(b"\n")[1])
    for other in (fields | {"language": "en"}, {"name": "fake"}, {"stamp": fields["stamp"]}):
        body = json.dumps(other).encode()
        path.write_bytes(cache.hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        assert cached("fake", STAMP, build) == FAKE
        assert path.read_bytes() == good
    assert build.calls == 4 and capsys.readouterr() == ("", "")


DAMAGE = {
    "truncated": lambda content: content[:-10],
    "a bit of the text": lambda content: content[:-10] + b"z" + content[-9:],
    "a bit of the checksum": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "garbage": lambda content: os.urandom(len(content)),
    "not UTF-8": lambda content: b"\xff" * 100,
    "empty": lambda content: b"",
    "only the checksum": lambda content: content[:65],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_file_is_set_aside_and_built_again(folder, kind, capsys):
    build = Builder()
    cached("fake", STAMP, build)
    path = folder / "fake.txt"
    good = path.read_bytes()
    bad = DAMAGE[kind](good)
    path.write_bytes(bad)
    assert bad != good
    assert cached("fake", STAMP, build) == FAKE
    assert build.calls == 2
    assert path.read_bytes() == good
    assert path.with_suffix(".damaged").read_bytes() == bad
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and str(path) in out and "damaged" in out and err == ""
    cached("fake", STAMP, build)
    assert build.calls == 2 and capsys.readouterr() == ("", "")


def spoil(what: str, folder: Path, monkeypatch) -> None:
    """Make the cache folder impossible to write."""
    if what == "a file where the folder should be":
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_text("in the way")
    elif what == "no permission":
        folder.mkdir(parents=True)
        folder.chmod(0o500)
        if os.access(folder, os.W_OK):
            pytest.skip("this user may write everywhere")
    else:

        def full(self, content):
            with self.open("wb") as file:
                file.write(content[:5])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)


@pytest.mark.parametrize(
    "what", ["a file where the folder should be", "no permission", "disk full"]
)
def test_unwritable_folder_still_gives_the_corpus(folder, what, monkeypatch, capsys):
    spoil(what, folder, monkeypatch)
    assert cached("fake", STAMP, Builder()) == FAKE
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and str(folder) in out and err == ""
    assert settings.CACHE_VARIABLE in out
    assert not folder.is_dir() or not list(folder.iterdir())  # nothing half-written stays


def write_often(times: int) -> None:
    for i in range(times):
        assert cached("fake", {"somelib": str(i % 2)}, Builder()) == FAKE


def test_two_writers_at_once(folder):
    """Two kernels that rebuild one file in turns: never an error, never a damaged file."""
    context = multiprocessing.get_context("spawn")
    kernels = [context.Process(target=write_often, args=(100,)) for _ in range(2)]
    for kernel in kernels:
        kernel.start()
    for kernel in kernels:
        kernel.join(60)
    assert [kernel.exitcode for kernel in kernels] == [0, 0]
    assert [file.name for file in folder.iterdir()] == ["fake.txt"]


words = st.text(min_size=1).filter(lambda word: word.split() == [word])


@given(st.lists(st.tuples(st.lists(words), st.text())), st.text(), st.text())
def test_cache_keeps_every_corpus_as_it_is(labeled, source, name):
    texts, labels = [text for text, _ in labeled], [label for _, label in labeled]
    corpus = Corpus(name, texts, {"kind": labels}, source, "CC0")
    content = encode(corpus, STAMP)
    assert decode(content, STAMP) == corpus
    assert decode(content, STAMP | {"somelib": "9"}) is None
    json.loads(content.split(b"\n")[1])


@given(st.sampled_from(" \t\n\r\x0b\x0c\x1c\x85\xa0\u2028\u3000"), st.text(), st.text())
def test_words_with_white_space_are_refused(space, before, after):
    corpus = Corpus("bad", [["fine"], [before + space + after]], {}, "here", "CC0")
    with pytest.raises(ValueError, match="no word may be empty or hold white space"):
        encode(corpus, STAMP)


def test_empty_word_is_refused():
    with pytest.raises(ValueError, match="as '' does"):
        encode(Corpus("bad", [[""]], {}, "here", "CC0"), STAMP)


# ---- the progress bar


@pytest.mark.parametrize(
    ("kernel", "disable", "bar"),
    [(True, None, True), (True, "1", False), (False, None, False)],
)
def test_bar_shows_in_a_notebook_but_not_in_a_log(kernel, disable, bar):
    code = "import sys\n"
    if kernel:
        code += "sys.modules['ipykernel'] = sys\n"
    code += "from helpers.corpora.cache import progress\n"
    code += "print(list(progress(range(3), 'fake')))\n"
    environment = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"}
    environment |= {"TQDM_DISABLE": disable} if disable else {}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert done.stdout.split() == [b"[0,", b"1,", b"2]"]
    assert (b"fake" in done.stderr) == bar
    assert done.stderr.rstrip(b"\r").split(b"\r")[-1].strip() == b""  # nothing is left to see
