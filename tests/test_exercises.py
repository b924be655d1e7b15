"""Every exercise accepts what is right, however written, and refuses what is not, in words."""

import ast
import copy
import functools
import importlib.util
import itertools
import json
import math
import re
import warnings
from collections import Counter
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import nbformat
import numpy as np
import pandas as pd
import pytest

from helpers import claims, exercises, settings
from helpers.exercises import Exercise, Prediction, as_numbers, solution_source
from tools.lesson_form import LESSONS, code_cells, tags, tree

ANSWERS = Path(__file__).parent / "answers"
BEYOND = "is right on the cases shown. For "  # what a message says of a hidden case


# The lessons' exercises


def imports(notebook) -> str:
    """The libraries that the set-up cell imports: a check cell imports what else it uses."""
    lines = ["from helpers.exercises import Exercise"]
    setup = next(cell for cell in code_cells(notebook) if "start(" in cell.source)
    for node in tree(setup).body:
        line = ast.unparse(node)
        is_light = not re.search("keras|tensorflow|helpers", line)
        if isinstance(node, ast.Import | ast.ImportFrom) and is_light:
            lines.append(line)
    return "\n".join(lines)


@functools.cache
def exercises_of(path: Path) -> list[Exercise]:
    notebook = nbformat.read(path, as_version=4)
    names: dict = {}
    exec(imports(notebook), names)
    for cell in code_cells(notebook):
        if "check" in tags(cell):
            exec(cell.source, names)
    return [value for value in names.values() if isinstance(value, Exercise)]


def answers_of(path: Path) -> ModuleType:
    file = ANSWERS / f"lesson_{path.name[:2]}.py"
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def every_exercise():
    found = []
    for path in LESSONS:
        answers = answers_of(path)
        for exercise in exercises_of(path):
            accepted = answers.ACCEPTED.get(exercise.name, [])
            wrong = answers.WRONG.get(exercise.name, [])
            found.append(pytest.param(exercise, accepted, wrong, id=exercise.name))
    return found


for_each = pytest.mark.parametrize(("exercise", "accepted", "wrong"), every_exercise())
quiet = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::FutureWarning")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name[:2])
def test_the_answers_belong_to_the_exercises_of_the_lesson(path):
    names = {exercise.name for exercise in exercises_of(path)}
    answers = answers_of(path)
    assert set(answers.ACCEPTED) == set(answers.WRONG) == names


@quiet
@for_each
def test_right_answers_pass_however_they_are_written(exercise, accepted, wrong):
    assert len(accepted) >= 3
    for answer in accepted:
        assert exercise.verdict(answer) == ("passed", "well done."), answer


@quiet
@for_each
def test_wrong_answers_are_refused(exercise, accepted, wrong):
    assert len(wrong) >= 5
    beyond = 0
    for answer in wrong:
        status, text = exercise.verdict(answer)
        assert status == "not yet right", (answer, text)
        assert len(text.split()) >= 4
        beyond += BEYOND in text
    if exercise.accept is None:
        assert len(exercise.hidden) >= 2, "two cases that the learner does not see"
        assert beyond >= 2, "two wrong answers that only a hidden case refuses"


@quiet
@for_each
def test_known_mistakes_get_the_sentence_meant_for_them(exercise, accepted, wrong):
    for meaning, mistake in exercise.mistakes.items():
        if isinstance(mistake, dict):  # its entries are enough
            mistake = {**accepted[0], **mistake}
        status, text = exercise.verdict(mistake)
        assert status == "not yet right", f"{exercise.name} accepts a mistake: {meaning}"
        assert meaning in text, f"{exercise.name} does not say {meaning!r} but {text!r}"
        assert len(meaning.split()) >= 4


@quiet
@for_each
def test_no_answer_and_nonsense(exercise, accepted, wrong):
    assert exercise.verdict(...)[0] == exercise.verdict(None)[0] == "not yet tried"
    nonsense = ["a word", 7, object(), [], {}, {"a": 1}, Evil(), (x for x in "ab"), float, 2j]
    for answer in nonsense:
        status, text = exercise.verdict(answer)
        assert status == "not yet right", (answer, text)
        assert len(text.split()) >= 4
    if exercise.cases:
        assert exercise.verdict(lambda *_: ...)[0] == "not yet tried"
        assert "raised KeyError: 'no such word'" in exercise.verdict(raising(KeyError))[1]


