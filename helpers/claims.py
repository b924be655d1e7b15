"""Claims, which a cell can refute, and identities, which hold by arithmetic; both are checked.

A lesson opens its book of claims with `session.start` and closes it with `session.finish`. In
between, a claim that fails says so and the lesson goes on; `finish` then raises. Anywhere else
a claim that fails raises at once.
"""

import csv
import functools
import html
import json
import math
import string
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers import settings

LEDGERS = {
    "bundled": settings.MEASURED / "claims.csv",
    "full": settings.MEASURED / "claims_full.csv",
}
TABLES = settings.MEASURED / "tables.csv"
SMALL_PRINT = 88  # columns of the text version of a claim
SIGNIFICANT = 6  # digits that are kept of a measured number

Limits = tuple[float | None, float | None]


class ClaimError(AssertionError):
    """What a lesson states did not come out of its own experiment."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the sentence, without the lines of this module."""
        return [f"ClaimError: {self}"]


@dataclass(frozen=True)
class Bounded:
    """A measured number and the bounds that it has to keep: see `bounded`."""

    value: float
    limits: Limits


@dataclass(frozen=True)
class Outcome:
    """How one claim or identity came out in this run of the lesson."""

    kind: str
    text: str
    holds: bool
    judged: bool = True  # False while a text is in use that the bounds are not for


@dataclass
class Book:
    """What is known of the running lesson."""

    outcomes: dict[str, Outcome]
    corpora: dict[str, str]  # name -> fingerprint of each corpus that was loaded
    foreign: set[str]  # those of them that are not the course's own
    is_open: bool = False
    has_loaded: bool = False  # a corpus, since the lesson has begun
    log: Path | None = None


BOOK = Book(outcomes={}, corpora={}, foreign=set())


def open_book() -> None:
    """Begin a lesson: from now on a claim that fails is noted, and `close_book` raises."""
    BOOK.outcomes.clear()
    BOOK.corpora.clear()  # those in use are noted again when the lesson loads them
    BOOK.has_loaded = False  # until then a text of one's own may still be what is measured
    BOOK.is_open = True


def note_corpus(name: str, fingerprint: str, foreign: bool = False) -> None:
    """Remember that a corpus is in use.

    Parameters
    ----------
    name : str
    fingerprint : str
        Short hash of its texts and labels. The record of a claim is for these texts only.
    foreign : bool
        Whether it is the learner's or the teacher's own: the course's bounds were set on other
        texts. From then on claims report and do not judge, all of them, for nobody can tell
        which of the texts in use a number was measured on.
    """
    if not BOOK.has_loaded:
        BOOK.foreign.clear()
    BOOK.has_loaded = True
    BOOK.corpora[name] = fingerprint
    if foreign:
        BOOK.foreign.add(name)


def record_to(path: str | Path) -> None:
    """Append every claim from now on to a file of JSON lines, and never raise.

    Only `tools/notebooks.py` calls this, in the kernel, before the first cell of a lesson that
    it tries on another seed.
    """
    BOOK.log = Path(path)


@functools.cache
def ledger(data: str = "bundled") -> Mapping[str, Mapping[str, str]]:
    """Return how each claim fared on other seeds, with the bundled or the full data.

    Maps the name of a claim to its row in `datasets/measured/`; empty before `make claims`.
    """
    if not LEDGERS[data].exists():
        return {}
    with LEDGERS[data].open(encoding="utf-8", newline="") as file:
        return {row["claim"]: row for row in csv.DictReader(file)}


def keep(name: str, numbers: Mapping[str, float]) -> None:
    """Keep the numbers of a table or a figure, for readers who have other data on their disk.

    Nothing is printed and nothing is checked: what the lesson says about them is a claim.

    Parameters
    ----------
    name : str
        Starts with the number of the lesson, like `"09-changes"`.
    numbers : mapping
        Measured numbers by name.
    """
    known = {key: _number(f"{name}: {key}", number) for key, number in numbers.items()}
    if BOOK.log is not None and not BOOK.foreign:
        row = {"claim": name, "lesson": name[:2], "kind": "table", "holds": True}
        row |= {"numbers": known, "corpora": BOOK.corpora}
        with BOOK.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def kept(name: str, data: str) -> dict[str, float]:
    """Return the medians over seeds of what `keep` kept, empty if nothing is on record.

    Parameters
    ----------
    name : str
        As for `keep`.
    data : str
        `"bundled"` or `"full"`: the data that the lesson looked at.
    """
    if not TABLES.exists():
        return {}
    with TABLES.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if (r["table"], r["data"]) == (name, data)]
    return {row["number"]: float(row["median"]) for row in rows}


