"""The course's texts: their form, their cards, one's own text, and what is said of errors."""

import bz2
import csv
import re
import socket
import subprocess
import sys
from collections import Counter
from importlib import metadata, util
from pathlib import Path

import pytest
from cards import card, compare, sizes, table_of
from gensim.test.utils import datapath

from helpers import claims, corpora, settings
from helpers.corpora import Corpus, bundled, cache, downloaded, installed
from helpers.corpora.corpus import read_lexicon
from helpers.vocabulary import tokenize

DUMP = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
TOPICS = ("film", "hotel")


def refuse(*args, **kwargs):
    raise AssertionError("the corpora must not touch the network")


@pytest.fixture
def noted(monkeypatch):
    """What the claims are told about the corpora in use."""
    seen = []
    monkeypatch.setattr(claims, "note_corpus", lambda *args: seen.append(args))
    return seen


# ---- the corpora themselves


@pytest.mark.parametrize("name", ["wikipedia", "docstrings", "reviews", "toy"])
def test_form_and_one_line(name, monkeypatch):
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    corpus = corpora.load(name)
    assert corpus.name == name
    assert corpus.texts and all(corpus.texts)
    assert max(map(len, corpus.texts)) <= 10_000  # gensim cuts what is longer, in silence
    line = str(corpus)
    assert line == repr(corpus) == str(corpora.load(name))
    assert "\n" not in line and str(Path.home()) not in line and len(line) < 400
    assert line.startswith(f"{name}: {len(corpus.texts):,} texts, ")
    assert corpus.license in line


def test_wikipedia():
    corpus = corpora.wikipedia()
    assert len(set(corpus.labels["title"])) == 106
    assert sum(map(len, corpus.texts)) > 440_000
    assert metadata.version("gensim") in corpus.source


def test_wikipedia_dump_is_older_than_the_license_we_name():
    """Wikipedia's text is CC BY-SA 4.0 since June 2023; the bundled dump is from 2016."""
    with bz2.open(datapath(DUMP), "rt", encoding="utf-8") as file:
        assert max(re.findall(r"<timestamp>(.{7})", file.read())) == "2016-05"


def test_docstrings():
    corpus = corpora.docstrings()
    libraries = corpus.labels["library"]
    assert list(dict.fromkeys(libraries)) == list(corpora.LIBRARIES)
    assert sum(map(len, corpus.texts)) > 1_800_000
    assert all(libraries.count(library) > 1_000 for library in corpora.LIBRARIES)
    entries = [(a, *b) for a, b in zip(libraries, corpus.texts, strict=True)]
    assert len(set(entries)) == len(entries)
    # One string object per word, or two million words would take 120 MB.
    words = [word for text in corpus.texts for word in text]
    assert len(set(map(id, words))) == len(set(words))


def test_docstrings_are_the_same_for_every_python():
    """NumPy's package for Python 3.11 has `distutils`, those for later versions have not."""
    files = [path for name in corpora.LIBRARIES for path in installed.source_files(name)]
    assert len(files) > 1_000
    assert not [path for path in files if {"distutils", "tests"} & set(path.parts)]


def test_docstrings_are_read_without_importing_the_libraries(tmp_path):
    code = (
        "import sys\n"
        "from helpers.corpora import installed\n"
        "installed.docstrings_in = lambda file: [('module', file.name)]\n"
        "print(len(installed.docstrings().texts))\n"
        "unwanted = {'scipy', 'pandas', 'sklearn', 'matplotlib', 'keras', 'tensorflow'}\n"
        "loaded = unwanted & set(sys.modules)\n"
        "sys.exit(str(loaded) if loaded else 0)\n"
    )
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    if sys.platform == "win32":
        pytest.skip("the environment of a new process needs more here")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 900 and done.stderr == ""


def test_docstrings_in_a_file(tmp_path):
    source = tmp_path / "module.py"
    source.write_text(
        '"""Module."""\nclass A:\n    "Class."\n    async def f(self):\n'
        '        """A \\d escape."""\n'
        '    class B:\n        "Inner."\ndef g():\n    "Function."\n'
        'x = """No docstring."""\nadd_newdoc("m", "f", """\n    Compiled.\n""")\n'
        'core.add_newdoc("m", "A", ("attribute", """\n    Nested.\n"""))\n'
        'print("""\n    Printed.\n""")\nfunctions["f"]("""\n    Called.\n""")\n',
        encoding="utf-8",
    )
    found = {}
    for kind, text in installed.docstrings_in(source):
        found[" ".join(tokenize(text))] = kind
    kinds = {"module": "module", "class": "class", "inner": "class", "a d escape": "method"}
    kinds |= {"function": "function", "compiled": "compiled", "nested": "compiled"}
    assert found == kinds