@quiet
@for_each
def test_a_function_runs_once_for_each_case(exercise, accepted, wrong):
    if exercise.accept is not None:
        pytest.skip("the answer is a value")
    for answer in (accepted[0], *wrong):
        calls = Counter()

        def counted(*arguments, answer=answer, calls=calls):
            calls[len(calls)] += 1
            return answer(*arguments)

        passed = exercise.verdict(counted)[0] == "passed"
        assert len(calls) <= len(exercise.cases)
        assert passed == (answer is accepted[0])
        if passed:
            assert len(calls) == len(exercise.cases)


@for_each
def test_the_solution_can_be_shown(exercise, accepted, wrong):
    source = solution_source(exercise.name)
    assert source
    assert "check_solution" not in source
    assert not source.startswith("# Solution of")


# The module


class Evil:
    """Raises whatever is done with it."""

    def __repr__(self):
        raise ValueError("no text")

    def __eq__(self, other):
        raise ZeroDivisionError("no comparison")

    __hash__ = None

    def __len__(self):
        raise MemoryError("no length")

    def __getattr__(self, name):
        raise LookupError(f"no {name}")


def raising(kind):
    def function(*_):
        raise kind("no such word")

    return function


def doubled(numbers):
    return [2 * number for number in numbers]


def doubling(**options) -> Exercise:
    parts = {
        "cases": [(([1, 2],), [2, 4])],
        "hidden": {"negative numbers": (([-1],), [-2]), "an empty list": (([],), [])},
        "mistakes": {
            "This is the list itself.": lambda numbers: numbers,
            "These are the squares.": lambda numbers: [n * n for n in numbers],
            "Doubling a list repeats it.": lambda numbers: numbers * 2,
        },
    }
    return Exercise("99-doubling", **{**parts, **options})


def judging(expected) -> Exercise:
    """An exercise whose one case has to give `expected`."""
    mistakes = {word: lambda: "unlikely" for word in "abc"}
    return Exercise("99-result", cases=[((), expected)], mistakes=mistakes)


@pytest.fixture(autouse=True)
def nothing_done_yet(monkeypatch):
    monkeypatch.setattr(exercises, "_progress", {})
    monkeypatch.setattr(exercises, "_predictions", {})


SAME = [
    (12, 12.0),
    (12, np.int8(12)),
    (0.96, np.float32(0.96)),
    (0.5, Fraction(1, 2)),
    (0.96, np.array(0.96)),
    (1.0, 1 + 1e-8),
    (0.0, 1e-9),
    (0.0, np.float32(3e-8)),  # a right angle in float32
    (np.array([1.0, 0.0]), np.array([1.0, 3e-8], dtype=np.float32)),
    ([1.0, 0.0], [1.0, 3e-8]),
    ([[1e6, 1e-11]], [[1e6, 0.0]]),
    ([], np.zeros((0, 5))),
    ([1, 2], (1.0, 2.0)),
    ([1, 2], np.array([1, 2])),
    (np.array([1.0, 2.0]), [1, 2]),
    ([1, 2], pd.Series([1, 2])),
    ([0, 1], range(2)),
    ([[1, 2], []], [np.array([1, 2]), ()]),
    ([("a", "b")], [["a", np.str_("b")]]),
    ([("a", "b")], np.array([["a", "b"]])),
    ({"a": 1, "b": 2}, {"b": 2.0, "a": np.int64(1)}),
    ({"a": 1}, Counter("a")),
    ({1, 2}, frozenset([2, 1])),
    (math.nan, np.nan),
    (math.inf, np.inf),
    (True, np.bool_(True)),
    (10**400, 10**400),
    (None, None),
    (6e-17, 0.0),  # what rounding has left of 0
    (np.array([6e-17, 1.0]), np.array([0.0, 1.0])),
    (np.array([1, 2]), np.ma.array([1, 2])),
    (np.array([1, 2]), np.array([1, 2], dtype=np.uint8)),
]
DIFFERENT = [
    (12, "12"),
    (0.96, "0.96"),
    (0.96, np.str_("0.96")),
    (0.96, np.array("0.96")),
    (1.0, True),
    (1.0, np.bool_(True)),
    (True, 1),
    ([1, 0], [True, False]),
    ([1, 0], np.array([True, False])),
    ([1.0, 0.0], np.array(["1.0", "0.0"])),
    ("12", 12),
    ("ab", ["a", "b"]),
    (["a", "b"], "ab"),
    (1.0, 1 + 1e-5),
    (1.0, 1.005),
    (np.array([1.0, 2.0]), np.array([1.0, 2.005])),
    (np.array([1.0, 2.0]), [1.0, 2.005]),
    (0.0, 1e-6),
    (100_000_000, 100_000_001),
    (1.0, math.nan),
    ([1.0, 0.0], [1.0, math.nan]),
    (np.array([1.0, 0.0]), np.array([1.0, math.nan])),
    (1.0, math.inf),
    (1.0, 10**400),
    (10**400, 1.0),
    (1.0, 1 + 1j),
    (1.0, [1.0]),
    ([1.0], 1.0),
    ([1, 2], [1, 2, 3]),
    ([1, 2], [1]),
    ([1, 2], {1, 2}),
    ({1, 2}, [1, 2]),
    (np.zeros((2, 1)), np.zeros(2)),
    (np.zeros(2), np.zeros((1, 2))),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": 1}),
    ({"a": 1}, [("a", 1)]),
    ({"1": 1}, {1: 1}),
    (1e-9, 0.0),
    ([0.5, 1e-9], [0.5, 0.0]),
    ([1.0, 1e-9], [1.0, 2e-9]),
    (np.array([1.0, 1e-9]), np.array([1.0, 2e-9])),  # like a list
    ([0.0, 2e-9], [1e-9, 2e-9]),  # like an array
    ([100_000_000, 0.5], [100_000_001, 0.5]),
    ([10**400, 1], [10**400 + 1, 1]),
    (np.array([1e-9, 2e-9]), np.array([0.0, 2e-9])),
    (np.array([10_000_001]), np.array([10_000_000])),
    (np.array([1.0, 2.0]), np.ma.array([1.0, 9.0], mask=[False, True])),
]


