"""Exercises that answer at once, predictions that come back, and the pre-test of lesson 00."""

import copy
import dis
import hashlib
import html
import inspect
import json
import math
import re
import reprlib
import textwrap
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np

from helpers import claims, settings

PRETEST = settings.DATASETS / "pretest.json"
SCORES = "pretest.json"  # in the cache folder: what this learner answered, kept for lesson 13

PASSED, WRONG = "passed", "not yet right"
OPEN, PARTLY = "not yet tried", "not yet complete"
MARKS = {PASSED: "✔", WRONG: "✘", OPEN: "○", PARTLY: "○"}
TRIES = 3  # wrong ones, until the solution is shown
# Numbers that differ by no more are the same. In float32, which models return, two vectors at
# a right angle easily have a cosine of 3e-8.
RELATIVE, ABSOLUTE = 1e-6, 1e-7
ZERO = 1e-12  # a number below it is what rounding has left of 0
FLOAT32, FLOAT64 = 1.2e-7, 1e-14  # what the last digits of such numbers are worth, beside 1
SHOWN = 110  # letters of an answer that a message quotes
WIDTH = 95  # columns of a message
LESSON_NAME = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")  # no "-Copy1", no kept version
NUMBER_AND_LETTER = re.compile(r"(\d+)\W*([^\W\d_])")  # "1c", "2. b"
NUMBERED = re.compile(rf"(?:\W*{NUMBER_AND_LETTER.pattern})+\W*")
THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
EMPTY_STEPS = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}

Accept = Callable[[Any], str | None]


@dataclass
class _Progress:
    """How far the learner has come with one exercise in this kernel."""

    wrong: list[Any] = field(default_factory=list)  # the wrong answers so far, each once
    has_passed: bool = False
    answer: Any = None  # the last one


_progress: dict[str, _Progress] = {}
_predictions: dict[str, Any] = {}


def status() -> dict[str, str]:
    """Return which exercises of this kernel are done.

    Returns
    -------
    dict of str to str
        Name of the exercise -> "passed" or "open", in the order of the lesson. The pre-test is
        done when all its questions are answered, rightly or wrongly.
    """
    return {name: "passed" if p.has_passed else "open" for name, p in _progress.items()}


