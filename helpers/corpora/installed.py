"""Corpora that are parsed from files that every installation has: Wikipedia and docstrings."""

import ast
import bz2
import re
import sys
import warnings
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

from helpers.corpora.cache import cached, progress
from helpers.corpora.corpus import Corpus, noted
from helpers.settings import RENEW
from helpers.vocabulary import tokenize

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "keras")
PACKAGES = {"scikit-learn": "sklearn"}  # where a library is not imported by its own name
# `distutils` is in NumPy's package for Python 3.11 only. Without it, the packages of one
# version of a library hold the same texts for every Python that the course runs on.
LEFT_OUT = {"tests", "distutils"}
# Where a package is listed but its files are gone, `make lab` alone sees no difference.
ANEW = "delete the folder .venv and run `make lab`; on Binder, start anew"


def wikipedia() -> Corpus:
    """Return 106 English Wikipedia articles of May 2016, from gensim's test data.

    A text is a section, and `labels["title"]` names its article. Whole articles are no better
    (a skip-gram model scored the same on WordSim-353 over ten seeds, paragraphs scored less),
    and gensim's Word2Vec drops in silence what exceeds 10,000 words in a text: 5% of these
    articles.
    """
    version = metadata.version("gensim")

    def build() -> Corpus:
        titles: list[str] = []
        texts: list[list[str]] = []
        for title, sections in _articles():
            for section in sections:
                titles.append(title)
                texts.append(section)
        source = f"gensim {version}'s test data, a Wikipedia dump of May 2016"
        return Corpus("wikipedia", texts, {"title": titles}, source, "CC BY-SA 3.0 and GFDL")

    return noted(cached("wikipedia", {"gensim": version}, build))


def _articles() -> Iterator[tuple[str, list[list[str]]]]:
    """Yield title and tokenized sections, as `WikiCorpus.get_texts` does article by article.

    gensim's own method starts a pool of processes, which fails in notebooks wherever processes
    are spawned, and gains nothing on a file of 2 MB.
    """
    from gensim.corpora import wikicorpus
    from gensim.test.utils import datapath

    dump = datapath("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2")
    with bz2.open(dump) as file:
        pages = wikicorpus.extract_pages(file, ("0",))
        for title, markup, _ in progress(pages, "wikipedia"):
            sections = []
            for part in re.split(r"\n(?===)", wikicorpus.filter_wiki(markup)):
                words = [sys.intern(word) for word in wikicorpus.tokenize(part)]
                if words:
                    sections.append(words)
            length = sum(len(section) for section in sections)
            if length >= wikicorpus.ARTICLE_MIN_WORDS:  # shorter ones are redirects
                yield title, sections


def docstrings() -> Corpus:
    """Return the docstrings of six installed libraries, read from their source files.

    One text per docstring, labeled by `"library"` and by `"kind"`, what it documents: module,
    class, method, function, or compiled, where a source file hands the text of a compiled
    object to `add_newdoc`. What a library repeats word for word counts once.
    Tests, NumPy's `distutils` and stub files (`.pyi`) are left out. No library is imported.

    Raises
    ------
    ModuleNotFoundError
        If one of the libraries is not installed.
    """
    try:
        versions = {name: metadata.version(name) for name in LIBRARIES}
    except metadata.PackageNotFoundError as error:
        raise ModuleNotFoundError(
            f"docstrings() reads it, but {error.name} is not installed: {RENEW}"
        ) from error

    def build() -> Corpus:
        files = []
        for library in LIBRARIES:
            files += [(library, path) for path in source_files(library)]
        found: dict[tuple[str, ...], str] = {}  # the first of equal texts says the kind
        for library, path in progress(files, "docstrings"):
            for kind, text in docstrings_in(path):
                found.setdefault((library, *tokenize(text)), kind)
        labels: dict[str, list[str]] = {"library": [], "kind": []}
        texts = []
        for (library, *words), kind in found.items():
            if words:
                labels["library"].append(library)
                labels["kind"].append(kind)
                texts.append(words)
        named = [f"{name} {version}" for name, version in versions.items()]
        terms = "BSD-3-Clause, Matplotlib's license, Apache-2.0"
        source = "the installed " + ", ".join(named)
        return Corpus("docstrings", texts, labels, source, terms)

    return noted(cached("docstrings", versions, build))


def source_files(library: str) -> list[Path]:
    """List the source files of an installed library, in the same order everywhere."""
    # Finding a top-level package does not import it.
    spec = util.find_spec(PACKAGES.get(library, library))
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{library} has no source files here: {ANEW}")
    root = Path(spec.origin).parent
    names = []
    for path in root.rglob("*.py"):
        name = path.relative_to(root).as_posix()
        if not LEFT_OUT & set(name.split("/")):
            names.append(name)
    return [root / name for name in sorted(names)]


def docstrings_in(file: Path) -> Iterator[tuple[str, str]]:
    """Yield what a source file documents: the kind of object, and its text.

    Texts that it hands to `add_newdoc` are of the kind "compiled".
    """
    with warnings.catch_warnings(action="ignore"):  # other people's escape sequences
        tree = ast.parse(file.read_bytes())
    methods = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods.update(node.body)
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            if isinstance(node, ast.Module):
                kind = "module"
            elif isinstance(node, ast.ClassDef):
                kind = "class"
            else:
                kind = "method" if node in methods else "function"
            yield kind, ast.get_docstring(node, clean=False) or ""
        elif isinstance(node, ast.Call) and "add_newdoc" in _called(node):
            for part in ast.walk(node):
                text = part.value if isinstance(part, ast.Constant) else None
                if isinstance(text, str) and "\n" in text:  # the others are names
                    yield "compiled", text


def _called(call: ast.Call) -> str:
    """Return the name of what is called, without the module that it is in."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return ""
