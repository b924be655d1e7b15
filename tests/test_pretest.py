"""The pre-test in lesson 00 and the file that its scored form reads say the same."""

import json
import re

import nbformat
import pytest

from helpers.exercises import PRETEST, pretest
from tools.lesson_form import LESSONS

QUESTIONS = json.loads(PRETEST.read_text(encoding="utf-8"))


def shown() -> list[dict]:
    """The questions as the Markdown of the lesson has them: text, choices and the right letter."""
    notebook = nbformat.read(LESSONS[0], as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = []
    for part in re.split(r"(?m)^\*\*Question \d+\.\*\* ", text)[1:]:
        unfolding = r"<summary>([A-Z])\. (.*?)</summary>\s*\*\*(Right|No)\.\*\*"
        choices = re.findall(unfolding, part)
        found.append(
            {
                "question": part.splitlines()[0],
                "choices": {letter.lower(): choice for letter, choice, _ in choices},
                "answer": "".join(
                    letter.lower() for letter, _, word in choices if word == "Right"
                ),
            }
        )
    return found


def test_lesson_and_file_say_the_same():
    assert shown() == [{k: q[k] for k in ("question", "choices", "answer")} for q in QUESTIONS]


def test_questions_are_worth_asking():
    assert len(QUESTIONS) == 6
    for question in QUESTIONS:
        assert set(question) == {"question", "choices", "answer", "popular", "lesson"}
        assert {question["answer"], question["popular"]} <= set(question["choices"])
        assert re.fullmatch(r"\d\d", question["lesson"])
    letters = [question["answer"] for question in QUESTIONS]
    assert max(map(letters.count, letters)) <= 3, "the right letters have to vary"
    assert sum(question["popular"] != question["answer"] for question in QUESTIONS) >= 3


def test_right_answers_pass_in_either_case():
    key = {number: question["answer"] for number, question in enumerate(QUESTIONS, start=1)}
    assert pretest().verdict(key)[0] == "passed"
    assert (
        pretest().verdict({n: f" {letter.upper()} " for n, letter in key.items()})[0]
        == "passed"
    )


@pytest.mark.parametrize("open_questions", [1, 5])
def test_some_answers_are_scored_and_the_rest_are_pointed_to_their_lessons(open_questions):
    answers = {
        number: question["answer"] for number, question in enumerate(QUESTIONS, start=1)
    }
    answers |= dict.fromkeys(range(1, open_questions + 1), ...)
    status, text = pretest().verdict(answers)
    assert status == "not yet right"
    assert f"{6 - open_questions} of 6 right" in text
    assert f"1: lesson {QUESTIONS[0]['lesson']}" in text


def test_an_unknown_letter_is_named():
    answers = dict.fromkeys(range(1, 7), "a") | {2: "x"}
    assert "question 2 has the choices a, b, c, not 'x'" in pretest().verdict(answers)[1]
