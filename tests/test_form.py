"""Every lesson has the form that STYLE asks for, and the ledger of claims covers them all."""

import ast
import csv
from collections import Counter

import nbformat
import pytest
from form import LESSONS, claims, complaints, exercise_names

from helpers.claims import LEDGER

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


def test_every_claim_held_on_other_seeds():
    with LEDGER.open(encoding="utf-8", newline="") as file:
        ledger = {row["claim"]: row for row in csv.DictReader(file)}
    made = {ast.literal_eval(c.args[0]): c for path in LESSONS for c in claims(read(path))}
    assert set(ledger) == set(made), "run `make claims`: lessons and ledger differ"
    for name, call in made.items():
        row = ledger[name]
        assert int(row["runs"]) >= SEEDS, f"{name} was tried on {row['runs']} seeds"
        assert row["held"] == row["runs"], f"{name} held in {row['held']} of {row['runs']} runs"
        for word, number in (("at least", "at_least"), ("at most", "at_most")):
            bound = literal(call, number)
            if bound is not None:
                text = f"{word} {bound:g}"
                assert text in row["bound"], f"{name}: the ledger is for another bound than {text}"