def test_a_cold_build_gives_what_is_cached(tmp_path, monkeypatch):
    """If this fails after a change of a parser: change `cache.PARSER` too."""
    wikipedia, docstrings = corpora.wikipedia(), corpora.docstrings()
    monkeypatch.setenv(settings.CACHE_VARIABLE, str(tmp_path))
    assert corpora.wikipedia() == wikipedia
    # One library stands for all six, which would take ten seconds.
    monkeypatch.setattr(installed, "LIBRARIES", ("numpy",))
    numpy = corpora.docstrings()
    assert numpy.texts == docstrings.texts[: len(numpy.texts)]
    assert numpy.labels["library"] == ["numpy"] * docstrings.labels["library"].count("numpy")


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(installed, "LIBRARIES", ("numpy", "no-such-library"))
    with pytest.raises(
        ModuleNotFoundError, match=r"no-such-library is not .*`make lab`, which renews"
    ):
        corpora.docstrings()


# ---- labels that belong to their texts


def test_positive_reviews_hold_more_positive_words():
    corpus = corpora.reviews()
    sign = {}
    for positive, negative in corpus.opposites:
        sign[positive], sign[negative] = 1, -1
    total = Counter()
    for text, side in zip(corpus.texts, corpus.labels["sentiment"], strict=True):
        total[side] += sum(sign.get(word, 0) for word in text)
    assert set(total) == {"positive", "negative"}
    assert total["positive"] > 3_000 and total["negative"] < -3_000


def test_a_review_holds_words_of_its_own_topic_only():
    corpus = corpora.reviews()
    topic_of = dict(zip(corpus.lexicon["word"], corpus.lexicon["topic"], strict=True))
    own = 0
    for text, topic in zip(corpus.texts, corpus.labels["topic"], strict=True):
        topics = {topic_of[word] for word in text} - {"general"}
        assert topics <= {topic}
        own += bool(topics)
    assert own == len(corpus.texts)


def test_the_library_of_a_docstring_is_its_own():
    corpus = corpora.docstrings()
    mentions = Counter()
    for text, library in zip(corpus.texts, corpus.labels["library"], strict=True):
        for name in ("numpy", "pandas", "scipy", "keras"):
            mentions[name, library] += name in text
    for name in ("pandas", "scipy", "keras"):
        others = [mentions[name, library] for library in corpora.LIBRARIES if library != name]
        assert mentions[name, name] > max(others)


def test_a_section_is_labeled_with_its_article():
    corpus = corpora.wikipedia()
    for title, word in [("Albedo", "albedo"), ("Anarchism", "anarchism")]:
        inside, outside = 0, 0
        for text, its_title in zip(corpus.texts, corpus.labels["title"], strict=True):
            if its_title == title:
                inside += text.count(word)
            else:
                outside += text.count(word)
        assert inside > 20 and inside > 5 * outside


def test_every_line_of_the_toy_is_there_to_the_last():
    lines = (settings.DATASETS / "toy.txt").read_text("utf-8").splitlines()
    texts = corpora.toy().texts
    assert [" ".join(text) for text in texts] == lines
    assert len(texts) == 60


def test_reviews_and_lexicon_agree():
    corpus = corpora.reviews()
    assert list(corpus.lexicon.columns)[:5] == [
        "word",
        "role",
        "topic",
        "polarity",
        "opposite",
    ]
    assert not corpus.lexicon.isna().any(axis=None)
    assert set().union(*corpus.texts) <= set(corpus.lexicon["word"])
    assert corpus.pair == ("good", "bad") and corpus.pair in corpus.opposites
    polarity = dict(zip(corpus.lexicon["word"], corpus.lexicon["polarity"], strict=True))
    assert {polarity[word] for word, _ in corpus.opposites} == {"positive"}
    assert {polarity[word] for _, word in corpus.opposites} == {"negative"}