class Exercise:
    """One exercise: how to tell a right answer, and what the usual wrong ones mean.

    Parameters
    ----------
    name : str
        Unique in the course; starts with the number of the lesson, like `"01-cosine"`.
    cases : sequence of (tuple, result)
        If the answer is a function: arguments, and what it has to return for them. They are
        quoted to the learner.
    hidden : dict of str to (tuple, result)
        More cases, tried after those. A learner is told only the key, what kind of case it is,
        as in `"a text in which a word occurs twice"`.
    accept : callable
        If the answer is a value: returns None if it is right, else a sentence.
    use : callable
        How a case tries an answer, `use(answer, *arguments)`, if it is not called with them.
    mistakes : dict of str to answer
        What a plausible wrong answer means, and that answer. If answers are dicts, the entries
        that make the mistake are enough.

    Raises
    ------
    ValueError
        If there are fewer than three mistakes, or not exactly one of `cases` and `accept`.
    """

    def __init__(
        self,
        name: str,
        *,
        cases: Sequence[tuple[tuple, Any]] = (),
        hidden: Mapping[str, tuple[tuple, Any]] | None = None,
        accept: Accept | None = None,
        use: Callable | None = None,
        mistakes: Mapping[str, Any],
    ) -> None:
        if bool(cases) == bool(accept):
            raise ValueError(f"exercise {name!r} takes either cases or accept")
        if accept and (hidden or use):
            raise ValueError(f"exercise {name!r}: hidden and use belong to cases")
        if len(mistakes) < 3:
            problem = f"exercise {name!r} knows {len(mistakes)} mistakes"
            raise ValueError(f"{problem}: give three or more")
        self.name, self.accept, self.use, self.mistakes = name, accept, use, mistakes
        self.hidden = dict(hidden or {})
        self.cases = [*cases, *self.hidden.values()]
        self._kinds = [""] * len(cases) + list(self.hidden)
        self._mistaken: dict[tuple[str, int], _Trial] = {}
        self.progress = _progress.setdefault(name, _Progress())

    def check(self, answer: Any) -> None:
        """Print what the answer is worth, and the solution after a pass or three wrong tries.

        Never raises, so an open exercise stops nothing.

        Parameters
        ----------
        answer : function or value
            The learner's function itself, not its result.
        """
        state, text = self.verdict(answer)
        _say(f"{MARKS[state]} Exercise {self.name}: {state}; {text}")
        progress = self.progress
        progress.has_passed = state == PASSED
        progress.answer = answer
        if state == PASSED and self.accept is not None:
            progress.answer = copy.deepcopy(answer)  # a value may be changed later
        if state == WRONG:
            mark = _fingerprint(answer)
            if mark not in progress.wrong:  # the same cell, run again, is no new try
                progress.wrong.append(mark)
        if state == PASSED or (state == WRONG and len(progress.wrong) >= TRIES):
            _reveal(self.name)

    def check_solution(self, answer: Any) -> None:
        """Make sure, in silence, that the course's own solution passes.

        Raises
        ------
        AssertionError
            If it does not.
        """
        state, text = self.verdict(answer)
        if state != PASSED:
            raise AssertionError(f"the solution of {self.name} is {state}: {text}")

    def passed_or(self, solution: Any) -> Any:
        """Return the learner's answer if it passed the last check, else the course's."""
        return self.progress.answer if self.progress.has_passed else solution

    def verdict(self, answer: Any) -> tuple[str, str]:
        """Judge an answer.

        Returns
        -------
        (str, str)
            "passed", "not yet right", "not yet complete" or "not yet tried", and a sentence
            that says more.
        """
        if answer is None or answer is ...:
            return OPEN, "put your answer where the `...` is."
        try:
            if self.accept is not None:
                state, text = self._judge_value(answer, self.accept)
            else:
                state, text = self._judge_function(answer)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an odd answer may do anything when it is looked at
            kind = _describe(error)
            state = WRONG
            text = f"{_show(answer)} cannot be checked ({kind}). Is it of the type asked for?"
        return state, text.encode("utf-8", "backslashreplace").decode("utf-8")

    def _judge_value(self, answer: Any, accept: Accept) -> tuple[str, str]:
        parts, holes = _holes(answer)
        if parts and len(holes) == len(parts):
            return OPEN, "put your answers where the `...` are."
        if holes:
            return PARTLY, f"still open: {', '.join(holes)}."
        complaint = accept(copy.deepcopy(answer))
        if complaint is None:
            return PASSED, "well done."
        fitting = [text for text, m in self.mistakes.items() if _has_entries(answer, m)]
        return WRONG, " ".join([complaint, *fitting])

    def _judge_function(self, answer: Any) -> tuple[str, str]:
        if not callable(answer):
            return WRONG, f"hand over the function itself, not its result, {_show(answer)}."
        name = _name(answer)
        changed = ""  # the first argument that did not come back as it was
        for number, (arguments, expected) in enumerate(self.cases):
            kind = self._kinds[number]
            subject = f"{name}({', '.join(map(_show, arguments))})"
            if kind:
                subject = f"{name} is right on the cases shown. For {kind}, it"
            trial = self._try(answer, arguments)
            if number == 0 and trial.is_empty and _is_stub(answer):
                return OPEN, "replace the `...` (or the `raise`) with your code."
            if trial.error is not None:
                return WRONG, f"{subject} raised {_describe(trial.error)}"
            if trial.result is ... and expected is not ...:
                return PARTLY, f"{subject} returned `...`: something is still to be filled in."
            changed = changed or _changed(answer, trial.arguments, arguments)
            place = _difference(trial.result, expected)
            if place is None:
                continue
            said = [f"{subject} {self._complaint(number, trial.result, place)}"]
            if changed:
                said.append(f"It also changed its argument {changed}: work on a copy.")
            return WRONG, " ".join(said + self._meanings(number, trial.result))
        if changed:
            said = [f"the results are right, but {name} changed its argument {changed}:"]
            said.append("work on a copy, so that the caller's data stay as they were.")
            return WRONG, " ".join(said)
        return PASSED, "well done."

    def _complaint(self, number: int, result: Any, place: str) -> str:
        """Say what is wrong with the result of a case."""
        if result is None and number == 0:
            return "returned nothing (None): does it have a `return`?"
        if result is None:
            return "returned nothing (None): does every way through it end in a `return`?"
        if isinstance(result, Iterator):
            return "returned an iterator: make it a list, `list(...)`."
        if self._kinds[number]:
            return "does not give the right result."
        return f"gave {_compare(result, self.cases[number][1], place)}"

    def _try(self, answer: Any, arguments: tuple) -> "_Trial":
        """Run an answer on its own copy of the arguments; whatever it raises is caught."""
        given = copy.deepcopy(arguments)
        use = self.use or _call
        try:
            return _Trial(given, result=use(answer, *given))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, too: it is an answer like any other
            return _Trial(given, error=error)

    def _meanings(self, number: int, result: Any) -> list[str]:
        """Return what the known mistakes mean that give this result in case `number`.

        A mistake that goes wrong in an earlier case, which the learner got right, is not the
        learner's.
        """
        fitting = []
        for text, mistake in self.mistakes.items():
            *earlier, trial = [self._mistake(text, mistake, i) for i in range(number + 1)]
            is_right = [
                other.error is None and _difference(other.result, self.cases[i][1]) is None
                for i, other in enumerate(earlier)
            ]
            is_same = trial.error is None and _difference(result, trial.result) is None
            if is_same and all(is_right):
                fitting.append(text)
        return fitting if len(fitting) < 2 else ["It may be one of these.", *fitting]

    def _mistake(self, text: str, mistake: Any, number: int) -> "_Trial":
        """Run a known mistake on one case, once."""
        if (text, number) not in self._mistaken:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # they are not about the learner's code
                trial = self._try(mistake, self.cases[number][0])
            self._mistaken[text, number] = trial
        return self._mistaken[text, number]


