"""Write reviews.tsv, a corpus of invented reviews whose truth is known.

    python datasets/make_reviews.py           # write reviews.tsv, always the same bytes
    python datasets/make_reviews.py --check   # say whether the file on disk is the same

The words come from reviews_lexicon.csv, the sentences from the frames below.  Four rules make
the corpus fit for experiments on word vectors:

1. A judgment first picks a pair of opposites (good/bad) and a frame, and only then a side.  So
   both sides stand in the same frames beside the same words, equally often.
2. A review judges four things and is mixed: three judgments go one way and one goes the other,
   in any order.  Two judgments of a review then agree as often as they disagree (3 of the 6
   pairs), so a judging word says nothing about the polarity of its neighbors.
3. The review's verdict, on the whole film or hotel, goes the way of the three, and a neutral
   sentence keeps it more than five words away from the other judgments.
4. Some judgments are negated, on both sides alike: "was not good" counts as negative and "was
   never bad" as positive.  Counting good and bad words is therefore not enough.
"""

import argparse
import csv
import random
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from helpers.settings import write_atomically

FOLDER = Path(__file__).resolve().parent
LEXICON, REVIEWS = FOLDER / "reviews_lexicon.csv", FOLDER / "reviews.tsv"
SEED = 2013  # the year of Word2Vec
PER_GROUP = 600  # reviews for each topic and sentiment
NEGATED = 0.13  # share of the judgments that are negated

# What can be judged in a review of each topic, by slot of the lexicon, the most common first.
ASPECTS = {
    "films": ["story", "actor", "look", "staff"],
    "restaurants": ["food", "staff", "venue"],
    "hotels": ["room", "linen", "staff"],
    "books": ["narrative", "prose", "author", "volume", "staff"],
    "phones": ["device", "software", "staff"],
}
PEOPLE = ["actor", "author", "staff"]
OWN = {
    "room": ["room", "clean"],
    "linen": ["linen", "clean", "clean"],
}  # else: the aspect's name

# How many judgments in a hundred use which kind of judging word, by what is judged.  Each kind
# is a slot of the lexicon, but "own" is the slot named after the aspect: "food" has
# delicious/bland.
KINDS = {
    "thing": "own 26, any 23, extreme 12, manner 7, felt 6, moved 6, event 6, feel 5, move 3"
    ", reaction 2, superlative 2, comparative 1, note 1",
    "person": "own 23, any 23, extreme 16, felt 7, moved 7, feel 6, move 4, reaction 5"
    ", manner 4, superlative 3, note 2",
    "staff": "own 24, any 18, treatment 14, extreme 14, moved 7, felt 6, feel 4, reaction 4"
    ", move 3, superlative 2, note 2, manner 2",
    "head": "any 34, extreme 24, felt 8, feel 8, moved 7, event 7, move 5, reaction 4, note 3",
}