def bounded(
    value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    full: Mapping[str, float] | None = None,
) -> Bounded:
    """Return a further measured number of a claim, with the bounds that it has to keep.

    Parameters
    ----------
    value : float
    at_least, at_most : float
        One or both.
    full : mapping
        The `at_least`, `at_most` or both that hold instead with `COURSE_DATA=full`.

    Raises
    ------
    ValueError
        If there is no bound, or one that nothing can break.
    """
    bounds = {"at_least": at_least, "at_most": at_most}
    _check_keys("bounded", full, bounds)
    chosen = _choose(bounds, full)
    limits = _limits("bounded", chosen["at_least"], chosen["at_most"])
    if limits == (None, None):
        raise ValueError("bounded(...) cannot fail: give it at_least=..., at_most=... or both")
    return Bounded(_number("a bounded number", value), limits)


def claim(
    name: str,
    sentence: str,
    value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    versus: float | Mapping[str, float] | None = None,
    by: float | Mapping[str, float] | None = None,
    within: float | Mapping[str, float] | None = None,
    full: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    **measured: Bounded,
) -> None:
    """Print a sentence with the measured numbers in it and check all that it says.

    Parameters
    ----------
    name : str
        Unique in the course; starts with the number of the lesson, like `"07-bar"`. Any other
        name makes it an example, which is shown but neither counted nor recorded.
    sentence : str
        A format string. `{value}` is what was measured, `{versus}` what it is compared with,
        other fields come from `given` and `measured`.
    value : float
    at_least, at_most : float
        Bounds on the value, with their margin set from ten or more seeds.
    versus : float or mapping of name to float
        What the value is compared with: one number, or several with names of their own.
    by : float or mapping
        How much the value has to exceed `versus` (positive) or stay below it (negative).
    within : float or mapping
        How far the value may be from `versus`, to either side.
    full : mapping
        The bounds (`at_least`, `at_most`, `by`, `within`) that hold instead, all of them, with
        `COURSE_DATA=full`.
    given : mapping
        What the sentence names that was not measured: counts, sizes, settings, words.
    **measured : Bounded
        Further measured numbers, each as `bounded(...)`.

    Raises
    ------
    ClaimError
        If it does not hold and no lesson is open (in a lesson, `session.finish` raises).
    TypeError, ValueError
        If the sentence could not fail, or says a number that nothing checks.
    """
    bounds = {"at_least": at_least, "at_most": at_most, "by": by, "within": within}
    _check_keys(name, full, bounds)
    _check_names(name, ["value"], _named(versus), given or {}, measured)
    if full is not None:  # whatever the data, so that tests on the bundled ones notice
        other = dict.fromkeys(bounds) | dict(full)
        _numbers_and_limits(name, value, versus, other, measured)
    chosen = _choose(bounds, full)
    numbers, limits = _numbers_and_limits(name, value, versus, chosen, measured)
    fields = {"value": numbers["value"], **_named(versus), **(given or {})}
    fields |= {key: number.value for key, number in measured.items()}
    _check_fields(name, sentence, fields, "value")
    text = sentence.format(**fields)
    bound = "; ".join(f"{key} {_words(*limit)}" for key, limit in limits.items())
    broken = [
        f"{key} is {_just(numbers[key], limit)}, has to be {_words(*limit)}"
        for key, limit in limits.items()
        if not within_limits(numbers[key], limit)
    ]
    _settle(name, "claim", sentence, text, bound, broken, numbers, limits, given or {})