@dataclass
class _Trial:
    """What came of running a function: its arguments afterwards, and a result or an error."""

    arguments: tuple
    result: Any = None
    error: BaseException | None = None

    @property
    def is_empty(self) -> bool:
        return self.error is not None or self.result is None or self.result is ...


def _call(answer: Callable, *arguments: Any) -> Any:
    return answer(*arguments)


def as_numbers(answer: Any) -> np.ndarray:
    """Return an answer as an array of floats, for an `accept` that computes with it.

    Raises
    ------
    TypeError
        If a part of it is text or a boolean: NumPy would take these for numbers.
    """
    for part in np.asarray(answer, dtype=object).ravel():
        if isinstance(part, str | bool | np.bool_):
            raise TypeError(f"{_show(part)} is no number")
    return np.asarray(answer, dtype=float)


def _difference(got: Any, expected: Any) -> str | None:
    """Return None if a result is as expected, else the place of the first difference.

    Lists, tuples, arrays and what turns into one are the same if their entries are. Numbers
    may differ by rounding. Strings, booleans and numbers are never the same, and NaN equals
    NaN only.
    """
    got, expected = _plain(got), _plain(expected)
    numbers, right_numbers = _as_array(got), _as_array(expected)
    if _is_numeric(numbers) and _is_numeric(right_numbers):
        return _array_difference(numbers, right_numbers)
    if _is_sequence(expected):
        if not _is_sequence(got) or len(got) != len(expected):
            return ""
        return _first((f"[{i}]", got[i], expected[i]) for i in range(len(expected)))
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping) or got.keys() != expected.keys():
            return ""
        return _first((f"[{key!r}]", got[key], expected[key]) for key in expected)
    return None if _is_same_scalar(got, expected) else ""


