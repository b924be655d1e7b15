"""Every exercise refuses its plausible wrong answers, each with the sentence meant for it."""

import ast

import nbformat
import numpy as np
import pytest

from helpers.exercises import Exercise, pretest
from tools.lesson_form import LESSONS, code_cells, tags, tree


def imports(notebook) -> str:
    """What the set-up cell imports: a check cell may use nothing else."""
    nodes = [
        n
        for n in tree(code_cells(notebook)[0]).body
        if isinstance(n, ast.Import | ast.ImportFrom)
    ]
    light = [
        n
        for n in nodes
        if "keras" not in ast.unparse(n) and "tensorflow" not in ast.unparse(n)
    ]
    return "\n".join(ast.unparse(n) for n in light)


def exercises():
    for path in LESSONS:
        notebook = nbformat.read(path, as_version=4)
        for cell in code_cells(notebook):
            if "check" in tags(cell):
                names: dict = {}
                exec(imports(notebook) + "\n" + cell.source, names)
                for exercise in (e for e in names.values() if isinstance(e, Exercise)):
                    yield pytest.param(exercise, id=exercise.name)
    yield pytest.param(pretest(), id="00-pretest")


@pytest.mark.parametrize("exercise", exercises())
def test_wrong_answers_are_refused_and_explained(exercise):
    assert len(exercise.mistakes) >= 3
    for meaning, mistake in exercise.mistakes.items():
        status, text = exercise.verdict(mistake)
        assert status == "not yet right", f"{exercise.name} accepts a mistake: {meaning}"
        assert text.endswith(meaning), f"{exercise.name} does not say {meaning!r} but {text!r}"
        assert len(meaning.split()) >= 4


@pytest.mark.parametrize("exercise", exercises())
def test_no_answer_and_nonsense(exercise):
    assert exercise.verdict(...)[0] == exercise.verdict(None)[0] == "not yet tried"
    for nonsense in ("a word", 7, object(), [], {"a": 1}):
        status, text = exercise.verdict(nonsense)
        assert status == "not yet right" and len(text.split()) >= 4, (nonsense, text)
    if exercise.cases:
        assert exercise.verdict(lambda *_: ...)[0] == "not yet tried"

        def raises(*_):
            raise KeyError("no such word")

        assert "raised KeyError" in exercise.verdict(raises)[1]


def test_a_function_cannot_change_the_cases():
    def spoil(u):
        u[:] = 0
        return 0

    exercise = Exercise(
        "99-sum",
        cases=[((np.array([1.0, 2.0]),), 3.0)],
        mistakes={
            "This is the largest.": np.max,
            "The smallest.": np.min,
            "The mean.": np.mean,
        },
    )
    assert exercise.verdict(spoil)[0] == "not yet right"
    assert exercise.verdict(np.sum) == ("passed", "well done.")
    assert "largest" in exercise.verdict(np.max)[1]
    assert "gave array" not in exercise.verdict(np.max)[1]


def test_an_exercise_needs_mistakes_and_one_way_to_judge():
    with pytest.raises(ValueError, match="three or more"):
        Exercise("99-x", cases=[((1,), 1)], mistakes={})
    with pytest.raises(ValueError, match="either cases or accept"):
        Exercise("99-x", mistakes={"a": 1, "b": 2, "c": 3})


def test_the_solution_has_to_pass():
    exercise = Exercise(
        "99-y", cases=[((2,), 4)], mistakes={"a": lambda x: x, "b": abs, "c": lambda x: -x}
    )
    exercise.check_solution(lambda x: x * x)
    with pytest.raises(AssertionError, match="the solution of 99-y is not yet right"):
        exercise.check_solution(lambda x: x)