def exact(
    name: str,
    sentence: str,
    value: Any,
    equals: Any = True,
    *,
    within: float = 0.0,
    given: Mapping[str, Any] | None = None,
) -> None:
    """Print and check an identity: what holds by arithmetic or by construction, on any seed.

    Parameters
    ----------
    name : str
        As for `claim`.
    sentence : str
        A format string with the fields `{value}`, `{equals}` (both for single numbers),
        `{difference}` (the largest absolute one) and those of `given`.
    value, equals : number, bool or array
        The two sides, of one shape.
    within : float
        How much they may differ, where rounding has to be allowed for.
    given : mapping
        What else the sentence names.

    Raises
    ------
    ClaimError
        If the two sides differ and no lesson is open.
    ValueError
        If the shapes differ, nothing is compared, no difference would be too large, or the
        sentence has a field that nothing fills.
    """
    import numpy as np  # not above: thread caps are set before NumPy is imported

    if not 0 <= within < math.inf:
        raise ValueError(f"identity {name!r}: within={within} has to be 0 or more, and finite")
    _check_names(name, ["value", "equals", "difference"], given or {})

    left, right = np.asarray(value), np.asarray(equals)
    if left.shape != right.shape:
        raise ValueError(f"identity {name!r} compares shapes {left.shape} and {right.shape}")
    if left.size == 0:
        raise ValueError(f"identity {name!r} compares nothing with nothing: both are empty")
    if left.dtype.kind in "biuf" and right.dtype.kind in "biuf":
        gaps = np.abs(left.astype(np.float64) - right.astype(np.float64))
        difference = float(gaps.max())
        if left.dtype.kind in "iu" and difference == 0 and not np.array_equal(left, right):
            difference = 1.0  # whole numbers too large for float64 to tell apart
    else:  # words, for instance
        difference = 0.0 if np.array_equal(left, right) else math.inf
    fields = {"difference": difference, **(given or {})}
    if left.ndim == 0:
        fields |= {"value": left.item(), "equals": right.item()}
    unknown = _fields_of(sentence) - set(fields)
    if unknown:
        raise ValueError(f"identity {name!r} says {{{min(unknown)}}}, which nothing fills")
    text = sentence.format(**fields)
    bound = f"within {within:g}" if within else "exact"
    broken = []
    if not difference <= within:  # a NaN is not within anything
        broken = [f"the two sides differ by {difference:.6g}, allowed is {within:g}"]
    _settle(name, "identity", sentence, text, bound, broken, {}, {}, given or {})


def close_book() -> str:
    """End a lesson: return its sentence about claims. What comes after it raises at once.

    Raises
    ------
    ClaimError
        With the sentences of all claims that failed.
    """
    BOOK.is_open = False
    outcomes = BOOK.outcomes
    failed = [f"{name}: {o.text}" for name, o in outcomes.items() if not o.holds]
    if failed and BOOK.log is None:
        raise ClaimError("; ".join(failed))
    claims = [o for o in outcomes.values() if o.kind == "claim" and o.judged]
    measured = [o for o in outcomes.values() if not o.judged]
    identities = [o for o in outcomes.values() if o.kind == "identity"]
    said = []
    if claims:
        said.append(f"{sum(o.holds for o in claims)} of {len(claims)} claims held")
    if measured:
        said.append(f"{len(measured)} measured, not judged ({_yours()})")
    if identities:
        said.append(
            f"{len(identities)} {'identity' if len(identities) == 1 else 'identities'}"
        )
    lessons = {name[:2] for name in outcomes}
    known = {name for name, row in ledger("bundled").items() if row["lesson"] in lessons}
    left = len(known - set(outcomes))
    if left and not BOOK.foreign:
        said.append(f"{left} not tried: their cells have not run")
    return ", ".join(said) or "no claim has been tried"


# ---- What follows is book-keeping.


def _check_names(name: str, taken: list[str], *groups: Mapping[str, Any]) -> None:
    """Refuse two things of one name: the sentence could say only one of them."""
    seen = set(taken)
    for group in groups:
        for key in group:
            if key in seen:
                raise ValueError(f"{name}: two things are called {key!r}: rename one of them")
        seen |= set(group)