def _first(entries: Iterator[tuple[str, Any, Any]]) -> str | None:
    for place, got, expected in entries:
        deeper = _difference(got, expected)
        if deeper is not None:
            return place + deeper
    return None


def _array_difference(got: np.ndarray, expected: np.ndarray) -> str | None:
    if got.shape != expected.shape:
        return ""
    if got.dtype.kind in "iu" and expected.dtype.kind in "iu":
        close = got == expected
    else:
        close = _close(got, expected)
    if close.all():
        return None
    return "".join(f"[{i}]" for i in np.argwhere(~close)[0])


def _close(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Say which numbers are the same but for rounding.

    A number that should be 0 may be off as far as the others are large. Any other has to have
    its own digits, small as it may be beside them, but for the last ones of its kind.
    """
    sizes = np.abs(expected, dtype=float)
    largest = sizes[np.isfinite(sizes)].max(initial=0.0)
    beside = ABSOLUTE if largest < ZERO else min(ABSOLUTE, RELATIVE * largest)
    last_digits = FLOAT32 if got.dtype == np.float32 else FLOAT64
    is_zero = sizes < ZERO * max(1.0, largest)
    slack = np.where(is_zero, beside, last_digits * largest)
    return np.isclose(got, expected, rtol=RELATIVE, atol=slack, equal_nan=True)


def _as_array(value: Any) -> Any:
    """Turn a list of numbers of one kind, or of such lists of one length, into an array.

    So a list and an array are judged alike.
    """
    if not isinstance(value, list | tuple) or not value:
        return value
    parts = [_as_array(_plain(part)) for part in value]
    if {type(part) for part in parts} in ({int}, {float}):
        return np.asarray(parts)  # an array of objects, if they are too large
    shapes = {part.shape if _is_numeric(part) else None for part in parts}
    return np.stack(parts) if len(shapes) == 1 and None not in shapes else value


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iuf"


def _is_same_scalar(got: Any, expected: Any) -> bool:
    for kind in (bool, Number):
        if isinstance(expected, kind) or isinstance(got, kind):
            if not (isinstance(expected, kind) and isinstance(got, kind)):
                return False
            return _is_near(got, expected) if kind is Number else got == expected
    return not _is_sequence(got) and bool(got == expected)


def _is_near(got: Any, expected: Any) -> bool:
    if isinstance(got, int) and isinstance(expected, int):
        return got == expected
    try:
        got, expected = float(got), float(expected)
    except (OverflowError, TypeError):  # too large, or complex
        return bool(got == expected)
    return bool(_close(np.asarray(got), np.asarray(expected)))


def _plain(value: Any) -> Any:
    """Turn tensors and series into arrays, and NumPy's scalars into Python's."""
    if isinstance(value, np.ma.MaskedArray):
        return value.tolist()  # None where it is masked: what lies below does not count
    if hasattr(value, "__array__") and not isinstance(value, type | np.ndarray | np.generic):
        value = np.asarray(value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        value = value.item()
    return float(value) if isinstance(value, np.floating) else value


def _is_sequence(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return False
    return isinstance(value, Sequence | np.ndarray)


def _has_entries(answer: Any, mistake: Any) -> bool:
    """Whether an answer makes a mistake: equals it or, for dicts, has its entries."""
    if isinstance(answer, Mapping) and isinstance(mistake, Mapping):
        answer = {key: answer.get(key) for key in mistake}
    return _difference(answer, mistake) is None


def _holes(answer: Any) -> tuple[list, list[str]]:
    """Return the parts of an answer, and what to call those that are still `...`."""
    if isinstance(answer, dict):
        parts, names = list(answer.values()), [str(key) for key in answer]
    elif isinstance(answer, list | tuple):
        parts, names = list(answer), [f"number {i}" for i in range(1, len(answer) + 1)]
    else:
        return [], []
    if all(part is None for part in parts):
        return parts, names
    return parts, [
        name for name, part in zip(names, parts, strict=True) if _holds_ellipsis(part)
    ]


def _holds_ellipsis(part: Any) -> bool:
    if isinstance(part, list | tuple):
        return any(entry is ... for entry in part)
    return part is ...


def _changed(function: Any, after: tuple, before: tuple) -> str:
    """Return the name of the first argument that a function changed in place, or ""."""
    for number, (now, then) in enumerate(zip(after, before, strict=True)):
        if _is_as_it_was(now, then):
            continue
        if not _is_as_it_was(copy.deepcopy(then), then):
            continue  # such as a generator: no copy equals it, so nothing can be told
        try:
            parameter = list(inspect.signature(function).parameters.values())[number]
        except (TypeError, ValueError, IndexError):  # a built-in has no signature
            return f"number {number + 1}"
        if parameter.kind is parameter.VAR_POSITIONAL:
            return f"number {number + 1}"
        return f"`{parameter.name}`"
    return ""


def _is_as_it_was(now: Any, then: Any) -> bool:
    """Whether an argument is what it was: here nothing is put down to rounding."""
    if type(now) is not type(then):
        return False
    if isinstance(then, np.ndarray) and then.dtype != object:
        is_float = then.dtype.kind in "fc"
        return now.dtype == then.dtype and np.array_equal(now, then, equal_nan=is_float)
    if isinstance(then, int | float):
        return bool(now == then or (now != now and then != then))  # NaN is not itself
    if isinstance(then, list | tuple):
        pairs = zip(now, then, strict=False)
        return len(now) == len(then) and all(_is_as_it_was(one, two) for one, two in pairs)
    if isinstance(then, dict):
        is_same = now.keys() == then.keys()
        return is_same and all(_is_as_it_was(now[key], then[key]) for key in then)
    return _difference(now, then) is None and _difference(then, now) is None


def _is_stub(answer: Any) -> bool:
    """Whether there is no code yet in a function, or in any method of a class."""
    if isinstance(answer, type):
        methods = [part for part in vars(answer).values() if inspect.isfunction(part)]
        return bool(methods) and all(map(_is_stub, methods))
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    if "NotImplementedError" in code.co_names:
        return True
    steps = list(dis.get_instructions(code))
    said = {step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")}
    return {step.opname for step in steps} <= EMPTY_STEPS and said <= {None, ...}


def _compare(got: Any, expected: Any, place: str) -> str:
    shown, right = _show(got), _show(expected)
    text = f"{shown}; it should give {right}."
    if place and (shown == right or shown.endswith("...")):
        text += f" The first difference is at {place}."
    return text


def _fingerprint(answer: Any) -> Any:
    """Return what two answers share if they are one try; anything new for an odd answer.

    It is code, text or a plain object: to compare these runs no code of an answer.
    """
    try:
        code = getattr(answer, "__code__", None)
    except KeyboardInterrupt:
        raise
    except BaseException:  # it has its own way to be asked
        return object()
    if isinstance(code, types.CodeType):
        return code
    return object() if callable(answer) else _show(answer)


def _name(answer: Any) -> str:
    name = getattr(answer, "__name__", "")
    return name if isinstance(name, str) and name.isidentifier() else "your function"


def _describe(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:  # its own __str__ raises
        text = ""
    kind = type(error).__name__
    return f"{kind}: {textwrap.shorten(text, 300, placeholder=' ...')}" if text else kind


class _Short(reprlib.Repr):
    """Short text for any object, also for one that is large or whose own `repr` raises."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 12
        self.maxstring = self.maxother = SHOWN

    def repr1(self, x: Any, level: int) -> str:
        """Return the text of one object, NumPy's scalars as Python's."""
        if isinstance(x, np.generic):
            x = x.item()
        if isinstance(x, float):
            return repr(float(f"{x:.6g}"))
        if isinstance(x, np.ndarray):
            x = x + 0.0 if x.dtype.kind == "f" else x  # no "-0."
            options: dict[str, Any] = {"precision": 4, "suppress_small": True, "threshold": 20}
            return re.sub(r" +([],])", r"\1", np.array2string(x, separator=", ", **options))
        return super().repr1(x, level)


def _show(value: Any) -> str:
    try:
        text = " ".join(_Short().repr(value).split())
    except KeyboardInterrupt:
        raise
    except BaseException:
        text = f"something of type {type(value).__name__}"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _say(text: str) -> None:
    """Print with line breaks between words: JupyterLab would put them anywhere."""
    print(textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False))