# Frames of judgments: as they are, and negated.  {x} is the judging word, {n} what is judged,
# {is} agrees with the noun before it, and any other {slot} takes a word from the lexicon.
ADJECTIVE = {
    "plain": [
        "the {n} {is} {x}",
        "the {n} {is} {degree} {x}",
        "i thought the {n} {is} {x}",
        "we found the {n} {degree} {x}",
        "my {kin} called the {n} {x}",
        "everyone agreed that the {n} {is} {x}",
        "we still talk about the {x} {n}",
        "the {n} seemed {degree} {x}",
        "i remember the {x} {n}",
    ],
    "negated": [
        "the {n} {is} not {x}",
        "the {n} {is} never {x}",
        "the {n} {is} hardly {x}",
        "i did not find the {n} {x}",
        "nobody called the {n} {x}",
        "the {n} {is} not at all {x}",
        "i would not call the {n} {x}",
        "the {n} never seemed {x}",
    ],
}
IMPRESSION = {
    "plain": [
        *ADJECTIVE["plain"],
        "the {n} made a {x} impression",
        "the {n} put us in a {x} mood",
    ],
    "negated": [
        *ADJECTIVE["negated"],
        "the {n} never put us in a {x} mood",
        "the {n} made no {x} impression",
    ],
}
FRAMES = {
    "own": ADJECTIVE,
    "any": IMPRESSION,
    "extreme": IMPRESSION,
    "head": {
        "plain": ["it {is} a {x} {n}", "this is a {x} {n}", *ADJECTIVE["plain"]],
        "negated": [
            "it {is} not a {x} {n}",
            "this is hardly a {x} {n}",
            *ADJECTIVE["negated"],
        ],
    },
    "comparative": {
        "plain": ["the {n} {is} {x} than before", "the {n} {is} {x} than i expected"],
        "negated": [
            "the {n} {is} not {x} than before",
            "the {n} {is} hardly {x} than i expected",
        ],
    },
    "superlative": {
        "plain": [
            "the {n} {is} the {x} in years",
            "my {kin} called the {n} the {x} of the {season}",
        ],
        "negated": [
            "the {n} {is} not the {x} in years",
            "nobody called the {n} the {x} in {town}",
        ],
    },
    "felt": {
        "plain": [
            "i {x} the {n}",
            "my {kin} {x} the {n}",
            "we all {x} the {n}",
            "everyone {x} the {n}",
        ],
        "negated": ["nobody {x} the {n}", "i never {x} the {n}", "none of us {x} the {n}"],
    },
    "feel": {
        "plain": ["i {x} the {n}", "you will {x} the {n}", "anyone would {x} the {n}"],
        "negated": [
            "i did not {x} the {n}",
            "nobody will {x} the {n}",
            "you would not {x} the {n}",
        ],
    },
    "moved": {
        "plain": ["the {n} {x} us", "the {n} {x} my {kin}", "the {n} really {x} everyone"],
        "negated": [
            "the {n} never {x} us",
            "the {n} hardly {x} my {kin}",
            "the {n} {x} nobody",
        ],
    },
    "move": {
        "plain": [
            "the {n} will {x} most people",
            "the {n} would {x} anyone",
            "the {n} did {x} us",
        ],
        "negated": ["the {n} did not {x} us", "the {n} will hardly {x} anyone"],
    },
    "event": {
        "plain": [
            "the {n} {is} a {x}",
            "the {n} {is} a real {x}",
            "my {kin} called the {n} a {x}",
        ],
        "negated": [
            "the {n} {is} not a {x}",
            "the {n} {is} hardly a {x}",
            "nobody called the {n} a {x}",
        ],
    },
    "reaction": {
        "plain": ["the {n} earned {x} from my {kin}", "my {kin} had only {x} for the {n}"],
        "negated": ["the {n} never earned {x} from us", "my {kin} had no {x} for the {n}"],
    },
    "note": {
        "plain": ["my {kin} wrote a {x} about the {n}", "i sent a {x} about the {n}"],
        "negated": ["nobody wrote a {x} about the {n}", "i did not send a {x} about the {n}"],
    },
    "manner": {
        "plain": ["the {n} worked {x}", "the {n} did the job {x}"],
        "negated": ["the {n} never worked {x}", "the {n} did not do the job {x}"],
    },
    "treatment": {
        "plain": ["the {n} treated us {x}", "the {n} answered my {kin} {x}"],
        "negated": ["the {n} never treated us {x}", "the {n} hardly answered us {x}"],
    },
}