def _check_keys(name: str, full: Mapping[str, Any] | None, bounds: Mapping[str, Any]) -> None:
    unknown = set(full or {}) - set(bounds)
    if unknown:
        known = ", ".join(bounds)
        raise ValueError(
            f"{name}: full={{{min(unknown)!r}: ...}} is unknown; there are {known}"
        )
    if full is not None and not full:
        raise ValueError(f"{name}: full={{}} cannot fail on the full data: give it a bound")


def _choose(bounds: Mapping[str, Any], full: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the bounds that hold for the data in use."""
    if full is not None and settings.data_choice() == "full":
        return dict.fromkeys(bounds) | dict(full)
    return dict(bounds)


def _number(what: str, value: Any) -> float:
    """Return a measured number as float, or refuse what is none."""
    kind = getattr(getattr(value, "dtype", None), "kind", "f")  # of a NumPy number
    is_text = isinstance(value, str | bytes | bytearray)
    is_array = bool(getattr(value, "ndim", False))
    if is_text or is_array or isinstance(value, bool) or kind not in "iuf":
        raise TypeError(
            f"{what} has to be one number; {value!r} is none (for yes or no: exact)"
        )
    number = float(value)
    if math.isnan(number):
        raise ValueError(f"{what} is not a number (NaN): something before it went wrong")
    if math.isinf(number):
        raise ValueError(f"{what} is infinite: something before it went wrong")
    return number


def _limits(name: str, low: float | None, high: float | None) -> Limits:
    for bound in (low, high):
        if bound is not None and not math.isfinite(bound):
            raise ValueError(f"{name}: a bound of {bound} can never be broken: give a number")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{name}: nothing is at least {low:g} and at most {high:g}")
    return None if low is None else float(low), None if high is None else float(high)


def _named(versus: Any) -> dict[str, Any]:
    """Return what the value is compared with, by name."""
    if versus is None:
        return {}
    return dict(versus) if isinstance(versus, Mapping) else {"versus": versus}


def _contrast_limits(name: str, key: str, by: Any, within: Any) -> Limits:
    """Return the limits on value − versus for one thing that the value is compared with."""
    demanded = by.get(key) if isinstance(by, Mapping) else by
    allowed = within.get(key) if isinstance(within, Mapping) else within
    if (demanded is None) == (allowed is None):
        raise ValueError(f"{name}: {key} needs by=... or within=..., and not both")
    if allowed is not None:
        if not 0 < allowed < math.inf:
            raise ValueError(f"{name}: within={allowed} has to be above 0 and finite")
        return -allowed, allowed
    assert demanded is not None  # one of the two is given
    if demanded == 0 or not math.isfinite(demanded):
        raise ValueError(f"{name}: by={demanded} says neither more nor less: give the margin")
    return (demanded, None) if demanded > 0 else (None, demanded)


def _numbers_and_limits(
    name: str, value: Any, versus: Any, chosen: Mapping[str, Any], measured: Mapping[str, Any]
) -> tuple[dict[str, float], dict[str, Limits]]:
    """Return every measured number, contrasts included, and what each has to keep."""
    numbers = {"value": _number(f"{name}: the value", value)}
    limits: dict[str, Limits] = {}
    own = _limits(name, chosen["at_least"], chosen["at_most"])
    if own != (None, None):
        limits["value"] = own
    compared = _named(versus)
    for option in ("by", "within"):
        bound = chosen[option]
        if bound is not None and not compared:
            raise ValueError(
                f"{name}: {option}= needs versus=, what the value is compared with"
            )
        unknown = set(bound) - set(compared) if isinstance(bound, Mapping) else set()
        if unknown:
            raise ValueError(f"{name}: {option} names {min(unknown)!r}, which versus has not")
    for key, other in compared.items():
        numbers[key] = _number(f"{name}: {key}", other)
        numbers[f"value - {key}"] = numbers["value"] - numbers[key]
        limits[f"value - {key}"] = _contrast_limits(name, key, chosen["by"], chosen["within"])
    for key, number in measured.items():
        if not isinstance(number, Bounded):
            raise TypeError(
                f"{name}: nothing checks {key}. If it was measured, hand over bounded(...); "
                "if it is a count, a size, a setting or a word, put it into given={...}"
            )
        numbers[key], limits[key] = number.value, number.limits
    if not {"value", *(f"value - {key}" for key in compared)} & set(limits):
        raise ValueError(f"{name} cannot fail: give it at_least, at_most, or versus with by")
    return numbers, limits


def _fields_of(sentence: str) -> set[str]:
    """Return the names of the fields of a format string."""
    found = set()
    for _, field, _, _ in string.Formatter().parse(sentence):
        if field is not None:
            found.add(field.split(".")[0].split("[")[0])
    return found


def _check_fields(name: str, sentence: str, fields: Mapping[str, Any], needed: str) -> None:
    said = _fields_of(sentence)
    if needed not in said:
        raise ValueError(f"{name}: the sentence does not say {{{needed}}}: {sentence!r}")
    if said - set(fields):
        missing = min(said - set(fields))
        raise ValueError(f"{name} says {{{missing}}}, but no {missing}=... was handed over")
    if set(fields) - said:
        silent = min(set(fields) - said)
        raise ValueError(f"{name}: {silent} is handed over, but the sentence does not say it")


def _words(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"from {low:.12g} to {high:.12g}"
    return f"≥ {low:.12g}" if low is not None else f"≤ {high:.12g}"


def _just(number: float, limit: Limits) -> str:
    """Write a number that breaks a limit, with as many digits as show that it does."""
    rounded = float(f"{number:.6g}")
    return repr(number) if within_limits(rounded, limit) else f"{rounded:g}"


def within_limits(number: float, limit: Limits) -> bool:
    """Whether a number keeps its bounds."""
    low, high = limit
    return (low is None or number >= low) and (high is None or number <= high)


def _settle(
    name: str,
    kind: str,
    sentence: str,
    text: str,
    bound: str,
    broken: list[str],
    numbers: dict[str, float],
    limits: dict[str, Limits],
    given: Mapping[str, Any],
) -> None:
    """Note how a claim came out, show it, and raise where that is called for."""
    rounded = {key: float(f"{x:.{SIGNIFICANT}g}") for key, x in numbers.items()}
    foreign = bool(BOOK.foreign) and kind == "claim"
    counts = name[:2].isdecimal()  # else it is an example
    if counts:
        holds = not broken or foreign
        BOOK.outcomes[name] = Outcome(kind, text, holds, judged=not foreign)
    if counts and BOOK.log is not None:
        row: dict[str, Any] = {
            "claim": name,
            "lesson": name[:2],
            "kind": kind,
            "sentence": sentence,
        }
        row |= {"bound": bound, "holds": not broken, "numbers": numbers, "limits": limits}
        row["given"] = _said(given)
        with BOOK.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row | {"corpora": BOOK.corpora}) + "\n")
    if broken and not foreign and not BOOK.is_open and BOOK.log is None:
        raise ClaimError(f"{name} does not hold: {text} ({'; '.join(broken)})")
    if foreign:
        why = f"{_yours()}, and the course's bounds are for its own texts and settings"
        mark, notes = "·", [name, f"measured, not judged: {why}"]
    else:
        marks = {"claim": "✔", "identity": "≡"}
        mark = "✘ DOES NOT HOLD:" if broken else marks[kind]
        notes = [name, *(broken or [bound])]
        record = ""
        if kind == "claim":
            record = _record(name, sentence, bound, _said(given), rounded)
        notes += [record] if record else []
    _show(mark, text, " · ".join(notes), {"name": name, "numbers": rounded})


def _yours() -> str:
    """Say which texts in use are not the course's, or not as its settings have them."""
    names = sorted(BOOK.foreign)
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} of your choice"