def _reveal(name: str) -> None:
    source = solution_source(name)
    if source is None:
        _say("The solution is in the collapsed cell below.")
        return
    plain = "One solution:\n" + textwrap.indent(source, "    ")
    markup = f"<details open><summary>One solution</summary><pre>{html.escape(source)}</pre>"
    claims.show(plain, f"{markup}</details>")


def solution_source(name: str) -> str | None:
    """Return the course's solution of an exercise, as its lesson has it.

    Parameters
    ----------
    name : str
        Of the exercise, like `"01-cosine"`.

    Returns
    -------
    str or None
        The source of the first cell tagged `solution` below the exercise, without the call
        that checks it; None if it cannot be found.
    """
    opening = re.compile(rf"\bExercise\(\s*[\"']{re.escape(name)}[\"']")
    for path in sorted(settings.NOTEBOOKS.glob(f"{name[:2]}_*.ipynb")):
        if LESSON_NAME.fullmatch(path.name) is None:
            continue
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        is_below = False
        for cell in cells:
            source = "".join(cell.get("source", ""))
            if is_below and "solution" in cell.get("metadata", {}).get("tags", []):
                lines = source.splitlines()
                kept = [
                    x for x in lines if not re.search(r"^# Solution|\.check_solution\(", x)
                ]
                return "\n".join(kept).strip()
            is_below = is_below or bool(opening.search(source))
    return None


