"""The data cards in `datasets/README.md`: read by the tests, and renewed by them on request.

With COURSE_UPDATE_CARDS=1, test_corpora.py, test_datasets.py and test_downloads.py write the
numbers that they measure into the cards. Without it, a card that differs fails its test.
"""

import os
import re
from collections.abc import Mapping

from helpers import settings

CARDS = settings.ROOT / "datasets" / "README.md"


def card(name: str) -> str:
    """The section of a data set."""
    return CARDS.read_text("utf-8").split(f"\n## {name}\n")[1].split("\n## ")[0]


def table_of(name: str) -> dict[str, str]:
    """The measures on a card, as they are written there."""
    lines = re.findall(r"^\| (.+) \| (.+) \|$", card(name), re.M)
    start = lines.index(("measure", "value"))
    table = {}
    for measure, value in lines[start + 1 :]:
        if measure == "field":
            break
        table[measure] = value
    return table


def update_card(name: str, measured: Mapping[str, object]) -> None:
    """Write measured numbers into the lines that the card has for them, if asked to."""
    if not os.environ.get("COURSE_UPDATE_CARDS"):
        return
    before = card(name)
    after = before
    for measure, value in measured.items():
        written = f"{value:,}" if isinstance(value, int) else str(value)
        line = re.compile(rf"^\| {re.escape(measure)} \| .+ \|$", re.M)
        after = line.sub(lambda _, row=f"| {measure} | {written} |": row, after)
    text = CARDS.read_text("utf-8").replace(before, after)
    settings.write_atomically(CARDS, text)