def _said(given: Mapping[str, Any]) -> dict[str, str]:
    """Return how the ledger writes what a sentence names."""
    return {key: str(given[key]) for key in sorted(given)}


def _names_the_same(kept: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Whether a sentence names what the ledger's did; a count may lie in a range, `5 to 7`."""
    if kept.keys() != given.keys():
        return False
    for key, said in kept.items():
        low, to, high = said.partition(" to ")
        if to and low.isdecimal() and high.isdecimal() and given[key].isdecimal():
            if not int(low) <= int(given[key]) <= int(high):
                return False
        elif said != given[key]:
            return False
    return True


def _record(
    name: str,
    sentence: str,
    bound: str,
    given: Mapping[str, str],
    numbers: Mapping[str, float],
) -> str:
    """Return how this very claim fared on other seeds; empty if it was not this one."""
    for data in dict.fromkeys([settings.data_choice(), "bundled"]):
        row = ledger(data).get(name)
        if (
            row
            and row.get("sentence") == sentence
            and row.get("bound") == bound
            and _names_the_same(json.loads(row.get("given") or "{}"), given)
            and _same_texts(row, data)
        ):
            break
    else:
        return ""
    spec = ""
    for _, field, how, _ in string.Formatter().parse(sentence):
        spec = (how or "") if field == "value" else spec
    parts = []
    for key, (low, _, high) in json.loads(row["numbers"]).items():
        if key == "value" or key.startswith("value - "):
            what = "" if key == "value" else f"{key.replace('value - ', 'minus ')} "
            what = "difference " if key == "value - versus" else what
            parts.append(f"{what}{format(low, spec)} to {format(high, spec)}")
    runs, held = int(row["runs"]), int(row["held"])
    seeds = f"{runs} seeds" if held == runs else f"held on {held} of {runs} seeds"
    record = f"{seeds}: {', '.join(parts)}"
    return record if not outside(row, numbers) else f"{record}; this run lies outside"


def _same_texts(row: Mapping[str, str], data: str) -> bool:
    """Whether the claim was tried on the corpora that are in use here, and on no others."""
    if BOOK.foreign:
        return False
    tried = json.loads(row["corpora"])
    if not set(tried.items()) <= set(BOOK.corpora.items()):
        return False
    lesson: set[tuple[str, str]] = set()
    for other in ledger(data).values():
        if other["lesson"] == row["lesson"]:
            lesson |= set(json.loads(other["corpora"]).items())
    return set(BOOK.corpora.items()) <= lesson


def outside(row: Mapping[str, str], numbers: Mapping[str, float]) -> list[str]:
    """Return which numbers of a run lie outside what the ledger's seeds gave.

    Parameters
    ----------
    row : mapping
        A row of the ledger.
    numbers : mapping
        The measured numbers of one run of the same claim.

    Returns
    -------
    list of str
        Names of the numbers beyond the ledger's range widened by one range on both sides, and
        of those that the ledger does not know.
    """
    known = json.loads(row["numbers"])
    found = []
    for key, number in numbers.items():
        if key not in known:
            found.append(key)
            continue
        low, _, high = known[key]
        room = (high - low) + 1e-5 * max(abs(low), abs(high))  # rounding, for constants
        if not low - room <= number <= high + room:
            found.append(key)
    return found


def _show(mark: str, text: str, notes: str, numbers: dict[str, Any]) -> None:
    """Show the sentence first and the book-keeping small, in a lesson and in a terminal."""
    indent = " " * 2
    lines = textwrap.wrap(f"{mark} {text}", SMALL_PRINT, subsequent_indent=indent)
    lines += textwrap.wrap(notes, SMALL_PRINT, initial_indent=indent, subsequent_indent=indent)
    plain = "\n".join(lines)
    show(
        plain,
        f"{html.escape(f'{mark} {text}')}<br><small>{html.escape(notes)}</small>",
        numbers,
    )


def show(plain: str, markup: str, claim_numbers: dict[str, Any] | None = None) -> None:
    """Display text with its HTML version in a notebook, and print it elsewhere."""
    from IPython import get_ipython

    if get_ipython() is None:
        print(plain)
        return
    from IPython.display import display

    metadata = {"claim": claim_numbers} if claim_numbers else {}
    block = f'<div style="max-width: 60em">{markup}</div>'
    display({"text/plain": plain, "text/html": block}, raw=True, metadata=metadata)