def test_a_corpus_without_a_lexicon_says_so():
    with pytest.raises(ValueError, match="toy comes without a lexicon"):
        corpora.toy().opposites  # noqa: B018


# ---- the class


def test_labels_of_another_length_are_refused():
    with pytest.raises(ValueError, match="1 topic labels for 2 texts"):
        Corpus("mine", [["a"], ["b"]], {"topic": ["x"]}, "here", "CC0")


def test_a_fingerprint_belongs_to_texts_and_labels_and_to_nothing_else():
    def fingerprint(texts, labels, source="here"):
        return Corpus("mine", texts, labels, source, "CC0").fingerprint

    texts, labels = [["a", "b"], ["c"]], {"kind": ["x", "y"]}
    first = fingerprint(texts, labels)
    assert re.fullmatch("[0-9a-f]{12}", first)
    assert fingerprint(texts, labels, source="another version") == first
    assert fingerprint([["a"], ["b", "c"]], labels) != first
    assert fingerprint([["ab"], ["c"]], labels) != first
    assert fingerprint(texts, {"kind": ["y", "x"]}) != first
    assert fingerprint(texts, {"sort": ["x", "y"]}) != first


# ---- what the claims are told


def test_the_claims_are_told_which_corpus_is_in_use(noted):
    for name in ("wikipedia", "docstrings", "reviews", "toy", "opinions"):
        corpus = corpora.load(name)
        assert noted.pop() == (corpus.name, corpus.with_lexicon, False)
        assert not noted


def test_a_text_of_ones_own_is_foreign(noted, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("tea is good\n")
    corpus = corpora.from_file(tmp_path / "mine.txt")
    assert noted == [("mine", corpus.with_lexicon, True)]


# ---- names, missing files


@pytest.mark.parametrize(
    ("name", "near"), [("wikipdia", "wikipedia"), ("docstring", "docstrings")]
)
def test_unknown_name_suggests_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"'{name}'.*mean '{near}'.*wikipedia, docstrings"):
        corpora.load(name)


@pytest.mark.parametrize("name", ["zzz", "", None, 3, ["zzz"]])
def test_unknown_name_lists_what_there_is(name):
    with pytest.raises(ValueError, match=r"There are: wikipedia, .*toy.*from_file") as error:
        corpora.load(name)
    assert repr(name) in str(error.value) and "mean" not in str(error.value)


def test_a_library_that_is_missing_is_said_with_a_remedy_that_works(monkeypatch):
    """`make lab` alone sees no difference where a package is listed and its files are gone."""
    monkeypatch.setattr(installed, "LIBRARIES", ("numpi",))
    with pytest.raises(
        ModuleNotFoundError, match=r"numpi.*: end JupyterLab and run `make lab`"
    ):
        corpora.docstrings()
    remedy = r"numpi.*: delete the folder \.venv and run `make lab`"
    with pytest.raises(ModuleNotFoundError, match=remedy):
        installed.source_files("numpi")


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    """A folder in place of `datasets/`, with a small corpus in it."""
    monkeypatch.setattr(settings, "DATASETS", tmp_path)
    (tmp_path / "reviews.tsv").write_text(
        'sentiment\ttopic\ttext\npositive\tfilm\t"Good", I said.\nnegative\tfilm\tBad!\n',
        encoding="utf-8",
    )
    (tmp_path / "reviews_lexicon.csv").write_text(
        "word,role,topic,polarity,opposite\nnull,noun,,,\ngood,,,positive,bad\n"
        "bad,,,negative,good\n",
        encoding="utf-8",
    )
    return tmp_path


def test_quotes_and_words_that_look_missing_are_read_as_they_are(datasets):
    corpus = corpora.reviews()
    assert corpus.texts == [["good", "i", "said"], ["bad"]]
    assert corpus.lexicon.iloc[0].tolist() == ["null", "noun", "", "", ""]


