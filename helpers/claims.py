"""A claim: one sentence, a measured value, and a bound that it has to keep."""

import csv
import functools
import json
import math
import os

from helpers.corpora import DATASETS, data_choice

LEDGERS = {
    "bundled": DATASETS / "measured" / "claims.csv",
    "full": DATASETS / "measured" / "claims_full.csv",
}


class ClaimError(AssertionError):
    """What a lesson states did not come out of its own experiment."""


@functools.cache
def ledger(data: str = "bundled") -> dict[str, dict[str, str]]:
    """Return how each claim fared on other seeds, with the bundled or the full data.

    A row has lesson, bound, runs, held, lowest, median, highest; no row before `make claims` ran.
    """
    if not LEDGERS[data].exists():
        return {}
    with LEDGERS[data].open(encoding="utf-8", newline="") as file:
        return {row["claim"]: row for row in csv.DictReader(file)}


def claim(
    name: str,
    sentence: str,
    value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    full: dict[str, float] | None = None,
    **numbers: float,
) -> None:
    """Print a sentence with the measured numbers in it, and raise if it does not hold.

    Parameters
    ----------
    name : str
        Unique in the course; starts with the number of the lesson, like `"01-lookup"`. Any other
        name makes it an example, which is never recorded.
    sentence : str
        A format string: `{value}` is what was measured, other fields come from `numbers`,
        for instance `"{value:.2f} against {baseline:.2f} for random vectors"`.
    at_least, at_most : float
        The bound, with its margin set from ten or more seeds; give one or both.
    full : dict
        The `at_least`, `at_most` or both that hold instead with `COURSE_DATA=full`.

    Raises ClaimError if `value` is not within the bound or not a number, ValueError if no bound is
    given: such a claim could not fail.
    """
    bounds = {"at_least": at_least, "at_most": at_most}
    if (data := data_choice()) == "full" and full is not None:
        bounds = dict.fromkeys(bounds) | full
    low, high = bounds.values()
    if low is None and high is None:
        raise ValueError(
            f"claim {name!r} cannot fail: give it at_least=..., at_most=... or both"
        )
    value = float(value)
    holds = (low is None or value >= low) and (high is None or value <= high)
    words = sentence.format(value=value, **numbers)
    limits = {"at least": low, "at most": high}
    bound = " and ".join(f"{text} {x:g}" for text, x in limits.items() if x is not None)
    log = os.environ.get("COURSE_CLAIMS_LOG") if name[:2].isdecimal() else None
    if log:  # `make claims` tries every claim on other seeds, so it notes failures and goes on
        row = {"claim": name, "bound": bound, "value": value, "holds": holds}
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    elif not holds:
        what = "is not a number" if math.isnan(value) else f"is {value:.6g}"
        measured = f"measured value {what}, has to be {bound}"
        raise ClaimError(f"claim {name} does not hold: {words} ({measured})")
    seen = (ledger("bundled") | ledger(data)).get(name)
    record = f"; held in {seen['held']} of {seen['runs']} runs" if seen else ""
    print(f"{'✔' if holds else '✘'} {name}: {words} [{bound}{record}]")
