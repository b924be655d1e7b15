"""What is asked of a table of word vectors, on tables whose answers are known."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from scipy.stats import spearmanr

from helpers import measures

# Six arrows in the plane. By direction, row 0's neighbors are 1 (5 degrees), 2 (26 degrees)
# and 3 (90 degrees); by dot product the long row 2 comes first.
ARROWS = np.array([[1, 0], [2, 0.175], [20, 10], [0, 3], [-1, 0], [0, 0]], dtype=float)


def turned(table: np.ndarray, degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return table @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def test_unit_rows_have_length_one_and_zeros_stay():
    lengths = np.linalg.norm(measures.unit_rows(ARROWS), axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 1, 1, 0])


def test_cosine_ignores_lengths():
    assert measures.cosine(ARROWS, 0, 2) == pytest.approx(2 / np.sqrt(5))
    assert measures.cosine(ARROWS, 0, 4) == -1
    assert measures.cosine(ARROWS, 0, 5) == 0
    several = measures.cosine(ARROWS, np.array([0, 0]), np.array([3, 4]))
    np.testing.assert_allclose(several, [0, -1])


def test_neighbors_are_those_by_direction_nearest_first():
    found = measures.neighbors(ARROWS, [0, 3], count=3)
    assert found.tolist() == [[1, 2, 3], [2, 1, 0]]


def test_a_word_is_never_its_own_neighbor():
    doubled = np.vstack([ARROWS, ARROWS])  # each row has an equal one
    found = measures.neighbors(doubled, np.arange(12), count=11)
    for row, its_neighbors in enumerate(found):
        assert row not in its_neighbors
        assert len(set(its_neighbors)) == 11


def test_neighbors_come_from_among_and_are_named_by_their_own_rows():
    assert measures.neighbors(ARROWS, [0], among=[4, 3, 2], count=2).tolist() == [[2, 3]]
    assert measures.neighbors(ARROWS, [4], among=[0, 4, 3], count=2).tolist() == [[3, 0]]


def test_more_neighbors_than_there_are_rows_are_refused():
    with pytest.raises(ValueError, match=r"row 2 has 1 other rows: lower count=2"):
        measures.neighbors(ARROWS, [2], among=[2, 3], count=2)


def test_overlap_is_one_for_equal_tables_turned_or_stretched():
    table = np.random.default_rng(0).normal(size=(30, 2))
    assert measures.neighbor_overlap(table, 3 * turned(table, 40), count=5) == 1


def test_overlap_is_what_both_lists_hold_over_what_either_holds():
    # From the same three candidates each list takes two: one shared, three in all.
    first = turned(np.array([[1.0, 0]] * 4), 0)
    first[1:] = [turned(np.array([1.0, 0]), angle) for angle in (1, 2, 50)]
    second = first.copy()
    second[[2, 3]] = second[[3, 2]]
    for row in (0, 1):
        lists = [
            set(measures.neighbors(table, [row], count=2)[0]) for table in (first, second)
        ]
        assert len(lists[0] & lists[1]) == 1
    # Rows 0 and 1 share one of three; rows 2 and 3 keep {0, 1} or lose one of the two.
    by_hand = []
    for row in range(4):
        one, other = (
            set(measures.neighbors(table, [row], count=2)[0]) for table in (first, second)
        )
        by_hand.append(len(one & other) / len(one | other))
    assert by_hand[0] == pytest.approx(1 / 3)
    assert measures.neighbor_overlap(first, second, count=2) == pytest.approx(np.mean(by_hand))


def test_overlap_among_some_words_ignores_the_others():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 20, 3))
    second[:8] = first[:8]
    assert measures.neighbor_overlap(first, second, count=3, among=np.arange(8)) == 1
    assert measures.neighbor_overlap(first, second, count=3) < 1


def test_rank_counts_the_nearer_words_and_neither_of_the_two():
    assert [measures.rank(ARROWS, 0, other) for other in (1, 2, 3, 4)] == [1, 2, 3, 5]
    assert measures.rank(ARROWS, 0, 3, among=[0, 3, 4]) == 1
    assert measures.rank(ARROWS, 0, 3, among=[1, 4]) == 2


def test_rank_agrees_with_the_order_of_the_neighbors():
    table = np.random.default_rng(0).normal(size=(15, 4))
    for word in range(15):
        for place, other in enumerate(measures.neighbors(table, [word], count=14)[0], start=1):
            assert measures.rank(table, word, other) == place


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_not_finite_is_named(number):
    table = ARROWS.copy()
    table[3, 1] = number
    for ask in (
        lambda: measures.unit_rows(table),
        lambda: measures.rank(table, 0, 1),
        lambda: measures.neighbors(table, [0], count=2),
        lambda: measures.neighbor_overlap(ARROWS, table, count=2, among=[0, 1, 2, 4]),
    ):
        with pytest.raises(ValueError, match=r"row 3 has no finite length: train with a"):
            ask()


def test_a_row_too_long_for_its_numbers_does_not_become_zeros():
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="row 1 has no finite"):
        measures.unit_rows(np.array([[1, 0], [300, 300]], np.float16))


def test_a_row_of_zeros_has_no_rank_and_no_overlap():
    for pair in ((5, 0), (0, 5)):
        with pytest.raises(ValueError, match="row 5 is of zeros and points nowhere: leave it"):
            measures.rank(ARROWS, *pair)
    with pytest.raises(ValueError, match="row 5 is of zeros"):
        measures.neighbor_overlap(ARROWS, ARROWS, count=2)
    assert measures.neighbor_overlap(ARROWS, ARROWS, count=2, among=[0, 1, 2, 3]) == 1


def test_a_collapsed_table_gives_the_last_rank_and_no_overlap():
    rng = np.random.default_rng(0)
    for row in (rng.normal(size=7), rng.normal(size=7).astype(np.float32)):
        collapsed = np.tile(row, (30, 1))
        assert measures.rank(collapsed, 3, 8) == 29
        with pytest.raises(ValueError, match="all 30 rows point the same way"):
            measures.neighbor_overlap(rng.normal(size=(30, 7)), collapsed, count=5)


def test_a_rival_that_is_as_near_counts_as_nearer():
    mirrored = np.array([[1, 0], [1, 1], [1, -1], [2, 2], [0, 1]])
    assert [measures.rank(mirrored, 0, other) for other in (1, 2, 3, 4)] == [3, 3, 3, 4]


def test_cosines_that_only_round_to_one_number_are_no_tie():
    angles = np.radians([0, 0.01, 0.0101])
    table = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    unit = measures.unit_rows(table)
    assert unit[1] @ unit[0] == unit[2] @ unit[0]
    assert measures.rank(table, 0, 1) == 1


def test_align_finds_the_rotation_and_stretches_nothing():
    rotation = measures.align(ARROWS, 5 * turned(ARROWS, 30))
    np.testing.assert_allclose(ARROWS @ rotation, turned(ARROWS, 30), atol=1e-9)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(2), atol=1e-9)


# ---- the probe


def test_the_probe_reads_what_is_there_and_not_what_is_not():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 10))
    labels = np.where(rows[:, 3] > 0, "yes", "no")
    assert measures.probe(rows, labels) > 0.95
    blind = [measures.probe(rows, rng.permutation(labels), seed=seed) for seed in range(10)]
    assert 0.45 < np.mean(blind) < 0.55


def test_the_probe_is_a_linear_one():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2))
    assert measures.probe(rows, rows[:, 0] * rows[:, 1] > 0) < 0.65


def test_the_probe_knows_several_values():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 5))
    labels = np.argmax(rows[:, :3], axis=1)
    assert measures.probe(rows, labels) > 0.95


def test_words_of_a_group_are_never_on_both_sides():
    """Twins with the same row and label: a probe that saw one of them knows the other."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(60, 100)), 2, axis=0)
    labels = np.repeat(rng.permutation([0, 1] * 30), 2)
    groups = np.repeat(np.arange(60), 2)
    apart = [measures.probe(rows, labels, seed=seed) for seed in range(5)]
    together = [measures.probe(rows, labels, seed=seed, groups=groups) for seed in range(5)]
    assert np.mean(apart) > 0.75
    assert np.mean(together) < 0.6