class Prediction:
    """A guess that the learner commits to before a cell answers it.

    Parameters
    ----------
    name : str
        Unique in the course, like `"01-random-cosine"`.
    question : str
        What is to be predicted; repeated beside the result.
    choices : sequence of str, optional
        What may be answered; without them, a number is asked for.
    unit : str
        What follows a number: `"%"`, `"words"`.
    """

    def __init__(
        self, name: str, question: str, choices: Sequence[str] | None = None, unit: str = ""
    ) -> None:
        self.name, self.question, self.unit = name, question, unit
        self.choices = list(choices or [])
        self.wanted = f"one of {', '.join(self.choices)}" if self.choices else "a number"

    def record(self, answer: Any) -> None:
        """Keep a guess for `compare`; `...` or None is none yet. Never raises."""
        _predictions.pop(self.name, None)
        if answer is None or answer is ...:
            _say(f"○ {self.question} Put {self.wanted} where the `...` is, then go on.")
            return
        guess = self._read(answer)
        if guess is None:
            _say(f"✘ {_show(answer)} cannot be compared: give {self.wanted}.")
            return
        _predictions[self.name] = guess
        _say(f"✔ Your prediction is noted: {self._write(guess)}.")

    def compare(self, result: Any) -> None:
        """Print the guess beside the result.

        Parameters
        ----------
        result : number or str
            What was measured, or the right one of the choices.
        """
        measured, guess = self._read(result), _predictions.get(self.name)
        shown = self._write(result if measured is None else measured)
        if guess is None:
            _say(f"{self.question} No prediction. The result: {shown}.")
            return
        verdict = "Not as you predicted."
        if _difference(guess, measured) is None:
            verdict = "As you predicted."
        elif isinstance(guess, float) and isinstance(measured, float):
            gap = self._write(abs(guess - measured)).replace("%", " points")
            verdict = f"Your guess is {gap} too {'high' if guess > measured else 'low'}."
        said = f"{self.question} You predicted {self._write(guess)}; the result: {shown}."
        _say(f"{said} {verdict}")

    def _read(self, answer: Any) -> float | str | None:
        """Return an answer as one of the choices or as a number, None if it is neither."""
        if self.choices:
            known = {choice.strip().lower(): choice for choice in self.choices}
            return known.get(answer.strip().lower()) if isinstance(answer, str) else None
        try:
            if isinstance(answer, bool | np.bool_):
                return None
            if isinstance(answer, str):
                answer = self._digits(answer)
            number = float(answer)
        except Exception:  # no number, whatever it is
            return None
        return number if math.isfinite(number) else None

    def _digits(self, answer: str) -> str:
        """Return a number in words without what is around it: "50%.", "1 word", "1,000"."""
        text = answer.strip().removesuffix(".").replace("−", "-")
        for unit in (self.unit, self.unit.removesuffix("s")):
            text = text.removesuffix(unit).strip()
        return text.replace(",", "") if THOUSANDS.fullmatch(text) else text

    def _write(self, value: Any) -> str:
        if not isinstance(value, float):
            return str(value)
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        return text + (self.unit if self.unit in ("", "%") else f" {self.unit}")