@pytest.mark.parametrize(("expected", "got"), SAME, ids=repr)
def test_equal_in_value_is_the_same(expected, got):
    assert judging(expected).verdict(lambda: got)[0] == "passed"


@pytest.mark.parametrize(("expected", "got"), DIFFERENT, ids=lambda x: repr(x)[:30])
def test_other_values_and_other_kinds_are_refused(expected, got):
    status, text = judging(expected).verdict(lambda: got)
    assert status == "not yet right"
    assert "it should give" in text


ODD = [
    Evil(),
    [Evil()],
    {"a": Evil()},
    Evil,
    object(),
    (x for x in "ab"),
    itertools.count(),
    map(str, [1]),
    10**5000,
    [0] * 10**5,
    np.zeros((1000, 1000)),
    "long" * 10**5,
    "\ud800",
    {"a": [[[[[[[[[1]]]]]]]]]},
    np.array([None, Evil], dtype=object),
    lambda: 1,
    2j,
    b"bytes",
    {1, 2},
    pd.DataFrame({"a": [1]}),
]


@pytest.mark.parametrize("expected", [1.0, [1.0, 2.0], {"a": 1}, "word", np.zeros((2, 2))])
def test_no_result_whatever_makes_a_check_raise(expected, capsys):
    cyclic = []
    cyclic.append(cyclic)
    for odd in [*ODD, cyclic]:
        status, text = judging(expected).verdict(lambda odd=odd: odd)
        assert status == "not yet right", text
        assert len(text) < 500
        text.encode("utf-8")
        judging(expected).check(lambda odd=odd: odd)


def test_no_value_whatever_makes_a_check_raise():
    exercise = Exercise(
        "99-value",
        accept=lambda answer: None if answer["a"] > 1 else "Too small.",
        mistakes={"This is 0.": {"a": 0}, "This is 1.": {"a": 1}, "Negative.": {"a": -1}},
    )
    for odd in ODD:
        assert exercise.verdict(odd)[0] == "not yet right"
        assert exercise.verdict({"a": odd})[0] in ("not yet right", "passed")
    text = exercise.verdict({"a": "1"})[1]
    assert text.startswith("{'a': '1'} cannot be checked (TypeError: '>' not supported")
    assert text.endswith("Is it of the type asked for?")
    assert exercise.verdict({"a": 2}) == ("passed", "well done.")
    assert exercise.verdict({"a": 1}) == ("not yet right", "Too small. This is 1.")


@pytest.mark.parametrize(
    "kind", [OverflowError, RecursionError, SystemExit, MemoryError, GeneratorExit, KeyError]
)
def test_whatever_the_function_raises_is_said(kind):
    status, text = doubling().verdict(raising(kind))
    assert status == "not yet right"
    assert text.startswith(f"function([1, 2]) raised {kind.__name__}: ")


def test_no_odd_answer_makes_a_check_raise(capsys):
    for odd in [*ODD, Evil()]:
        doubling().check(odd)
        assert "Exercise 99-doubling: not yet" in capsys.readouterr().out


