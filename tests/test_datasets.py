"""The data sets are what their cards say, and the reviews are fit for what they are for."""

import importlib.util
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cards import CARDS, compare
from gensim.test.utils import datapath
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

from helpers import corpora
from helpers.settings import DATASETS as FOLDER
from helpers.vocabulary import tokenize

REVIEWS = pd.read_csv(FOLDER / "reviews.tsv", sep="\t")
LEXICON = pd.read_csv(FOLDER / "reviews_lexicon.csv", keep_default_na=False).set_index("word")
TEXTS = [tokenize(text) for text in REVIEWS.text]
COUNTS = Counter(word for text in TEXTS for word in text)
JUDGING = LEXICON[LEXICON.opposite != ""]
IMDB_LEXICON = pd.read_csv(FOLDER / "imdb_lexicon.csv", keep_default_na=False).set_index(
    "word"
)
TOY = [line.split(" ") for line in (FOLDER / "toy.txt").read_text("utf-8").splitlines()]
SLOTS = pd.read_csv(FOLDER / "toy_slots.csv").set_index("word").slot


@pytest.fixture
def generator(tmp_path, monkeypatch):
    """The generator as a module, told to write into a temporary folder."""
    spec = importlib.util.spec_from_file_location("make_reviews", FOLDER / "make_reviews.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "REVIEWS", tmp_path / "reviews.tsv")
    return module


def test_the_generator_writes_the_file_byte_for_byte(generator, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["make_reviews.py"])
    generator.main()
    written = generator.REVIEWS.read_bytes()
    assert written == (FOLDER / "reviews.tsv").read_bytes()
    monkeypatch.setattr(sys, "argv", ["make_reviews.py", "--check"])
    monkeypatch.setattr(generator, "make_reviews", written.decode)  # once is enough
    generator.main()
    assert "is exactly what" in capsys.readouterr().out
    generator.REVIEWS.write_bytes(written.replace(b"good", b"fine", 1))
    with pytest.raises(SystemExit, match="is not what make_reviews"):
        generator.main()
    assert generator.REVIEWS.read_bytes() != written  # --check writes nothing
    generator.REVIEWS.unlink()
    with pytest.raises(SystemExit, match="run `python datasets/make_reviews"):
        generator.main()


def test_neutral_sentences_keep_the_verdict_out_of_a_window_of_five(generator):
    for frames in generator.NEUTRAL.values():
        assert min(len(frame.split()) for frame in frames) >= 6


def test_another_seed_makes_another_corpus(generator):
    assert generator.make_reviews(seed=1, per_group=2) != generator.make_reviews(per_group=2)


def test_the_lexicon_knows_every_word_and_no_other():
    assert set(LEXICON.index) == set(COUNTS) and LEXICON.index.is_unique
    assert set(LEXICON.topic) == {"general", *REVIEWS.topic}
    assert set(LEXICON.polarity) == {"positive", "negative", "neutral", ""}
    roles = re.search(r"\| `role` \| (.*?) \|", CARDS.read_text("utf-8"))[1]
    assert set(LEXICON.role) == set(
        re.findall(r"\b[a-z]+\b", re.sub(r"\(.*?\)", "", roles))
    ) - {"or"}


def test_opposites_are_two_sides_of_one_thing():
    other = JUDGING.loc[JUDGING.opposite]
    assert list(other.opposite) == list(JUDGING.index)
    assert set(JUDGING.polarity) == {"positive", "negative"}
    assert all(JUDGING.polarity.to_numpy() != other.polarity.to_numpy())
    for column in ("role", "topic", "slot"):
        assert list(JUDGING[column]) == list(other[column])
    assert set(LEXICON.drop(JUDGING.index).polarity) == {"neutral", ""}
    assert set(JUDGING.role) == {"noun", "verb", "adjective", "adverb"}


def test_a_word_of_a_topic_occurs_only_there():
    topics = defaultdict(set)
    for topic, text in zip(REVIEWS.topic, TEXTS, strict=True):
        for word in text:
            topics[word].add(topic)
    bound = LEXICON.topic[LEXICON.topic != "general"]
    assert all(topics[word] == {topic} for word, topic in bound.items())
    # A general judging word or noun is at home everywhere, if only by chance.
    general = LEXICON[(LEXICON.topic == "general") & (LEXICON.polarity != "")]
    assert min(len(topics[word]) for word in general.index if COUNTS[word] >= 40) >= 4


def test_reviews_are_many_balanced_and_different():
    assert len(REVIEWS) >= 6_000 and sum(COUNTS.values()) >= 250_000 and len(COUNTS) >= 500
    assert set(REVIEWS.groupby(["topic", "sentiment"]).size()) == {len(REVIEWS) // 10}
    assert REVIEWS.text.is_unique
    assert min(map(len, TEXTS)) >= 30 and max(map(len, TEXTS)) <= 80


def test_the_text_reads_like_text():
    for text in REVIEWS.text:
        assert re.fullmatch(r"([A-Z][A-Za-z]*(,? [A-Za-z]+)*\.( |$)){5,}", text), text
        assert not re.search(r"\b(\w+) \1\b", text, re.I), text
        assert not re.search(r"\b[Aa] ([aeio]|u(?!nif))|\b[Aa]n ([^aeiou]|unif)", text), text
        assert not re.search(r"(?<![.] )(?<!^)\b[A-Z](?!\w*[a-z])(?<!I)", text), text


def test_neither_frame_nor_neighbors_give_polarity_away():
    sides = {word: side == "positive" for word, side in JUDGING.polarity.items()}
    frames, agree = defaultdict(list), []
    for text in TEXTS:
        masked = ["*" if word in sides else word for word in text]
        places = [i for i, word in enumerate(masked) if word == "*"]
        for i in places:
            frames["left", *masked[max(0, i - 2) : i]].append(sides[text[i]])
            frames["right", *masked[i + 1 : i + 3]].append(sides[text[i]])
            near = [j for j in places if 0 < j - i <= 5]
            agree += [sides[text[i]] == sides[text[j]] for j in near]
    common = [np.array(found) for found in frames.values() if len(found) >= 100]
    assert len(common) > 50
    # In standard deviations of a fair coin.
    assert max(abs(2 * f.sum() - f.size) / f.size**0.5 for f in common) < 4.5
    assert abs(np.mean(agree) - 0.5) < 0.02, np.mean(agree)
    measure = "pairs of judging words within five words that are on the same side"
    compare("reviews", {measure: f"{np.mean(agree):.2f}"})


def test_words_are_distributed_somewhat_as_zipf_says():
    frequency = np.log(sorted(COUNTS.values(), reverse=True))
    rank = np.log(np.arange(1, len(frequency) + 1))
    slope, r = np.polyfit(rank, frequency, 1)[0], np.corrcoef(rank, frequency)[0, 1]
    assert -1.2 < slope < -0.9 and r**2 > 0.9
    measure = "slope of log frequency against log rank"
    compare("reviews", {measure: f"{slope:.2f}", "R² of that line": f"{r**2:.2f}"})


def test_counting_words_is_not_enough_and_their_order_helps():
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = []
    for longest in (1, 2):
        counts = CountVectorizer(ngram_range=(1, longest)).fit_transform(REVIEWS.text)
        model = LogisticRegression(max_iter=1000)
        scores.append(cross_val_score(model, counts, REVIEWS.sentiment, cv=folds).mean())
    assert 0.85 < scores[0] < 0.96 and scores[1] > scores[0] + 0.01
    names = ["accuracy of bag of words", "accuracy of bag of words and bigrams"]
    compare("reviews", {name: f"{s:.2f}" for name, s in zip(names, scores, strict=True)})


def test_the_card_of_the_reviews_agrees_with_the_files(generator):
    total = sum(COUNTS.values())
    measured = {
        "reviews": len(REVIEWS),
        "reviews per topic and sentiment": generator.PER_GROUP,
        "tokens": total,
        "tokens per review": f"{total / len(REVIEWS):.1f}",
        "distinct words": len(COUNTS),
        "positive words": sum(LEXICON.polarity == "positive"),
        "negative words": sum(LEXICON.polarity == "negative"),
        'occurrences of "good"': COUNTS["good"],
        'occurrences of "bad"': COUNTS["bad"],
        "occurrences of the rarest word": min(COUNTS.values()),
        "share of judgments that are negated": str(generator.NEGATED),
    }
    compare("reviews", measured)


def test_toy_sentences_and_their_slots():
    counts = Counter(word for sentence in TOY for word in sentence)
    assert (
        set(counts) == set(SLOTS.index) and SLOTS.index.is_unique and min(counts.values()) >= 3
    )
    assert len(set(map(tuple, TOY))) == len(TOY)
    measured = {"sentences": len(TOY), "tokens": counts.total(), "distinct words": len(counts)}
    compare("toy", measured | {"slots": SLOTS.nunique()})


@pytest.mark.parametrize("size", [2, 5, 10])
def test_words_of_a_toy_slot_end_close(size):
    """Skip-gram with a full softmax, window 2, one pair at a time."""
    words, rng = list(SLOTS.index), np.random.default_rng(0)
    ids = [[words.index(word) for word in sentence] for sentence in TOY]
    pairs = [
        (s[i], s[j])
        for s in ids
        for i in range(len(s))
        for j in range(len(s))
        if 0 < abs(i - j) <= 2
    ]
    centers, contexts = rng.normal(0, 0.1, (2, len(words), size))
    for _ in range(20):
        for center, context in rng.permutation(pairs):
            p = np.exp(contexts @ centers[center])
            p /= p.sum()
            p[context] -= 1
            step = contexts.T @ p
            contexts -= 0.05 * np.outer(p, centers[center])
            centers[center] -= 0.05 * step
    content = (SLOTS != "function word").to_numpy()
    rows = centers[content] / np.linalg.norm(centers[content], axis=1, keepdims=True)
    slots = SLOTS[content].to_numpy()
    same, upper = slots[:, None] == slots, np.triu(np.ones((len(rows), len(rows)), bool), 1)
    cosine = rows @ rows.T
    assert cosine[same & upper].mean() > cosine[~same & upper].mean() + 0.25


def test_human_judgments_are_as_many_as_the_card_says():
    for name, file in (("WordSim-353", "wordsim353.tsv"), ("SimLex-999", "simlex999.txt")):
        lines = Path(datapath(file)).read_text(encoding="utf-8").splitlines()
        pairs = sum(not line.startswith("#") for line in lines)
        compare("human judgments", {f"pairs in {name}": pairs})


def test_the_lexicon_for_imdb_is_built_like_that_of_the_reviews():
    lexicon, genres = IMDB_LEXICON, set(corpora.GENRES)
    assert list(lexicon.columns) == ["role", "topic", "polarity", "opposite"]
    assert lexicon.index.is_unique and all(tokenize(word) == [word] for word in lexicon.index)
    assert set(lexicon.topic) == {"general", *genres}
    assert set(lexicon.role) <= set(LEXICON.role)
    assert set(lexicon.polarity) == set(LEXICON.polarity)
    assert not set(lexicon.index) & set(" ".join(corpora.GENRES.values()).split())
    judging = lexicon[lexicon.opposite != ""]
    other = judging.loc[judging.opposite]
    assert list(other.opposite) == list(judging.index)
    assert set(judging.polarity) == {"positive", "negative"} and set(judging.topic) == {
        "general"
    }
    assert all(judging.polarity.to_numpy() != other.polarity.to_numpy())
    assert list(judging.role) == list(other.role)
    assert set(lexicon.drop(judging.index).polarity) == {"neutral", ""}
    function_words = set(LEXICON.role[LEXICON.polarity == ""])
    assert all((lexicon.polarity == "") == lexicon.role.isin(function_words - {"verb"}))


def test_the_lexicon_for_imdb_is_large_enough_and_as_its_card_says():
    lexicon = IMDB_LEXICON
    pairs, neutral = sum(lexicon.opposite != "") // 2, lexicon.polarity == "neutral"
    general = sum(neutral & (lexicon.topic == "general"))
    assert pairs >= 60 and general >= 150
    measured = {"words in the lexicon": len(lexicon), "pairs of opposites": pairs}
    measured["general neutral words"] = general
    for genre in corpora.GENRES:
        measured[f"words of {genre}"] = sum(lexicon.topic == genre)
        assert measured[f"words of {genre}"] >= 30
    compare("imdb genres", measured)


def test_every_data_set_has_a_whole_card():
    names = [
        "reviews",
        "toy",
        "wikipedia",
        "docstrings",
        "imdb",
        "imdb genres",
        "human judgments",
    ]
    cards = CARDS.read_text("utf-8")
    assert re.findall("^## (.+)$", cards, re.M) == names
    for text in cards.split("\n## ")[1:]:
        for part in (
            "What.",
            "How it was made.",
            "Fields.",
            "License.",
            "Known limits.",
            "How to make",
        ):
            assert text.count(f"**{part}") == 1, f"{text.splitlines()[0]}: {part}"