def test_the_seed_decides_the_folds():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(60, 5)), rng.integers(0, 2, 60)
    assert measures.probe(rows, labels, seed=1) == measures.probe(rows, labels, seed=1)
    assert measures.probe(rows, labels, seed=1) != measures.probe(rows, labels, seed=2)


@pytest.mark.parametrize("labels", [["a"] * 9, ["a"] * 6 + ["b"] * 3])
def test_too_few_words_of_a_value_are_named(labels):
    with pytest.raises(ValueError, match=r"needs 5 words or more: a \d"):
        measures.probe(np.eye(9), labels)


# ---- WordSim-353 and random vectors


def vectors(words, table):
    keyed_vectors = KeyedVectors(np.shape(table)[1])
    keyed_vectors.add_vectors(words, np.asarray(table, dtype=np.float32))
    return keyed_vectors


def test_wordsim_is_spearman_with_its_coverage():
    rng = np.random.default_rng(0)
    words = ["tiger", "cat", "book", "paper", "computer", "keyboard", "internet", "telephone"]
    rated = {}
    for line in Path(datapath("wordsim353.tsv")).read_text("utf-8").splitlines():
        one, _, rest = line.partition("\t")
        other, _, rating = rest.partition("\t")
        if one in words and other in words:
            rated[one, other] = float(rating)
    assert len(rated) == 5
    table = rng.normal(size=(8, 4))
    row = dict(zip(words, table, strict=True))
    cosines = []
    for one, other in rated:
        lengths = np.linalg.norm(row[one]) * np.linalg.norm(row[other])
        cosines.append(row[one] @ row[other] / lengths)
    correlation, coverage = measures.wordsim(vectors(words, table))
    assert coverage == pytest.approx(5 / 353)
    assert correlation == pytest.approx(spearmanr(cosines, list(rated.values())).statistic)