def test_an_answer_whose_code_is_odd_counts_as_a_try_and_stops_nothing(capsys):
    class Arrays:
        @property
        def __code__(self):
            return np.array([1, 2])

        def __call__(self):
            return 5

    class Raising:
        def __eq__(self, other):
            raise RuntimeError("no")

        __hash__ = None

    odd = Arrays()
    odd_too = type("Odd", (Arrays,), {"__code__": Raising()})()
    exercise = judging(4)
    for answer in (odd, odd_too, odd, lambda: 6):
        exercise.check(answer)
    assert len(exercise.progress.wrong) == 4
    assert capsys.readouterr().out.count("not yet right") == 4


def test_a_function_that_takes_too_much_has_been_tried():
    for wrong in (lambda x: 4, lambda x: "all"):
        status, text = judging(4).verdict(wrong)
        assert status == "not yet right" and "missing 1 required positional argument" in text

    def nothing_yet(x): ...

    assert judging(4).verdict(nothing_yet)[0] == "not yet tried"


def test_an_error_without_words_or_with_evil_ones(capsys):
    def unprintable(numbers):
        raise ValueError("\ud800")

    doubling().check(unprintable)
    assert "raised ValueError: \\ud800" in capsys.readouterr().out

    class Silent(Exception):
        def __str__(self):
            raise ValueError

    def silent(numbers):
        raise Silent

    assert doubling().verdict(silent)[1].endswith("raised Silent")
    assert "RecursionError" in doubling().verdict(endless)[1]


def endless(numbers):
    return endless(numbers)


