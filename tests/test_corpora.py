"""The course's texts: their form, their cache, and what is said when something is wrong."""

import bz2
import json
import multiprocessing
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from importlib import metadata, util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import corpora
from helpers.corpora import Corpus

STAMP = {"parser": "1", "somelib": "2.0"}
FAKE = Corpus(
    "fake", [["naïve", "🐈", "a"], [], ["a"]], {"kind": ["x", "y", "x"]}, "here", "CC0"
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", str(tmp_path))
    folder = corpora.cache_folder()
    assert folder.is_relative_to(tmp_path)
    return folder


class Builder:
    """Stands for a parser, and counts how often it had to work."""

    def __init__(self):
        self.calls = 0

    def __call__(self) -> Corpus:
        self.calls += 1
        return FAKE


def refuse(*args, **kwargs):
    raise AssertionError("the corpora must not touch the network")


# ---- the corpora themselves


@pytest.mark.parametrize("name", ["wikipedia", "docstrings", "reviews", "toy"])
def test_form_and_one_line(name, monkeypatch):
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("COURSE_DATA", "bundled")
    corpus = corpora.load(name)
    assert corpus.name == name
    assert corpus.sentences and all(corpus.sentences)
    assert all(len(values) == len(corpus.sentences) for values in corpus.labels.values())
    assert max(map(len, corpus.sentences)) <= 10_000  # gensim cuts what is longer, in silence
    line = str(corpus)
    assert line == repr(corpus) == str(corpora.load(name))
    assert "\n" not in line and str(Path.home()) not in line and len(line) < 400
    assert line.startswith(f"{name}: {len(corpus.sentences):,} texts, ")
    assert corpus.license in line and "COURSE_DATA=bundled" in line


def test_wikipedia():
    corpus = corpora.wikipedia()
    assert len(set(corpus.labels["title"])) == 106
    assert sum(map(len, corpus.sentences)) > 440_000
    assert metadata.version("gensim") in corpus.source


def test_wikipedia_dump_is_older_than_the_license_we_name():
    """Wikipedia's text is CC BY-SA 4.0 since June 2023; the bundled dump is from 2016."""
    from gensim.test.utils import datapath

    dump = datapath("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2")
    with bz2.open(dump, "rt", encoding="utf-8") as file:
        assert max(re.findall(r"<timestamp>(.{7})", file.read())) == "2016-05"


def test_docstrings():
    corpus = corpora.docstrings()
    libraries = corpus.labels["library"]
    assert list(dict.fromkeys(libraries)) == list(corpora.LIBRARIES)
    assert sum(map(len, corpus.sentences)) > 1_800_000
    assert all(libraries.count(library) > 1_000 for library in corpora.LIBRARIES)
    entries = [(a, *b) for a, b in zip(libraries, corpus.sentences, strict=True)]
    assert len(set(entries)) == len(entries)
    # One string object per word, or two million tokens would take 120 MB.
    tokens = [token for sentence in corpus.sentences for token in sentence]
    assert len(set(map(id, tokens))) == len(set(tokens))


def test_docstrings_are_read_without_importing_the_libraries(cache, tmp_path):
    code = (
        "import sys; from helpers import corpora; corpora._docstrings_in = lambda file: [file.name]"
        "; c = corpora.docstrings(); print(len(c.sentences)); loaded = {'numpy', 'scipy', 'pandas',"
        " 'sklearn', 'matplotlib', 'keras', 'tensorflow'} & set(sys.modules); sys.exit(str(loaded)"
        " if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1_000 and done.stderr == ""


def test_docstrings_in_a_file(tmp_path):
    source = tmp_path / "module.py"
    source.write_text(
        '"""Module."""\nclass A:\n    "Class."\n    async def f(self):\n'
        '        """A \\d escape."""\n'
        'x = """No docstring."""\nadd_newdoc("m", "f", """\n    Compiled.\n""")\n'
        'core.add_newdoc("m", "A", ("attribute", """\n    Nested.\n"""))\n',
        encoding="utf-8",
    )
    found = [" ".join(corpora.words(text)) for text in corpora._docstrings_in(source)]
    assert sorted(filter(None, found)) == [
        "a d escape",
        "class",
        "compiled",
        "module",
        "nested",
    ]


def card(name: str) -> dict[str, str]:
    """The measures on the data card of a corpus."""
    text = (corpora.DATASETS / "README.md").read_text("utf-8")
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| (.+) \| ([\d,]+) \|$", section, re.M))


def sizes(corpus: Corpus) -> dict[str, int]:
    counts = Counter(token for sentence in corpus.sentences for token in sentence)
    return {
        "tokens": counts.total(),
        "distinct words": len(counts),
        "words seen five times or more": sum(count >= 5 for count in counts.values()),
    }


def test_card_of_wikipedia():
    from gensim.test.utils import datapath

    corpus = corpora.wikipedia()
    articles = Counter()
    for title, sentence in zip(corpus.labels["title"], corpus.sentences, strict=True):
        articles[title] += len(sentence)
    counts = Counter(token for sentence in corpus.sentences for token in sentence)
    pairs = Path(datapath("wordsim353.tsv")).read_text("utf-8").lower().splitlines()
    pairs = [line.split("\t")[:2] for line in pairs if not line.startswith("#")]
    measured = sizes(corpus) | {
        "articles": len(articles),
        "sections": len(corpus.sentences),
        "tokens of the longest section": max(map(len, corpus.sentences)),
        "articles of more than 10,000 tokens": sum(n > 10_000 for n in articles.values()),
        "tokens past the 10,000th of their article": sum(
            max(0, n - 10_000) for n in articles.values()
        ),
        "pairs of WordSim-353 with both words seen five times or more": sum(
            min(counts[a], counts[b]) >= 5 for a, b in pairs
        ),
    }
    assert card("wikipedia") == {name: f"{value:,}" for name, value in measured.items()}
    assert sum(title.startswith("A") for title in articles) == 98


def test_card_of_docstrings():
    corpus = corpora.docstrings()
    versions = corpus.source.removeprefix("the installed ")
    if f"\nThe numbers are those of {versions};" not in (
        corpora.DATASETS / "README.md"
    ).read_text("utf-8"):
        pytest.skip(f"the card was written for other versions than {versions}")
    if not (Path(util.find_spec("numpy").origin).parent / "distutils").is_dir():
        pytest.skip("the card was written with Python 3.11, whose NumPy still has distutils")
    tokens = Counter()
    for library, sentence in zip(corpus.labels["library"], corpus.sentences, strict=True):
        tokens[f"tokens of {library}"] += len(sentence)
    measured = sizes(corpus) | {
        "docstrings": len(corpus.sentences),
        "tokens of the longest docstring": max(map(len, corpus.sentences)),
    }
    measured |= tokens
    assert card("docstrings") == {name: f"{value:,}" for name, value in measured.items()}


def test_a_cold_build_gives_what_is_cached(tmp_path, monkeypatch):
    """If this fails after a change of a parser: change `corpora.PARSER` too."""
    wikipedia, docstrings = corpora.wikipedia(), corpora.docstrings()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", str(tmp_path))
    assert corpora.wikipedia() == wikipedia
    # One library stands for all six, which would take ten seconds.
    monkeypatch.setattr(corpora, "LIBRARIES", ("numpy",))
    numpy = corpora.docstrings()
    assert numpy.sentences == docstrings.sentences[: len(numpy.sentences)]
    assert numpy.labels["library"] == ["numpy"] * docstrings.labels["library"].count("numpy")


def test_reviews_and_lexicon_agree():
    corpus, lexicon = corpora.reviews(), corpora.reviews_lexicon()
    assert list(lexicon.columns)[:4] == ["word", "role", "topic", "polarity"]
    assert not lexicon.isna().any(axis=None)
    assert set().union(*corpus.sentences) <= set(lexicon["word"])
    assert set(corpus.labels) == {"sentiment", "topic"}


def test_words():
    text = "The n_samples, x[0]: don't.\n"
    assert corpora.words(text) == ["the", "n", "samples", "x", "don", "t"]


def test_labels_of_another_length_are_refused():
    with pytest.raises(ValueError, match="1 topic labels for 2 sentences"):
        Corpus("mine", [["a"], ["b"]], {"topic": ["x"]}, "here", "CC0")


# ---- names, the data switch, missing files


@pytest.mark.parametrize(
    "name, near", [("wikipdia", "wikipedia"), ("docstring", "docstrings")]
)
def test_unknown_name_suggests_the_nearest(name, near):
    with pytest.raises(
        ValueError, match=f"'{name}'.*mean '{near}'.*wikipedia, docstrings, rev"
    ):
        corpora.load(name)


@pytest.mark.parametrize("name", ["zzz", "", None, 3, ["zzz"]])
def test_unknown_name_lists_what_there_is(name):
    with pytest.raises(
        ValueError, match="There are: wikipedia, docstrings, reviews, toy"
    ) as error:
        corpora.load(name)
    assert repr(name) in str(error.value) and "mean" not in str(error.value)


def test_data_choice(cache, monkeypatch):
    for value in ("bundled", "full"):
        monkeypatch.setenv("COURSE_DATA", value)
        assert corpora.data_choice() == value
    monkeypatch.setenv("COURSE_DATA", "ful")
    with pytest.raises(ValueError, match=r"COURSE_DATA='ful'.*bundled.*full.*unset"):
        corpora.data_choice()
    for unset in (lambda: monkeypatch.setenv("COURSE_DATA", ""), monkeypatch.undo):
        unset()
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(corpora, "_downloaded", lambda: False)
    assert corpora.data_choice() == "bundled"
    monkeypatch.setattr(corpora, "_downloaded", lambda: True)
    assert corpora.data_choice() == "full"


def test_missing_or_strange_dataset_files(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora, "DATASETS", tmp_path)
    for name, reader in [
        ("reviews.tsv", corpora.reviews),
        ("reviews_lexicon.csv", corpora.reviews_lexicon),
        ("toy.txt", corpora.toy),
    ]:
        with pytest.raises(
            FileNotFoundError, match=f"datasets/{name} is missing.*git checkout"
        ):
            reader()
    for text in ("text\ngood\n", "sentiment\ttopic\ttext\npositive\tgood\n"):
        (tmp_path / "reviews.tsv").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"reviews\.tsv needs columns.*git checkout"):
            corpora.reviews()
    # A byte of another encoding, quotes, and words that pandas would take for missing values.
    (tmp_path / "reviews_lexicon.csv").write_text("word,role,topic,polarity\nnull,noun,,\n")
    assert corpora.reviews_lexicon().iloc[0].tolist() == ["null", "noun", "", ""]
    row = 'sentiment\ttopic\ttext\npositive\tfilm\t"Great", I said.\n'
    (tmp_path / "reviews.tsv").write_text(row, encoding="utf-8")
    assert corpora.reviews().sentences == [["great", "i", "said"]]


# ---- the cache


def test_second_load_reads_the_cache(cache, capsys):
    build = Builder()
    for _ in range(3):
        assert corpora._cached("fake", STAMP, build) == FAKE
    assert build.calls == 1
    assert [file.name for file in cache.iterdir()] == ["fake.txt"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "stamp", [{"parser": "2", "somelib": "2.0"}, STAMP | {"somelib": "2.1"}]
)
def test_another_version_builds_again(cache, stamp, capsys):
    build = Builder()
    for now in (STAMP, stamp, stamp):
        assert corpora._cached("fake", now, build) == FAKE
    assert build.calls == 2
    assert capsys.readouterr() == ("", "")


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
def test_damaged_file_is_set_aside_and_built_again(cache, kind, capsys):
    build = Builder()
    corpora._cached("fake", STAMP, build)
    path = cache / "fake.txt"
    good = path.read_bytes()
    path.write_bytes(bad := DAMAGE[kind](good))
    assert bad != good
    assert corpora._cached("fake", STAMP, build) == FAKE
    assert build.calls == 2
    assert path.read_bytes() == good
    assert path.with_suffix(".damaged").read_bytes() == bad
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and str(path) in out and "damaged" in out and err == ""
    corpora._cached("fake", STAMP, build)
    assert build.calls == 2 and capsys.readouterr() == ("", "")


def spoil(what: str, cache: Path, monkeypatch) -> None:
    """Make the cache folder impossible to write."""
    if what == "a file where the folder should be":
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text("in the way")
    elif what == "no permission":
        cache.mkdir(parents=True)
        cache.chmod(0o500)
        if os.access(cache, os.W_OK):
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
def test_unwritable_folder_still_gives_the_corpus(cache, what, monkeypatch, capsys):
    spoil(what, cache, monkeypatch)
    assert corpora._cached("fake", STAMP, Builder()) == FAKE
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and str(cache) in out and "XDG_CACHE_HOME" in out and err == ""
    assert not cache.is_dir() or not list(cache.iterdir())  # nothing half-written stays


def test_interrupted_write_leaves_the_old_file(cache, monkeypatch):
    corpora._cached("fake", STAMP, Builder())
    before = (cache / "fake.txt").read_bytes()

    def interrupt(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        corpora._cached("fake", STAMP | {"somelib": "3"}, Builder())
    assert [file.name for file in cache.iterdir()] == ["fake.txt"]
    assert (cache / "fake.txt").read_bytes() == before


def write_often(times: int) -> None:
    for i in range(times):
        assert corpora._cached("fake", STAMP | {"somelib": str(i % 2)}, Builder()) == FAKE


def test_two_writers_at_once(cache):
    """Two kernels that rebuild one file in turns: never an error, never a damaged file."""
    context = multiprocessing.get_context("spawn")
    kernels = [context.Process(target=write_often, args=(100,)) for _ in range(2)]
    for kernel in kernels:
        kernel.start()
    for kernel in kernels:
        kernel.join(60)
    assert [kernel.exitcode for kernel in kernels] == [0, 0]
    assert [file.name for file in cache.iterdir()] == ["fake.txt"]


tokens = st.text(min_size=1).filter(lambda token: token.split() == [token])


@given(st.lists(st.tuples(st.lists(tokens), st.text())), st.text(), st.text())
def test_cache_keeps_every_corpus_as_it_is(texts, source, name):
    sentences, labels = [text for text, _ in texts], [label for _, label in texts]
    corpus = Corpus(name, sentences, {"kind": labels}, source, "CC0")
    content = corpora._encode(corpus, STAMP)
    assert corpora._decode(content, STAMP) == corpus
    assert corpora._decode(content, STAMP | {"somelib": "9"}) is None
    json.loads(content.split(b"\n")[1])


@given(st.sampled_from(" \t\n\r\x0b\x0c\x1c\x85\xa0\u2028\u3000"), st.text(), st.text())
def test_tokens_with_white_space_are_refused(space, before, after):
    corpus = Corpus("bad", [["fine"], [before + space + after]], {}, "here", "CC0")
    with pytest.raises(ValueError, match="no token may be empty or hold white space"):
        corpora._encode(corpus, STAMP)


def test_empty_token_is_refused():
    with pytest.raises(ValueError, match="as '' does"):
        corpora._encode(Corpus("bad", [[""]], {}, "here", "CC0"), STAMP)


# ---- the progress bar


@pytest.mark.parametrize(
    "kernel, disable, bar", [(True, None, True), (True, "1", False), (False, None, False)]
)
def test_bar_shows_in_a_notebook_but_not_in_a_log(kernel, disable, bar):
    code = (
        f"import sys; sys.modules.update({{'ipykernel': sys}} if {kernel} else {{}}); "
        "from helpers import corpora; print(list(corpora._progress(range(3), 'fake')))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"}
    environment |= {"TQDM_DISABLE": disable} if disable else {}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert done.stdout.split() == [b"[0,", b"1,", b"2]"]
    assert (b"fake" in done.stderr) == bar
    assert done.stderr.rstrip(b"\r").split(b"\r")[-1].strip() == b""  # nothing is left to see


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(corpora, "LIBRARIES", ("numpy", "no-such-library"))
    with pytest.raises(
        ModuleNotFoundError, match="no-such-library is not installed: run `make lab`"
    ):
        corpora.docstrings()