@pytest.mark.parametrize("name", ["reviews.tsv", "reviews_lexicon.csv", "toy.txt"])
def test_a_missing_file_is_named_with_its_remedy(datasets, name):
    (datasets / name).unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError, match=f"datasets/{name} is missing.*git checkout"):
        corpora.toy() if name == "toy.txt" else corpora.reviews()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text\ngood\n", r"needs columns sentiment, topic, text and has text.*git checkout"),
        (
            "sentiment\ttopic\ttext\ngut\tfilm\tgood bad\n",
            r"positive or negative, not \['gut'\]",
        ),
        (
            "sentiment\ttopic\ttext\npositive\tfilm\tgood\nnegative\tfilm\tx\n",
            r"word 'bad' has",
        ),
        ("", r"cannot be read as a table"),
    ],
)
def test_strange_reviews_are_named(datasets, content, said):
    (datasets / "reviews.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        corpora.reviews()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("word,role\ngood,\n", "lacks the column topic"),
        ("word,role,topic,polarity,opposite\na,,,,\na,,,,\n", "'a' stands twice"),
        ("word,role,topic,polarity,opposite\na,,,,b\nb,,,,\n", "opposite of 'a' is 'b', but"),
        ("word,role,topic,polarity,opposite\na,,,,b\n", "opposite of 'a' is 'b', but"),
    ],
)
def test_a_strange_lexicon_is_named(datasets, rows, said):
    (datasets / "reviews_lexicon.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        corpora.reviews()


# ---- a teacher's swaps


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """The reviews in another language: every word ends in a letter that English has not."""
    reviews = settings.DATASETS / "reviews.tsv"
    with (tmp_path / "umsagnir.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for number, line in enumerate(reviews.read_text("utf-8").splitlines()):
            sentiment, topic, text = line.split("\t")
            if number:
                text = re.sub("[A-Za-z]+", r"\g<0>þ", text)
            writer.writerow([text, topic, sentiment])
    lexicon = corpora.reviews().lexicon
    for column in ("word", "opposite"):
        lexicon[column] = [word + "þ" if word else "" for word in lexicon[column]]
    lexicon.to_csv(tmp_path / "orð.csv", index=False)
    (tmp_path / "mine.toml").write_text(
        "vector_size = 20\n[bundled]\ncorpus = 'umsagnir.csv'\nlexicon = 'orð.csv'\n"
        "pair = ['niceþ', 'poorþ']\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("COURSE_SETTINGS", str(tmp_path / "mine.toml"))
    return tmp_path


@pytest.mark.parametrize("choice", ["bundled", "full"])
def test_opinions_are_what_the_teacher_names(foreign, noted, choice, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", choice)
    corpus = corpora.opinions()
    assert noted == [("umsagnir", corpus.with_lexicon, True)]
    ours = corpora.reviews()
    assert corpus.texts == [[word + "þ" for word in text] for text in ours.texts]
    assert corpus.labels == ours.labels
    assert corpus.pair == ("niceþ", "poorþ") and corpus.pair in corpus.opposites
    assert len(corpus.opposites) == len(ours.opposites)
    assert settings.course().vector_size == 20
    assert "your file umsagnir.csv" in str(corpus)


def test_a_pair_that_does_not_occur_is_named(foreign):
    path = foreign / "mine.toml"
    path.write_text(path.read_text("utf-8").replace("niceþ", "nice"), "utf-8")
    with pytest.raises(ValueError, match=r"'nice' has to occur in umsagnir\.csv"):
        corpora.opinions()


def test_a_teachers_missing_file_is_named(foreign):
    (foreign / "orð.csv").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"orð\.csv is missing: correct it in .*mine\.t"
    ):
        corpora.opinions()


def test_a_pair_of_other_words_than_opposites_the_positive_first_is_named(foreign):
    path = foreign / "mine.toml"
    content = path.read_text("utf-8")
    for pair in ("['poorþ', 'niceþ']", "['niceþ', 'badþ']"):
        path.write_text(content.replace("['niceþ', 'poorþ']", pair), "utf-8")
        with pytest.raises(ValueError, match=r"to be two opposites of orð\.csv, the posit"):
            corpora.opinions()


def test_a_teachers_text_without_a_word_is_left_out_with_its_labels(foreign):
    full = corpora.opinions()
    with (foreign / "umsagnir.csv").open("a", encoding="utf-8") as file:
        file.write("8/10,hotel,positive\n")
    assert corpora.opinions() == full


def test_a_teacher_who_changes_the_courses_own_file_is_foreign(foreign, noted, monkeypatch):
    (foreign / "mine.toml").rename(foreign / "course.toml")
    monkeypatch.delenv("COURSE_SETTINGS")
    monkeypatch.setattr(settings, "DATASETS", foreign)
    corpus = corpora.opinions()
    assert noted == [("umsagnir", corpus.with_lexicon, True)]
    assert "your file umsagnir.csv; as you know" in str(corpus)
    (foreign / "umsagnir.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"missing: correct it in .*course\.toml"):
        corpora.opinions()


def test_the_courses_texts_stay_its_own_when_a_teacher_changes_something_else(
    noted, tmp_path, monkeypatch
):
    content = (settings.DATASETS / "course.toml").read_text("utf-8")
    for name in ("reviews.tsv", "reviews_lexicon.csv"):
        content = content.replace(name, (settings.DATASETS / name).as_posix())
    (tmp_path / "mine.toml").write_text(content.replace("= 50", "= 2"), "utf-8")
    monkeypatch.setenv("COURSE_SETTINGS", str(tmp_path / "mine.toml"))
    corpus = corpora.opinions()
    assert noted == [("reviews", corpus.with_lexicon, True)]
    assert corpus == corpora.reviews()
    assert "this course's datasets/reviews.tsv; CC BY 4.0" in str(corpus)


@pytest.mark.parametrize("foreign", [True, False])
def test_film_reviews_under_a_teachers_settings_are_foreign(
    noted, tmp_path, monkeypatch, foreign
):
    genres = Corpus("imdb genres", [["good"], ["bad"]], {}, "here", "CC0")
    monkeypatch.setattr(downloaded, "cached", lambda *_: genres)
    monkeypatch.setenv("COURSE_DATA", "full")
    if foreign:
        text = "vector_size = 2\n[bundled]\ncorpus = 'imdb genres'\npair = ['good', 'bad']\n"
        lexicon = (settings.DATASETS / "imdb_lexicon.csv").as_posix()
        (tmp_path / "mine.toml").write_text(f"{text}lexicon = '{lexicon}'\n", "utf-8")
        monkeypatch.setenv("COURSE_SETTINGS", str(tmp_path / "mine.toml"))
    corpus = corpora.opinions()
    assert noted == [("imdb genres", corpus.with_lexicon, foreign)]
    if foreign:
        (tmp_path / "mine.toml").write_text(
            f"{text.replace('good', 'worst')}lexicon = '{lexicon}'\n", "utf-8"
        )
        with pytest.raises(ValueError, match="two opposites of imdb_lexicon"):
            corpora.opinions()


def test_a_quick_lesson_takes_the_bundled_opinions_whatever_was_downloaded(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "full")
    assert corpora.opinions(bundled=True) == corpora.reviews()


def test_without_a_teachers_file_opinions_are_the_reviews(monkeypatch):
    monkeypatch.delenv("COURSE_SETTINGS", raising=False)
    monkeypatch.setenv("COURSE_DATA", "bundled")
    assert corpora.opinions() == corpora.reviews() == corpora.load("opinions")


# ---- a text of one's own


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "FEW", 0)

    def write(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode(encoding))
        return path

    return write


def test_a_text_file_is_a_text_a_line(write, capsys):
    corpus = corpora.from_file(write("mine.txt", "Größere Straße!\r\n123\r\nTea.\r\n"))
    assert corpus.texts == [["größere", "straße"], ["tea"]]
    assert corpus.labels == {} and corpus.name == "mine"
    assert corpus.lexicon is None and corpus.pair is None
    assert capsys.readouterr().out == ""


def test_with_empty_lines_it_is_a_text_a_paragraph(write):
    corpus = corpora.from_file(write("mine.txt", "\nTea\nis good.\n \n\nMilk\n", "utf-8-sig"))
    assert corpus.texts == [["tea", "is", "good"], ["milk"]]


def test_sub_folders_are_labels(write, tmp_path):
    for name, content in [("b/1.txt", "Tea"), ("a/deep/2.txt", "Milk"), ("a/3.txt", "...")]:
        write(f"mine/{name}", content)
    corpus = corpora.from_file(str(tmp_path / "mine"))
    assert corpus.texts == [["milk"], ["tea"]]
    assert corpus.labels == {"folder": ["a", "b"]}
    write("mine/stray.txt", "Salt")
    with pytest.raises(ValueError, match=r"stray\.txt is in no sub-folder"):
        corpora.from_file(tmp_path / "mine")


def test_a_folder_without_sub_folders_has_no_labels(write, tmp_path):
    write("mine/1.txt", "Tea")
    assert corpora.from_file(tmp_path / "mine").labels == {}
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"holds no \.txt file"):
        corpora.from_file(tmp_path / "empty")


def test_copies_that_jupyterlab_hides_are_not_read(write, tmp_path):
    for name in ("1.txt", ".ipynb_checkpoints/1-checkpoint.txt", ".2.txt"):
        write(f"flat/{name}", "Tea")
    assert corpora.from_file(tmp_path / "flat").texts == [["tea"]]
    for name in ("a/1.txt", ".ipynb_checkpoints/1.txt", "a/.ipynb_checkpoints/1.txt"):
        write(f"mine/{name}", "Tea")
    assert corpora.from_file(tmp_path / "mine").labels == {"folder": ["a"]}


def test_an_ending_in_capitals_is_read_in_a_folder_too(write, tmp_path):
    write("mine/1.TXT", "Tea")
    write("mine/2.txt", "Milk")
    assert corpora.from_file(tmp_path / "mine").texts == [["tea"], ["milk"]]


def test_an_empty_label_is_pointed_out(write, capsys):
    corpus = corpora.from_file(write("mine.csv", "text,label\nTea\nMilk,x\n"))
    assert corpus.labels == {"label": ["", "x"]}
    assert "1 of the texts have an empty field for label" in capsys.readouterr().out


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_has_a_column_of_texts_and_one_of_labels(write, delimiter):
    rows = [("id", "what", "stars"), ("1", '"Tea, hot; good"', "5"), ("2", "null", "NA")]
    content = "".join(delimiter.join(row) + "\n" for row in rows)
    path = write("mine.csv", content, "utf-8-sig")
    corpus = corpora.from_file(path, text="what", label="stars")
    assert corpus.texts == [["tea", "hot", "good"], ["null"]]
    assert corpus.labels == {"stars": ["5", "NA"]}
    assert corpora.from_file(path, text="what").labels == {}


def test_columns_called_text_and_label_need_not_be_named(write):
    corpus = corpora.from_file(write("mine.tsv", 'text\tlabel\n"Tea" it is\tx\n\ty\n'))
    assert corpus.texts == [["tea", "it", "is"]] and corpus.labels == {"label": ["x"]}


@pytest.mark.parametrize(
    ("name", "content", "columns", "said"),
    [
        ("a.csv", "what,label\nTea,x\n", {}, r"which column holds the texts.*has what, label"),
        (
            "a.csv",
            "text,label\nTea,x\n",
            {"label": "stars"},
            r"no column 'stars': it has text",
        ),
        ("a.csv", "text\n1\n", {}, r"holds no word"),
        ("a.txt", "", {}, r"holds no word"),
        ("a.csv", "", {}, r"cannot be read as a table"),
        ("a.csv", "label,text\npos,good, film\nneg,bad, film\n", {}, r"comma.*into quotes"),
        ("a.csv", "label;text\npos;good;\nneg;bad;\n", {}, r"a semicolon.*end no row with"),
        ("a.tsv", "label\ttext\npos\tgood\tfilm\n", {}, r"a tab.*take it out of the texts"),
        ("a.csv", "text\nTea\n", {"label": "text"}, r"'text' cannot be text and label"),
        ("a.xlsx", "Tea", {}, r"a\.xlsx: give a \.txt, \.csv or \.tsv file, or a folder"),
    ],
)
def test_what_cannot_be_read_is_named(write, name, content, columns, said):
    with pytest.raises(ValueError, match=said):
        corpora.from_file(write(name, content), **columns)


def test_another_encoding_and_a_missing_file_are_named(write, tmp_path):
    with pytest.raises(ValueError, match=r"is not UTF-8 \(byte 1\): save it as UTF-8"):
        corpora.from_file(write("mine.txt", "Käse", "latin-1"))
    with pytest.raises(ValueError, match=r"the path is empty: give a file or a folder"):
        corpora.from_file("")
    with pytest.raises(FileNotFoundError, match=r"there is no .*none\.txt.*looked for in"):
        corpora.from_file(tmp_path / "none.txt")


def test_little_text_and_long_texts_are_pointed_out(write, monkeypatch, capsys):
    monkeypatch.setattr(bundled, "FEW", 20_000)
    corpora.from_file(write("mine.txt", "tea " * 10_001))
    few, long = capsys.readouterr().out.splitlines()
    assert "mine has 10,001 words. That is little" in few
    assert "1 of the texts are longer than 10,000 words" in long


# ---- the cards


def test_card_of_wikipedia():
    corpus = corpora.wikipedia()
    articles = Counter()
    for title, text in zip(corpus.labels["title"], corpus.texts, strict=True):
        articles[title] += len(text)
    counts = Counter(word for text in corpus.texts for word in text)
    pairs = Path(datapath("wordsim353.tsv")).read_text("utf-8").lower().splitlines()
    pairs = [line.split("\t")[:2] for line in pairs if not line.startswith("#")]
    measured = {
        "articles": len(articles),
        "sections": len(corpus.texts),
        **sizes(corpus),
        "tokens of the longest section": max(map(len, corpus.texts)),
        "articles of more than 10,000 tokens": sum(n > 10_000 for n in articles.values()),
        "tokens past the 10,000th of their article": sum(
            max(0, n - 10_000) for n in articles.values()
        ),
        "pairs of WordSim-353 with both words seen five times or more": sum(
            min(counts[a], counts[b]) >= 5 for a, b in pairs
        ),
    }
    compare("wikipedia", measured)
    assert set(table_of("wikipedia")) == set(measured)
    assert sum(title.startswith("A") for title in articles) == 98


def test_card_of_docstrings():
    corpus = corpora.docstrings()
    versions = corpus.source.removeprefix("the installed ")
    if f"The numbers are those of {versions};" not in " ".join(card("docstrings").split()):
        pytest.skip(f"the card was written for other versions than {versions}")
    measured = {
        "docstrings": len(corpus.texts),
        **sizes(corpus),
        "tokens of the longest docstring": max(map(len, corpus.texts)),
    }
    tokens = Counter()
    for library, text in zip(corpus.labels["library"], corpus.texts, strict=True):
        tokens[f"tokens of {library}"] += len(text)
    measured |= tokens
    compare("docstrings", measured)
    assert set(table_of("docstrings")) == set(measured)


def test_every_corpus_that_can_be_loaded_has_a_license_and_a_source():
    for name in ("wikipedia", "docstrings", "reviews", "toy"):
        corpus = corpora.load(name)
        assert corpus.license and corpus.source
    assert util.find_spec("helpers.corpora") and cache.PARSER


def test_a_corpus_with_another_lexicon_or_pair_is_another_to_the_claims(monkeypatch):
    noted = []
    monkeypatch.setattr(claims, "note_corpus", lambda *said: noted.append(said))
    known = corpora.reviews()
    lexicon = known.lexicon.copy()
    lexicon.loc[0, "topic"] = "another"
    parts = {"labels": known.labels, "source": "", "license": "", "texts": known.texts}
    for changes in (
        {"lexicon": known.lexicon, "pair": known.pair},
        {"lexicon": lexicon, "pair": known.pair},
        {"lexicon": known.lexicon, "pair": known.pair[::-1]},
        {"lexicon": known.lexicon, "pair": known.pair},
    ):
        corpora.corpus.noted(Corpus("reviews", **parts, **changes))
    prints = [fingerprint for _, fingerprint, _ in noted[1:]]
    assert len(set(prints)) == 3 and prints[0] == prints[3]


def test_a_blank_beside_a_column_name_does_not_hide_the_column(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("text, label\ngood film,pos\nbad film,neg\n", encoding="utf-8")
    assert corpora.from_file(file).labels["label"] == ["pos", "neg"]


@pytest.mark.parametrize("word", ["Good", "very good", "n't"])
def test_a_word_that_no_text_can_have_is_refused_in_a_lexicon(tmp_path, word):
    file = tmp_path / "lexicon.csv"
    file.write_text(f"word,role,topic,polarity,opposite\n{word},adjective,,,\n", "utf-8")
    with pytest.raises(ValueError, match="lower case"):
        read_lexicon(file)


def test_a_lexicon_that_is_not_in_utf8_is_told_so(tmp_path):
    file = tmp_path / "lexicon.csv"
    file.write_bytes("word,role,topic,polarity,opposite\ngrün,,,,\n".encode("latin-1"))
    with pytest.raises(ValueError, match="UTF-8"):
        read_lexicon(file)