def test_the_learner_can_interrupt():
    with pytest.raises(KeyboardInterrupt):
        doubling().check(raising(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        judging(1).verdict(lambda: Interrupting())


class Interrupting:
    @property
    def __array__(self):
        raise KeyboardInterrupt


def test_a_function_must_not_change_the_callers_data():
    def in_place(numbers):
        for i in range(len(numbers)):
            numbers[i] *= 2
        return numbers

    cases = [(([1, 2],), [2, 4])]
    exercise = doubling(cases=cases)
    status, text = exercise.verdict(in_place)
    assert status == "not yet right"
    assert "the results are right, but in_place changed its argument `numbers`" in text
    assert cases == [(([1, 2],), [2, 4])]
    assert exercise.verdict(doubled)[0] == "passed"

    def emptied(numbers):
        numbers.clear()
        return []

    text = exercise.verdict(emptied)[1]
    assert "gave []; it should give [2, 4]. It also changed its argument `numbers`" in text
    assert "argument number 1" in exercise.verdict(lambda *a: in_place(*a))[1]


@pytest.mark.parametrize(
    ("given", "change"),
    [
        (np.array([1.0, 2.0]), lambda x: np.add(x, 1e-9, out=x)),
        ([1.0, 2.0], lambda x: x.__setitem__(0, 1.0 + 1e-9)),
        ({"a": [1]}, lambda x: x.update(a=[1.0])),
        ({"a": 1}, lambda x: x.update(a=True)),
    ],
)
def test_a_change_is_one_however_small(given, change):
    def answer(x):
        change(x)
        return 3

    mistakes = {word: lambda x: "unlikely" for word in "abc"}
    exercise = Exercise("99-small", cases=[((given,), 3)], mistakes=mistakes)
    assert "changed its argument `x`" in exercise.verdict(answer)[1]
    assert exercise.verdict(lambda x: 3)[0] == "passed"


def test_an_argument_with_nan_in_it_is_not_said_to_be_changed():
    mistakes = {word: lambda x: "unlikely" for word in "abc"}
    for given in ([math.nan], np.array([np.nan]), {"a": math.nan}, pd.Series([np.nan])):
        exercise = Exercise("99-nan", cases=[((given,), 3)], mistakes=mistakes)
        assert exercise.verdict(lambda x: 3)[0] == "passed"


def test_an_argument_that_no_copy_equals_is_not_said_to_be_changed():
    def drawn(rng):
        return rng.integers(0, 100)

    expected = np.random.default_rng(3).integers(0, 100)
    mistakes = {"One.": lambda _: 1, "Two.": lambda _: 2, "Three.": lambda _: 3}
    cases = [((np.random.default_rng(3),), expected)]
    exercise = Exercise("99-drawn", cases=cases, mistakes=mistakes)
    assert exercise.verdict(drawn) == ("passed", "well done.")
    assert "changed" not in exercise.verdict(lambda rng: -1)[1]


def test_a_changed_array_a_new_key_and_a_new_type_are_noticed():
    mistakes = {"One.": lambda *_: 1, "Two.": lambda *_: 2, "Three.": lambda *_: 3}
    arguments = (np.array([3.0, 4.0]), {"a": 1}, [1, 2])
    exercise = Exercise("99-many", cases=[(arguments, 0)], mistakes=mistakes)

    def divide(u, ids, words):
        u /= 5
        return 0

    def insert(u, ids, words):
        ids.setdefault("b", 2)
        return 0

    def retype(u, ids, words):
        words[0] = "1"
        return 0

    assert "`u`" in exercise.verdict(divide)[1]
    assert "`ids`" in exercise.verdict(insert)[1]
    assert "`words`" in exercise.verdict(retype)[1]
    assert exercise.verdict(lambda u, ids, words: 0)[0] == "passed"
    assert arguments[0].tolist() == [3.0, 4.0]


def test_a_hidden_case_is_described_and_its_result_kept():
    status, text = doubling().verdict(lambda numbers: [abs(2 * n) for n in numbers])
    assert status == "not yet right"
    assert (
        "is right on the cases shown. For negative numbers, it does not give the right" in text
    )
    assert "-2" not in text
    text = doubling().verdict(lambda numbers: [2 * n for n in numbers] if numbers else 1 / 0)[
        1
    ]
    assert "For an empty list, it raised ZeroDivisionError" in text


def test_a_meaning_is_found_in_the_first_case_that_fails():
    def squares_and_no_empty_list(numbers):
        return [n * n for n in numbers] if numbers else 1 / 0

    exercise = doubling(cases=[(([2, 2],), [4, 4]), (([1, 2],), [2, 4]), (([5],), [10])])
    assert exercise.verdict(squares_and_no_empty_list)[1].endswith("These are the squares.")
    # Twice the list gives four numbers here and is wrong in the first case, not in the second.
    assert "Doubling" not in exercise.verdict(squares_and_no_empty_list)[1]
    repeated = exercise.verdict(lambda numbers: [*numbers, *numbers])[1]
    assert repeated.endswith("Doubling a list repeats it.")


def test_a_mistake_that_fails_where_the_learner_succeeds_is_not_the_learners():
    mistakes = {
        "Always the first.": lambda a, b: a,
        "Always the second.": lambda a, b: b,
        "The smaller.": min,
    }
    exercise = Exercise("99-max", cases=[((2, 1), 2), ((1, 2), 2)], mistakes=mistakes)
    # 1 in the second case: the smaller, too, is 1 there, but it would be wrong in the first.
    text = exercise.verdict(lambda a, b: a)[1]
    assert text.endswith("(1, 2) gave 1; it should give 2. Always the first.")
    text = exercise.verdict(lambda a, b: min(a, b))[1]
    assert text.endswith("It may be one of these. Always the second. The smaller.")


def test_a_generator_is_told_to_become_a_list():
    text = doubling().verdict(lambda numbers: (2 * n for n in numbers))[1]
    assert "returned an iterator: make it a list, `list(...)`." in text


def test_several_meanings_that_fit_are_all_named():
    mistakes = {"It is one.": lambda: 1, "It is 1.0.": lambda: 1.0, "Two.": lambda: 2}
    text = Exercise("99-three", cases=[((), 3)], mistakes=mistakes).verdict(lambda: 1)[1]
    assert text.endswith("It may be one of these. It is one. It is 1.0.")


def test_a_known_mistake_runs_once_and_without_warnings(recwarn):
    calls = []

    def noisy(numbers):
        calls.append(numbers)
        np.log(np.array([0.0])) / np.array([0.0])
        warnings.warn("not about the learner's code", stacklevel=1)
        return "noise"

    exercise = doubling(mistakes={"Noise.": noisy, "B.": len, "C.": raising(KeyError)})
    for _ in range(3):
        exercise.verdict(lambda numbers: 17)
    assert calls == [[1, 2]]
    assert not recwarn.list
    assert exercise.verdict(lambda numbers: "noise")[1].endswith("Noise.")


def test_prints_of_the_function_appear_once(capsys):
    def chatty(numbers):
        print("here")
        return 0

    doubling().check(chatty)
    assert capsys.readouterr().out.count("here") == 1


def test_code_that_prints_and_forgets_to_return_has_been_tried():
    def stub(numbers):
        """Return twice the numbers."""
        ...

    def prints(numbers):
        print(2 * numbers)

    def fills_in(numbers):
        result = ...
        return result

    def only_sometimes(numbers):
        if numbers[0] > 0:
            return doubled(numbers)

    def raises_the_stub(numbers):
        raise NotImplementedError("your code here")

    exercise = doubling()
    assert exercise.verdict(stub)[0] == "not yet tried"
    assert exercise.verdict(raises_the_stub)[0] == "not yet tried"
    status, text = exercise.verdict(prints)
    assert status == "not yet right"
    assert text == "prints([1, 2]) returned nothing (None): does it have a `return`?"
    status, text = exercise.verdict(fills_in)
    assert (status, "returned `...`" in text) == ("not yet complete", True)
    status, text = exercise.verdict(only_sometimes)
    assert status == "not yet right"
    assert "For negative numbers, it returned nothing (None): does every way" in text


def test_a_class_is_tried_through_use():
    class Stub:
        def __init__(self, numbers): ...

        def total(self): ...

    class Right(Stub):
        def __init__(self, numbers):
            self.numbers = numbers

        def total(self):
            return sum(self.numbers)

    def totals(adder, numbers):
        return adder(numbers).total()

    mistakes = {"The largest.": max, "The smallest.": min, "The number.": len}
    exercise = Exercise("99-class", use=totals, cases=[(([1, 2],), 3)], mistakes=mistakes)
    assert exercise.verdict(Right)[0] == "passed"
    assert exercise.verdict(Stub)[0] == "not yet tried"
    assert (
        "Wrong([1, 2]) gave 1" in exercise.verdict(type("Wrong", (Right,), {"total": one}))[1]
    )


def one(self):
    return 1


def test_half_filled_answers_name_what_is_open():
    def accept(answer):
        return None if answer == [1, 2] else "Not right."

    mistakes = {"Reversed.": [2, 1], "Zeros.": [0, 0], "Ones.": [1, 1]}
    exercise = Exercise("99-filled", accept=accept, mistakes=mistakes)
    assert exercise.verdict([..., ...])[0] == "not yet tried"
    assert exercise.verdict([None, None])[0] == "not yet tried"
    assert exercise.verdict({"a": ..., "b": ...})[0] == "not yet tried"
    assert exercise.verdict([1, ...]) == ("not yet complete", "still open: number 2.")
    assert exercise.verdict({"a": 1, "b": ...}) == ("not yet complete", "still open: b.")
    assert exercise.verdict([[1, ...], 2]) == ("not yet complete", "still open: number 1.")
    assert exercise.verdict([2, 1]) == ("not yet right", "Not right. Reversed.")
    assert exercise.verdict([1, 2])[0] == "passed"


def test_a_value_is_judged_on_a_copy():
    def spoil(answer):
        answer.clear()
        return "Not right."

    answer = [1, 2]
    mistakes = {"Reversed.": [2, 1], "Zeros.": [0, 0], "Equal.": [1, 2]}
    exercise = Exercise("99-spoiled", accept=spoil, mistakes=mistakes)
    assert exercise.verdict(answer)[1] == "Not right. Equal."
    assert answer == [1, 2]


def test_an_answer_that_is_changed_after_it_passed_stays_as_it_was(capsys):
    mistakes = {"One.": [1], "Two.": [2], "Three.": [3]}
    accept = {"accept": lambda answer: None if answer == [1, 2] else "No."}
    exercise = Exercise("99-list", mistakes=mistakes, **accept)
    answer = [1, 2]
    exercise.check(answer)
    answer.append(99)
    assert exercise.passed_or([]) == [1, 2]


def test_a_mistake_in_a_dict_needs_only_its_entries():
    mistakes = {
        "b is not x.": {"b": "x"},
        "a is not y.": {"a": "y"},
        "Both.": {"a": 1, "b": 2},
    }
    exercise = Exercise("99-dict", accept=lambda answer: "Wrong.", mistakes=mistakes)
    assert exercise.verdict({"a": "y", "b": "x"})[1] == "Wrong. b is not x. a is not y."
    assert exercise.verdict({"a": "z", "b": "x"})[1] == "Wrong. b is not x."
    assert exercise.verdict({"a": 3})[1] == "Wrong."


def test_long_results_name_the_first_difference():
    right = list(range(100))
    wrong = [*right[:77], 0, *right[78:]]
    text = judging(right).verdict(lambda: wrong)[1]
    assert text.endswith("The first difference is at [77].")
    text = judging(np.arange(400).reshape(20, 20)).verdict(lambda: np.zeros((20, 20)))[1]
    assert "[0][1]" in text
    nested = {"a": [1, [2.0]]}
    assert "[1][0]" not in judging(nested).verdict(lambda: {"a": [1, [3.0]]})[1]


def test_messages_break_between_words(capsys):
    doubling().check(lambda numbers: [10**i for i in range(12)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= exercises.WIDTH


# Tries, solutions, and what a lesson goes on with


LESSON = [
    ("check", 'other_exercise = Exercise(\n    "99-other", mistakes={})'),
    ("solution", "# Solution of exercise 99.1\nsolution_other = 1"),
    ("check", '# Check\ndoubling_exercise = Exercise(\n    "99-doubling", mistakes={})'),
    ("", "doubling_exercise.check(doubled)"),
    (
        "solution",
        "# Solution of exercise 99.2: click to unfold\ndef solution_doubled(numbers):\n"
        "    return [2 * n for n in numbers if n < 1e9]\n\n\n"
        "doubling_exercise.check_solution(solution_doubled)",
    ),
]


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    cells = []
    for tag, source in LESSON:
        lines = source.splitlines(keepends=True)
        cells.append({"cell_type": "code", "metadata": {"tags": [tag]}, "source": lines})
    path = tmp_path / "99_made_up.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown"}, *cells]}))
    monkeypatch.setattr(settings, "NOTEBOOKS", tmp_path)
    return path


