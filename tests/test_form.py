"""Every lesson has the form that STYLE asks for, and the ledger of claims covers them all."""

import ast
from collections import Counter

import nbformat
import pytest

from helpers.claims import ledger
from tools.lesson_form import LESSONS, claims, complaints, exercise_names

DATA = ("bundled", "full")
SEEDS = 10  # on how many seeds a claim is tried before it is made


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_form(path):
    found = complaints(path)
    assert not found, "\n".join(found)


def test_names_are_unique_in_the_course():
    names = [ast.literal_eval(call.args[0]) for path in LESSONS for call in claims(read(path))]
    names += [name for path in LESSONS for name in exercise_names(read(path))]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def literal(call, keyword):
    return next((ast.literal_eval(k.value) for k in call.keywords if k.arg == keyword), None)


@pytest.mark.parametrize("data", DATA)
def test_every_claim_held_on_other_seeds(data):
    lessons = [path for path in LESSONS if data == "bundled" or uses_full_data(path)]
    made = {ast.literal_eval(c.args[0]): c for path in lessons for c in claims(read(path))}
    assert set(ledger(data)) == set(made), "run `make claims`: lessons and ledger differ"
    for name, call in made.items():
        row = ledger(data)[name]
        assert int(row["runs"]) >= SEEDS, f"{name} was tried on {row['runs']} seeds"
        assert row["held"] == row["runs"], (
            f"{name} held in {row['held']} of {row['runs']} runs"
        )
        limits = {number: literal(call, number) for number in ("at_least", "at_most")}
        if data == "full":
            limits = literal(call, "full") or limits
        words = [f"{n.replace('_', ' ')} {x:g}" for n, x in limits.items() if x is not None]
        assert row["bound"] == " and ".join(words), f"{name}: the ledger is for another bound"


def test_the_table_of_both_data_sets_is_up_to_date():
    bundled = ledger("bundled")
    for name, row in ledger("full").items():
        quoted = {
            k.removeprefix("bundled "): v for k, v in row.items() if k.startswith("bundled")
        }
        assert quoted and quoted.items() <= bundled[name].items(), (
            "run `make claims` for its lesson"
        )


def uses_full_data(path):
    """Whether a lesson learns from film reviews once they have been downloaded."""
    return any("corpora.opinions(" in cell.source for cell in read(path).cells)
