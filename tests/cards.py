"""The data cards in `datasets/README.md`: read by the tests, and renewed by them on request.

With COURSE_UPDATE_CARDS=1, test_corpora.py, test_datasets.py and test_downloads.py write the
numbers that they measure into the cards. Without it, a card that differs fails its test.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping

from helpers import settings
from helpers.corpora import Corpus

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


def compare(name: str, measured: Mapping[str, object]) -> None:
    """Assert that a card says what was measured; renew it first, if that is asked for."""
    written = {}
    for measure, value in measured.items():
        written[measure] = f"{value:,}" if isinstance(value, int) else str(value)
    if os.environ.get("COURSE_UPDATE_CARDS"):
        before = after = card(name)
        for measure, value in written.items():
            line = re.compile(rf"^\| {re.escape(measure)} \| .+ \|$", re.M)
            after = line.sub(f"| {measure} | {value} |", after)
        settings.write_atomically(CARDS, CARDS.read_text("utf-8").replace(before, after))
    table = table_of(name)
    shown = {measure: table.get(measure, "not on the card") for measure in written}
    assert shown == written


def sizes(corpus: Corpus) -> dict[str, int]:
    """The sizes that every card of a corpus names."""
    counts = Counter(word for text in corpus.texts for word in text)
    return {
        "tokens": counts.total(),
        "distinct words": len(counts),
        "words seen five times or more": sum(count >= 5 for count in counts.values()),
    }