SOLUTION = "def solution_doubled(numbers):\n    return [2 * n for n in numbers if n < 1e9]"


def test_the_solution_is_found_below_its_exercise(lesson):
    assert solution_source("99-doubling") == SOLUTION
    assert solution_source("99-other") == "solution_other = 1"
    assert solution_source("99-double") is None
    copy = lesson.with_name("99_Made_up-Copy1.ipynb")  # sorts before the lesson
    copy.write_text(lesson.read_text().replace("1e9", "2"))
    assert solution_source("99-doubling") == SOLUTION
    lesson.write_text("no notebook")
    assert solution_source("99-doubling") is None


def test_the_solution_shows_after_three_different_wrong_tries(lesson, capsys):
    def check(answer) -> bool:
        doubling().check(answer)
        return "One solution" in capsys.readouterr().out

    tries = [lambda numbers: 1, lambda numbers: 2, lambda numbers: 3]
    assert not check(tries[0])
    assert not check(tries[0])  # the same cell again, an exercise made anew
    assert not check(...)
    assert not check(lambda numbers: ...)
    assert not check(tries[0])
    assert not check(tries[1])
    assert check(tries[2])
    assert check(tries[0])
    assert not check(...)


def test_after_a_pass_the_solution_unfolds(lesson, monkeypatch):
    shown = []
    monkeypatch.setattr(claims, "show", lambda plain, markup: shown.append((plain, markup)))
    doubling().check(doubled)
    [(plain, markup)] = shown
    assert "    def solution_doubled(numbers):\n        return [2 * n" in plain
    assert markup.startswith("<details open>")
    assert "n &lt; 1e9]" in markup


