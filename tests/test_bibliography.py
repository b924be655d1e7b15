"""What the course cites stands in `datasets/bibliography.bib`, and is cited as there."""

import re
from collections.abc import Iterator
from urllib.parse import urlparse

import nbformat
import pytest
from pybtex.database import Entry, parse_file

from helpers.settings import DATASETS, ROOT
from tools.lesson_form import find_lessons, prose_of

WORKS = parse_file(str(DATASETS / "bibliography.bib")).entries
PUBLISHERS = {
    "aclanthology.org",
    "arxiv.org",
    "dl.acm.org",
    "doi.org",
    "jmlr.org",
    "openreview.net",
    "papers.nips.cc",
    "proceedings.mlr.press",
    "proceedings.neurips.cc",
}
LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
# - Levy & Goldberg (2014). [Neural word embedding as implicit matrix factorization](https://…)
READING = re.compile(
    r"^- (?P<who>[^(\n]+) \((?P<year>\d{4})\)\. \[(?P<title>[^\]]+)\]\((?P<link>[^)]+)\)"
)
# Levy & Goldberg (2014); Mikolov et al., 2013
NAME = r"[A-ZÀ-ÞİŘŠ][\w’'-]+"
SEVERAL = rf"{NAME}(?:, {NAME})*,? (?:&|and) {NAME}|{NAME} et al\."
MENTION = re.compile(rf"(?P<who>{SEVERAL}),? \(?(?P<year>(?:19|20)\d\d)\b")
DOCUMENTS = [ROOT / "README.md", DATASETS / "README.md"]
TEXTS = {path.stem: prose_of(nbformat.read(path, as_version=4)) for path in find_lessons()}
TEXTS |= {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in DOCUMENTS}


def links_of(entry: Entry) -> set[str]:
    """Return the addresses under which a work may be linked."""
    found = set()
    if "url" in entry.fields:
        found.add(entry.fields["url"])
    if "doi" in entry.fields:
        found.add("https://doi.org/" + entry.fields["doi"])
    return found


def plain(text: str) -> str:
    """Return a field without BibTeX's braces."""
    return re.sub(r"[{}]", "", text).replace("--", "–").replace("\\&", "&")


def authors_of(entry: Entry) -> list[str]:
    """Return the last names of the authors."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    return [plain(" ".join([*p.prelast_names, *p.last_names])) for p in people]


def short_names(entry: Entry) -> set[str]:
    """Return how the authors may be named in a text."""
    names = authors_of(entry)
    if len(names) == 1:
        return {names[0]}
    if len(names) == 2:
        return {f"{names[0]} & {names[1]}", f"{names[0]} and {names[1]}"}
    last = {
        f"{', '.join(names[:-1])}{comma} {word} {names[-1]}"
        for comma in ("", ",")
        for word in ("&", "and")
    }
    return last | {f"{names[0]} et al."}


BY_LINK = {link: key for key, entry in WORKS.items() for link in links_of(entry)}


@pytest.mark.parametrize("key", list(WORKS))
def test_a_work_can_be_found(key):
    entry = WORKS[key]
    assert authors_of(entry) and entry.fields.get("title")
    assert re.fullmatch(r"(19|20)\d\d", entry.fields["year"])
    assert links_of(entry), f"{key} has neither doi nor url"
    if "doi" in entry.fields:
        assert re.fullmatch(r"10\.\d{4,9}/\S+", entry.fields["doi"])
    if "url" in entry.fields:
        assert urlparse(entry.fields["url"]).scheme == "https"


def test_no_two_works_share_a_link():
    assert len(BY_LINK) == sum(len(links_of(entry)) for entry in WORKS.values())


def reading_list(text: str) -> list[str]:
    """Return the lines of the section *Further reading*."""
    section = re.search(r"^## Further reading\n(.*?)(?=^#|\Z)", text, re.S | re.M)
    lines = section[1].splitlines() if section else []
    return [line for line in lines if line.startswith("- ")]


def cited(text: str) -> Iterator[str]:
    """Return the links of a text that lead to a work."""
    for _, link in LINK.findall(text):
        if urlparse(link).netloc.removeprefix("www.") in PUBLISHERS:
            yield link


@pytest.mark.parametrize("name", list(TEXTS))
def test_each_link_to_a_paper_is_in_the_bibliography(name):
    missing = [link for link in cited(TEXTS[name]) if link not in BY_LINK]
    assert not missing, f"not in datasets/bibliography.bib: {missing}"


@pytest.mark.parametrize("name", list(TEXTS))
def test_each_work_that_is_mentioned_is_in_the_bibliography(name):
    known = {
        (who, entry.fields["year"]) for entry in WORKS.values() for who in short_names(entry)
    }
    found = {(m["who"], m["year"]) for m in MENTION.finditer(TEXTS[name])}
    assert not found - known, f"not in datasets/bibliography.bib: {sorted(found - known)}"


@pytest.mark.parametrize("name", [name for name in TEXTS if re.match(r"0[1-9]|1\d", name)])
def test_each_lesson_ends_in_further_reading(name):
    lines = reading_list(TEXTS[name])
    assert lines, f"{name} has no section '## Further reading' with a list"
    for line in lines:
        match = READING.match(line)
        assert match, f"'{line}' is not '- Authors (year). [Title](link) …'"
        assert match["link"] in BY_LINK, f"{match['link']} is not in datasets/bibliography.bib"
        entry = WORKS[BY_LINK[match["link"]]]
        assert match["who"] in short_names(entry), f"{match['who']}: {short_names(entry)}"
        assert match["year"] == entry.fields["year"]
        assert match["title"].lower() == plain(entry.fields["title"]).lower()


def test_each_work_is_cited_somewhere():
    everything = "\n".join(TEXTS.values())
    uncited = {
        key
        for key, entry in WORKS.items()
        if not any(link in everything for link in links_of(entry))
    }
    assert not uncited, f"cited nowhere: {sorted(uncited)}"