# Neutral sentences, for all topics and for one.
NEUTRAL = {
    "general": [
        "we asked the {staff} about the {thing} and the {thing}",
        "my {kin}, a {job} from {town}, came with us",
        "the {thing} {is} {plain}, and the {thing} {is} {plain}",
        "my {kin} had told me about it in {month}",
        "it {is} a {weather} {daypart} in {month}, and my {kin} drove",
        "the {staff} {is} {build} and wore {color}",
        "my {kin} and i live {number} miles from {town}",
        "we met at the {landmark} and took the {transport}",
        "the {thing} {is} not {plain}, and the {thing} {is} {plain}",
        "i wrote this on a {transport} in {town}",
        "a {job} at the {landmark} had told us about it",
        "on {day} i told my {kin} and a {job} about it",
        "my {kin} bought a {color} {garment} near the {landmark}",
        "we talked about it in {town} on a {daypart} in {season}",
        "my {kin} did not ask about the {thing}",
        "i had saved for it since {month}",
    ],
    "films": [
        "it follows a {job} and a {job} in {town}",
        "the {head} runs for two hours with no break",
        "it was shot in {town} and {town} in {season}",
        "we sat in row {number} with {snack} and {snack}",
        "the {actor} played a {job} in a {color} {garment}",
        "we saw it on a {day} {daypart} near the {landmark}",
    ],
    "restaurants": [
        "we ordered the {food} and the {food} with {drink}",
        "my {kin} had the {food}, and i had the {food}",
        "the {head} is near the {landmark} and opens at {number}",
        "the menu lists {number} kinds of {dish} and {drink}",
        "we booked for {number} people on a {day} {daypart}",
        "we ate by a {color} wall and shared the {food}",
    ],
    "hotels": [
        "we stayed for {number} nights in {month}",
        "the {room} had a {color} {furniture} and a {furniture}",
        "the {head} stands between the {landmark} and the {landmark}",
        "we came from {town} by {transport} on {day}",
        "breakfast is served until ten on floor {number}",
        "the {linen} {is} {color}, and the {furniture} {is} {color}",
    ],
    "books": [
        "it tells of a {job} and a {job} in {town}",
        "the {head} is about {subject} and {subject} in {town}",
        "i read {number} pages every {daypart} on the {transport}",
        "the jacket shows a {color} {animal} and a {animal}",
        "my copy came from a library near the {landmark}",
        "the {author} studied {subject} in {town} with a {job}",
    ],
    "phones": [
        "the {head} comes in {color} and {color}",
        "i bought it on {day}, and it arrived in {number} days",
        "the box holds a {accessory} and a {color} {accessory}",
        "i use it for {use}, {use} and {use}",
        "it weighs {number} ounces with the {accessory}",
        "my old one lasted {number} years with the same {device}",
    ],
}

# How a sentence opens whose judgment goes the same way as the last one, or the other way.
# Both are as long, so that the two ways are equally often within a few words of each other
# (rule 2).
OPENERS = {
    "same": ["also", "besides", "in addition"],
    "other": ["however", "nevertheless", "then again"],
    "verdict": ["overall", "in short", "all in all", "on the whole", "in the end"],
}
PROPER = ["day", "month", "town"]  # slots whose words take a capital