def test_without_its_lesson_the_solution_is_pointed_to(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(settings, "NOTEBOOKS", tmp_path)
    doubling().check(doubled)
    assert "The solution is in the collapsed cell below." in capsys.readouterr().out


def test_what_stands_after_a_check(lesson, capsys):
    def course(numbers):
        return numbers

    exercise = doubling()
    assert exercises.status() == {"99-doubling": "open"}
    assert exercise.passed_or(course) is course
    exercise.check(doubled)
    assert capsys.readouterr().out.startswith("✔ Exercise 99-doubling: passed; well done.")
    assert exercises.status() == {"99-doubling": "passed"}
    assert exercise.passed_or(course) is doubled
    assert doubling().passed_or(course) is doubled  # the check cell was run again
    exercise.check(len)
    assert capsys.readouterr().out.startswith("✘ Exercise 99-doubling: not yet right; len(")
    assert exercises.status() == {"99-doubling": "open"}
    assert exercise.passed_or(course) is course
    exercise.check(...)
    assert capsys.readouterr().out.startswith("○ Exercise 99-doubling: not yet tried; put")


def test_the_solution_has_to_pass_and_says_nothing(capsys):
    exercise = doubling()
    exercise.check_solution(doubled)
    assert capsys.readouterr().out == ""
    assert exercises.status() == {"99-doubling": "open"}
    with pytest.raises(AssertionError, match="the solution of 99-doubling is not yet right"):
        exercise.check_solution(len)


def test_an_exercise_needs_mistakes_and_one_way_to_judge():
    with pytest.raises(ValueError, match="three or more"):
        doubling(mistakes={})
    with pytest.raises(ValueError, match="either cases or accept"):
        doubling(accept=bool)
    with pytest.raises(ValueError, match="either cases or accept"):
        doubling(cases=[])
    with pytest.raises(ValueError, match="hidden and use belong to cases"):
        doubling(cases=[], accept=bool)
    with pytest.raises(ValueError, match="hidden and use belong to cases"):
        doubling(cases=[], hidden={}, use=len, accept=bool)


def test_numbers_are_numbers():
    assert as_numbers([1, (2.5, np.int8(3))][1]).tolist() == [2.5, 3.0]
    assert as_numbers(np.array([[1, 2]])).dtype == float
    for answer in (["1", 2], [True, 2.0], np.array([True]), np.array(["1"])):
        with pytest.raises(TypeError, match="is no number"):
            as_numbers(answer)


# Predictions


def said(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_a_number_comes_back_beside_the_result(capsys):
    guess = Prediction("99-share", "How many pairs?", unit="%")
    guess.compare(12)
    assert said(capsys) == "How many pairs? No prediction. The result: 12%."
    guess.record(...)
    assert said(capsys) == "○ How many pairs? Put a number where the `...` is, then go on."
    for answer in (30, "30", "30 %", np.float32(30)):
        guess.record(answer)
        assert said(capsys) == "✔ Your prediction is noted: 30%."
    Prediction("99-share", "How many pairs?", unit="%").compare(np.float64(12.04))
    text = (
        "How many pairs? You predicted 30%; the result: 12%. Your guess is 18 points too high."
    )
    assert said(capsys) == text
    guess.compare(30)
    assert said(capsys).endswith("As you predicted.")
    guess.compare(45.5)
    assert said(capsys).endswith("Your guess is 15.5 points too low.")
    guess.record(...)
    guess.compare(12)
    assert "No prediction" in said(capsys)


def test_a_number_has_its_unit(capsys):
    guess = Prediction("99-words", "Until when?", unit="words")
    guess.record("−1200 words")
    assert said(capsys) == "✔ Your prediction is noted: -1,200 words."
    guess.compare(300)
    assert said(capsys).endswith("Your guess is 1,500 words too low.")


@pytest.mark.parametrize(
    ("unit", "answer", "noted"),
    [
        ("words", "1 word", "1 words"),
        ("", "1,000", "1,000"),
        ("words", "-12,345.5 words.", "-12,346 words"),
        ("%", "50%.", "50%"),
        ("%", ".5 %", "0.5%"),
    ],
)
def test_a_number_may_be_written_as_people_write(unit, answer, noted, capsys):
    Prediction("99-written", "How many?", unit=unit).record(answer)
    assert said(capsys) == f"✔ Your prediction is noted: {noted}."


def test_what_is_no_number_is_no_prediction(capsys):
    guess = Prediction("99-odd", "How many?")
    odd_ones = ["many", "", math.nan, "inf", [1, 2], Evil(), 10**400, {}]
    for odd in [*odd_ones, True, np.bool_(False), ".", "1,2", "0,001.5,2"]:
        guess.record(odd)
        assert said(capsys).endswith("cannot be compared: give a number.")
        guess.compare(3)
        assert "No prediction" in said(capsys)


def test_a_choice_comes_back_beside_the_result(capsys):
    guess = Prediction("99-which", "Which falls?", choices=["Neither", "The loss"])
    guess.record(None)
    assert "Put one of Neither, The loss where" in said(capsys)
    guess.record(7)
    assert said(capsys) == "✘ 7 cannot be compared: give one of Neither, The loss."
    guess.record(" the loss")
    assert said(capsys) == "✔ Your prediction is noted: The loss."
    guess.compare("The loss")
    assert said(capsys).endswith("the result: The loss. As you predicted.")
    guess.compare("Neither")
    assert said(capsys).endswith("the result: Neither. Not as you predicted.")


def test_cases_are_not_shared_between_answers():
    arguments = ({"a": [1]},)
    mistakes = {"One.": lambda _: 1, "Two.": lambda _: 2, "Three.": lambda _: 3}
    exercise = Exercise("99-shared", cases=[(arguments, 0)], mistakes=mistakes)
    before = copy.deepcopy(arguments)
    exercise.verdict(lambda words: words["a"].append(2))
    exercise.verdict(lambda words: words.clear() or 1)
    assert arguments == before
