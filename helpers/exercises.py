"""Exercises that answer at once: passed, not yet tried, or what came out and what that means."""

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PRETEST = Path(__file__).resolve().parent.parent / "datasets" / "pretest.json"


class Exercise:
    """One exercise: how to tell a right answer, and what the usual wrong ones mean.

    Parameters
    ----------
    name : str
        Unique in the course; starts with the number of the lesson, like `"01-cosine"`.
    cases : sequence of (tuple, result)
        If the answer is a function: arguments, and what it has to return for them. Numbers and
        arrays are compared to six digits, all else with `==`.
    accept : callable
        If the answer is a value: returns None if it is right, else a sentence.
    mistakes : dict of str to answer
        What a plausible wrong answer means, and that answer: three or more, all tried in the tests.
    """

    def __init__(
        self,
        name: str,
        *,
        cases: Sequence[tuple[tuple, Any]] = (),
        accept: Callable[[Any], str | None] | None = None,
        mistakes: dict[str, Any],
    ) -> None:
        if bool(cases) == bool(accept):
            raise ValueError(f"exercise {name!r} takes either cases or accept")
        if len(mistakes) < 3:
            problem = f"exercise {name!r} knows {len(mistakes)} mistakes"
            raise ValueError(f"{problem}: give three or more")
        self.name, self.cases, self.accept, self.mistakes = name, cases, accept, mistakes

    def verdict(self, answer: Any) -> tuple[str, str]:
        """Judge an answer: the learner's function itself (not its result), or a value.

        Returns `"passed"`, `"not yet tried"` or `"not yet right"`, and a sentence that says more.
        """
        if answer is None or answer is ...:
            return "not yet tried", "put your answer where the `...` stands."
        if self.accept is not None:
            return self._verdict_on_value(answer)
        if not callable(answer):
            text = f"hand over the function itself, not its result, {_show(answer)}."
            return "not yet right", text
        for arguments, expected in self.cases:
            shown = ", ".join(map(_show, arguments))
            call = f"{getattr(answer, '__name__', 'your function')}({shown})"
            try:
                got = answer(*copy.deepcopy(arguments))
            except NotImplementedError:
                return "not yet tried", "replace the `raise` with your code."
            except (
                Exception
            ) as error:  # whatever the learner's code raises is an answer to give
                return "not yet right", f"{call} raised {type(error).__name__}: {error}"
            if got is None or got is ...:
                text = "replace the `...` with your code; it has to `return` its result."
                return "not yet tried", text
            if not _same(got, expected):
                text = f"{call} gave {_show(got)}; it should give {_show(expected)}."
                return "not yet right", f"{text} {self._meaning(answer)}".rstrip()
        return "passed", "well done."

    def _verdict_on_value(self, answer: Any) -> tuple[str, str]:
        parts = answer.values() if isinstance(answer, dict) else answer
        if (
            isinstance(answer, dict | list | tuple)
            and {*map(id, parts)} <= {id(None), id(...)}
            and answer
        ):
            return "not yet tried", "put your answers where the `...` stand."
        try:
            complaint = self.accept(copy.deepcopy(answer))
        except Exception as error:  # an answer of the wrong type or shape
            kind = f"{type(error).__name__}: {error}"
            complaint = (
                f"{_show(answer)} cannot be checked ({kind}). Is it of the type asked for?"
            )
        if complaint is None:
            return "passed", "well done."
        meaning = next((text for text, m in self.mistakes.items() if _same(answer, m)), "")
        return "not yet right", f"{complaint} {meaning}".rstrip()

    def _meaning(self, answer: Callable) -> str:
        """Name the known mistake that gives the same results as the answer, if there is one."""
        for text, mistake in self.mistakes.items():
            try:
                pairs = [
                    (answer(*copy.deepcopy(c)), mistake(*copy.deepcopy(c)))
                    for c, _ in self.cases
                ]
            except Exception:  # not that mistake, then
                continue
            if all(_same(mine, known) for mine, known in pairs):
                return text
        return ""

    def check(self, answer: Any) -> None:
        """Print what the answer is worth; never raises, so an open exercise stops nothing."""
        status, text = self.verdict(answer)
        mark = {"passed": "✔", "not yet tried": "○", "not yet right": "✘"}[status]
        print(f"{mark} Exercise {self.name}: {status}; {text}")

    def check_solution(self, answer: Any) -> None:
        """Print that the course's own solution passes; AssertionError if it does not."""
        status, text = self.verdict(answer)
        assert status == "passed", f"the solution of {self.name} is {status}: {text}"
        print(f"✔ Exercise {self.name}: the solution passes.")


def _same(got: Any, expected: Any) -> bool:
    try:
        left, right = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError):
        try:
            return bool(got == expected)
        except ValueError:  # arrays of other shapes or of strings
            return bool(np.array_equal(got, expected))
    close = {"rtol": 1e-6, "atol": 1e-8, "equal_nan": True}
    return left.shape == right.shape and np.allclose(left, right, **close)


def _show(value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        value = float(f"{value:.6g}")
    is_array = isinstance(value, np.ndarray)
    text = np.array2string(value, precision=4, separator=", ") if is_array else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 90 else text[:87] + "..."


def pretest() -> Exercise:
    """Return the six questions that are asked before the course and again at its end.

    The answer to check is a dict from question number to letter, like `{1: "b", 2: "a", ...}`.
    A wrong set of answers is told its score and the lessons that settle the rest, not the letters.
    """
    questions = dict(enumerate(json.loads(PRETEST.read_text(encoding="utf-8")), start=1))
    key, popular = (
        {n: q[what] for n, q in questions.items()} for what in ("answer", "popular")
    )

    def accept(answers: dict[int, str]) -> str | None:
        if not isinstance(answers, dict) or set(answers) != set(key):
            return f"give a dict with one letter for each of the questions 1 to {len(key)}."
        given = {n: a.strip().lower() if isinstance(a, str) else a for n, a in answers.items()}
        for n, question in questions.items():
            if given[n] not in (..., *(choices := question["choices"])):
                return f"question {n} has the choices {', '.join(choices)}, not {given[n]!r}."
        if not (wrong := [n for n in key if given[n] != key[n]]):
            return None
        where = "; ".join(f"{n}: lesson {questions[n]['lesson']}" for n in wrong)
        return f"{len(key) - len(wrong)} of {len(key)} right. Settled later, by question: {where}."

    mistakes = {
        "These are the answers that most tutorials would give.": popular,
        "The first choice is not always the right one.": dict.fromkeys(key, "a"),
        "The last choice is not always the right one.": dict.fromkeys(key, "c"),
    }
    return Exercise("00-pretest", accept=accept, mistakes=mistakes)