class Writer:
    """Writes reviews with the words of a lexicon."""

    def __init__(self, lexicon: list[dict[str, str]], seed: int = SEED) -> None:
        self.random = random.Random(seed)
        self.slots: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.plural: set[str] = set()
        self.proper = {"i"}
        self.used: set[Any] = set()  # words, pairs and frames in the review being written
        for row in lexicon:
            word, slot = row["word"], row["slot"].removesuffix(" plural")
            if row["polarity"] == "positive":
                self.pairs[slot].append((word, row["opposite"]))
            elif slot and row["polarity"] != "negative":
                self.slots[slot, row["topic"]].append(word)
            if slot != row["slot"]:
                self.plural.add(word)
            if slot in PROPER:
                self.proper.add(word)

    def pick(self, options: list[Any]) -> Any:
        """One of the options, each rarer than the one before it, as Zipf's law has it."""
        weights = [1 / rank for rank in range(2, len(options) + 2)]
        return self.random.choices(options, weights)[0]

    def new(self, options: list[Any]) -> Any:
        """One of the words, pairs or frames that this review has not used yet."""
        choice = self.pick(
            [option for option in options if option not in self.used] or options
        )
        self.used.add(choice)
        return choice

    def word(self, slot: str, topic: str) -> str:
        """A new word for the slot, of this topic if it has its own, else of all topics."""
        if slot == "thing":
            slot = self.pick([aspect for aspect in ASPECTS[topic] if aspect not in PEOPLE])
        options = self.slots[slot, topic] or self.slots[slot, "general"]
        return self.new(options)

    def fill(self, frame: str, topic: str, **given: str) -> str:
        """Replace each {slot} of the frame by the word given for it, or else by a new one."""
        last = ""

        def replace(match: re.Match) -> str:
            nonlocal last
            if match[1] == "is":
                return "were" if last in self.plural else "was"
            last = given.get(match[1]) or self.word(match[1], topic)
            return last

        return re.sub(r"{(.+?)}", replace, frame)

    def judgment(self, topic: str, aspect: str, noun: str, positive: bool) -> str:
        """A clause that judges the noun."""
        group = aspect if aspect in KINDS else "person" if aspect in PEOPLE else "thing"
        shares = dict(share.split() for share in KINDS[group].split(", "))
        kind = self.random.choices(list(shares), [int(share) for share in shares.values()])[0]
        slot = self.random.choice(OWN.get(aspect, [aspect])) if kind == "own" else kind
        good, bad = self.new(self.pairs[slot])
        negated = self.random.random() < NEGATED
        frames = FRAMES["head" if aspect == "head" and kind in ("any", "extreme") else kind]
        frame = self.new(frames["negated" if negated else "plain"])
        if kind == "extreme":  # "absolutely great", but "very good"
            frame = frame.replace("{degree}", "{extremely}")
        return self.fill(frame, topic, n=noun, x=good if positive != negated else bad)

    def review(self, topic: str, positive: bool) -> str:
        """The text of one review."""
        self.used.clear()
        ways = [positive, positive, positive, not positive]
        self.random.shuffle(ways)
        clauses = []
        for way in ways:
            aspect = self.pick(ASPECTS[topic])
            clauses.append(self.judgment(topic, aspect, self.word(aspect, topic), way))
        halves = []
        for first in (0, 2):
            same = ways[first] == ways[first + 1]
            link = ", and " if same else ", but "
            if self.random.random() < 0.4:
                link = f". {self.random.choice(OPENERS['same' if same else 'other'])}, "
            halves.append(clauses[first] + link + clauses[first + 1])
        head = self.word("head", topic)
        neutral = []
        for group in self.random.sample(["general", "general", topic], 2):
            neutral.append(self.fill(self.new(NEUTRAL[group]), topic, head=head))
        verdict = self.judgment(topic, "head", head, positive)
        if self.random.random() < 0.4:
            sentences = [verdict, neutral[0], halves[0], neutral[1], halves[1]]
        else:
            verdict = f"{self.random.choice(OPENERS['verdict'])}, {verdict}"
            sentences = [halves[0], neutral[0], halves[1], neutral[1], verdict]
        return self.finish(". ".join(sentences) + ".")

    def finish(self, text: str) -> str:
        """Put in "an" and the capitals."""
        text = re.sub(r"\ba (?=[aeio]|u(?!nif))", "an ", text)
        text = re.sub(
            r"[^\W\d_]+", lambda m: m[0].capitalize() if m[0] in self.proper else m[0], text
        )
        return re.sub(r"(^|\. )(\w)", lambda m: m[1] + m[2].upper(), text)


def make_reviews(lexicon: Path = LEXICON, seed: int = SEED, per_group: int = PER_GROUP) -> str:
    """Return the whole of reviews.tsv: a header, then one review a line."""
    with open(lexicon, encoding="utf-8", newline="") as file:
        writer = Writer(list(csv.DictReader(file)), seed)
    rows: dict[str, str] = {}  # text -> the row; a text that comes up again is not taken again
    for topic in ASPECTS:
        for positive in (True, False):
            goal = len(rows) + per_group
            while len(rows) < goal:
                text = writer.review(topic, positive)
                rows.setdefault(
                    text, f"{'positive' if positive else 'negative'}\t{topic}\t{text}"
                )
    lines = list(rows.values())
    writer.random.shuffle(lines)
    return "\n".join(["sentiment\ttopic\ttext", *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write datasets/reviews.tsv.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args().check
    text = make_reviews()
    if not check:
        write_atomically(REVIEWS, text)
        print(f"Wrote {text.count(chr(10)) - 1:,} reviews to {REVIEWS.name}.")
    elif not REVIEWS.exists() or REVIEWS.read_bytes() != text.encode():
        sys.exit(
            f"{REVIEWS.name} is not what {Path(__file__).name} writes: "
            "run `python datasets/make_reviews.py` to write it again."
        )
    else:
        print(f"{REVIEWS.name} is exactly what {Path(__file__).name} writes.")


if __name__ == "__main__":
    main()