def test_wordsim_without_a_pair_is_no_number():
    correlation, coverage = measures.wordsim(vectors(["xyzzy", "plugh"], np.eye(2)))
    assert np.isnan(correlation)
    assert coverage == 0


def test_one_pair_of_wordsim_has_no_correlation_and_is_counted():
    correlation, coverage = measures.wordsim(vectors(["love", "Sex"], np.eye(2)))
    assert np.isnan(correlation)
    assert coverage == pytest.approx(1 / 353)


def test_random_vectors_have_the_form_and_nothing_else():
    words = ["".join(letters) for letters in itertools.product("abcde", repeat=3)]
    learned = vectors(words, np.ones((125, 20)))
    random = measures.random_like(learned, seed=1)
    assert random.index_to_key == learned.index_to_key
    assert random.vectors.dtype == np.float32
    np.testing.assert_array_equal(
        random.vectors, measures.random_like(learned.vectors, seed=1)
    )
    assert not np.array_equal(random.vectors, measures.random_like(learned.vectors, seed=2))
    cosines = measures.unit_rows(random.vectors) @ measures.unit_rows(random.vectors).T
    off = cosines[np.triu_indices(125, 1)]
    assert abs(off.mean()) < 0.02
    assert off.std() == pytest.approx(1 / np.sqrt(20), rel=0.1)


def test_ranks_and_neighbors_are_right_where_all_cosines_crowd():
    """Rows of a nearly collapsed table differ in digits that float32 cosines do not have."""
    rng = np.random.default_rng(4)
    table = (1 + 1e-4 * rng.normal(size=(60, 8))).astype(np.float32)
    exact = table.astype(np.float64)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    for word in range(5):
        order = np.argsort(-(exact @ exact[word]), kind="stable")
        order = order[order != word]
        assert measures.neighbors(table, [word], count=10)[0].tolist() == order[:10].tolist()
        for place in (0, 7, 40):
            assert measures.rank(table, word, order[place]) == place + 1


def test_tables_of_other_vocabularies_have_no_overlap_to_speak_of():
    rng = np.random.default_rng(5)
    with pytest.raises(ValueError, match="30 and 40 rows"):
        measures.neighbor_overlap(rng.normal(size=(30, 4)), rng.normal(size=(40, 4)))


def test_a_probe_that_would_be_nan_says_why():
    rng = np.random.default_rng(6)
    rows, labels = rng.normal(size=(20, 3)), np.arange(20) % 2
    lumped = np.where(labels == 1, 99, np.arange(20))  # all words of one value in one group
    with pytest.raises(ValueError, match="groups keep its words together"):
        measures.probe(rows, labels, groups=lumped)
    rows[3, 1] = np.nan
    with pytest.raises(ValueError, match="row 3 has no finite length"):
        measures.probe(rows, labels)


def test_a_collapsed_table_has_no_neighbors_even_if_its_rows_differ_in_length():
    direction = np.random.default_rng(0).normal(size=5)
    collapsed = np.linspace(1, 3, 30)[:, None] * direction
    with pytest.raises(ValueError, match="collapsed"):
        measures.neighbor_overlap(collapsed, collapsed[::-1])