class Pretest:
    """Six questions, asked in lesson 00; it never shows its key.

    Lesson 13, which is planned and not written yet, is to ask them again.

    Parameters
    ----------
    name : str
        "00-pretest" or, for lesson 13, "13-posttest".
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.questions: list[dict] = json.loads(PRETEST.read_text(encoding="utf-8"))
        self.key = "".join(question["answer"] for question in self.questions)
        total = len(self.questions)
        self.form = f'give {total} letters in quotes, one for each question, as in "abcabc".'
        # Answers that were kept belong to these questions and to no others.
        asked = [[q["question"], q["choices"], q["answer"]] for q in self.questions]
        self.digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]
        _progress.setdefault(name, _Progress())

    def check(self, answers: Any) -> None:
        """Note the answers and print how many are right; never raises.

        The first complete answers are kept, for this user of the computer: lesson 13, which is
        planned, is to show both scores.

        Parameters
        ----------
        answers : str or dict
            Six letters, such as `"abcabc"`, with a dot for an open question, or a dict from
            the number of a question to its letter.
        """
        try:
            letters, complaint = self.read(answers)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an odd answer may do anything when it is looked at
            letters, complaint = "", f"{_describe(error)}: {self.form}"
        if complaint:
            state = PARTLY if letters else WRONG
            if letters and not letters.strip("."):
                state = OPEN
            _say(f"{MARKS[state]} Exercise {self.name}: {state}; {complaint}")
            return
        _progress[self.name].has_passed = True
        everything = _all_scores()
        now = {"letters": letters, "score": self.score(letters), "questions": self.digest}
        first = everything.setdefault(f"{self.name} {self.digest}", now)
        kept = _kept_scores(self.digest)
        said = f"✔ Exercise {self.name}: {self.score(letters)} of {len(self.key)} right."
        if first["letters"] != letters:
            said += f" Your first answers are the ones that count: {first['score']} right."
        if self.name == "00-pretest":
            where = [f"{i} in {q['lesson']}" for i, q in enumerate(self.questions, start=1)]
            said += f" Each question comes back in its lesson: {', '.join(where)}."
        elif "00-pretest" in kept:
            said += f" Before the course: {kept['00-pretest']['score']}."
        try:
            settings.write_atomically(settings.cache_folder() / SCORES, json.dumps(everything))
        except (OSError, ImportError) as error:  # a full disk; no pooch
            said += f" This could not be kept for later ({_describe(error)})."
        _say(said)

    def check_solution(self, answers: Any) -> None:
        """Make sure, in silence, that a key is right; AssertionError if it is not."""
        if self.read(answers) != (self.key, ""):
            raise AssertionError(f"the solution of {self.name} is not right")

    def score(self, letters: str) -> int:
        """Return how many of the letters are right."""
        return sum(mine == right for mine, right in zip(letters, self.key, strict=True))

    def read(self, answers: Any) -> tuple[str, str]:
        """Turn answers into letters.

        Returns
        -------
        (str, str)
            The letters, a dot for each open question ("" if they cannot be read), and what is
            still to be done ("" if nothing is).
        """
        total = len(self.questions)
        parts = _parts(answers, total)
        if len(parts) != total:
            return "", self.form
        letters = ""
        for number, question in enumerate(self.questions, start=1):
            letter = parts[number - 1]
            if letter is None or letter is ...:
                letter = "."
            if isinstance(letter, str):
                letter = letter.strip().rstrip(".) ").lower() or "."
            if not isinstance(letter, str) or letter not in (".", *question["choices"]):
                choices = ", ".join(question["choices"])
                return "", f"question {number} has the choices {choices}, not {_show(letter)}."
            letters += letter
        still = [str(i) for i, letter in enumerate(letters, start=1) if letter == "."]
        if len(still) == total:
            return letters, self.form
        return letters, f"still open: {', '.join(still)}." if still else ""


def _parts(answers: Any, total: int) -> list[Any]:
    """Split "cbabac", "C. B. A. ...", "1c 2b 3a ...", a list or a dict into its letters."""
    if answers is None or answers is ...:
        return [...] * total
    if isinstance(answers, dict):
        numbered = {_show(key).strip("' ."): value for key, value in answers.items()}
        known = [str(i) for i in range(1, total + 1)]
        return [numbered.get(i, ...) for i in known] if set(numbered) <= set(known) else []
    if isinstance(answers, list | tuple):
        return list(answers)
    if not isinstance(answers, str):
        return []
    if NUMBERED.fullmatch(answers):
        pairs = NUMBER_AND_LETTER.findall(answers)
        numbers = [number for number, _ in pairs]
        is_each_once = len(set(numbers)) == len(numbers)
        return _parts(dict(pairs), total) if is_each_once else []
    packed = re.sub(r"[\s,;]", "", answers)
    if len(packed) == total:
        return [re.sub(r"[?_…-]", ".", letter) for letter in packed]
    return re.findall(r"[^\W\d_]", answers)


def _all_scores() -> dict[str, dict]:
    """Return what was answered, by the name of the test and the digest of its questions.

    Answers to questions that the course has changed since stay: they may come back.
    """
    parts = {"letters", "score", "questions"}
    try:
        kept = json.loads((settings.cache_folder() / SCORES).read_text(encoding="utf-8"))
        whole = {name: entry for name, entry in kept.items() if entry.keys() >= parts}
        return {f"{n.split()[0]} {e['questions']}": e for n, e in whole.items()}
    except (OSError, ImportError, ValueError, TypeError, AttributeError, IndexError):
        return {}  # none, or not ours


def _kept_scores(digest: str) -> dict[str, dict]:
    """Return what was answered to the questions with this digest, by the name of the test."""
    found = {}
    for name, entry in _all_scores().items():
        if entry["questions"] == digest:
            found[name.split()[0]] = entry
    return found


def pretest() -> Pretest:
    """Return the six questions that are asked before the course."""
    return Pretest("00-pretest")


def posttest() -> Pretest:
    """Return the same questions for lesson 13, which is planned; it shows both scores."""
    return Pretest("13-posttest")
