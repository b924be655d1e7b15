"""A claim checks its whole sentence; its record belongs to this sentence, bound and text."""

import json

import numpy as np
import pytest

from helpers import claims
from helpers.claims import ClaimError, bounded, claim, exact

NAN = float("nan")


@pytest.fixture(autouse=True)
def no_lesson(monkeypatch):
    """No ledger, no open lesson, no corpus in use."""
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {})
    monkeypatch.setattr(claims, "BOOK", claims.Book({}, {}, set()))
    monkeypatch.setenv("COURSE_DATA", "bundled")


def row(**changes):
    """Return a row of the ledger for the claim that `state` makes."""
    fields = {
        "claim": "99-a",
        "lesson": "99",
        "kind": "claim",
        "sentence": "AUC {value:.2f}, {versus:.2f} after shuffling",
        "bound": "value - versus ≥ 0.15",
        "corpora": json.dumps({"reviews": "abc"}),
        "runs": "10",
        "held": "10",
        "numbers": json.dumps(
            {
                "value": [0.9, 0.92, 0.94],
                "versus": [0.5, 0.5, 0.5],
                "value - versus": [0.4] * 3,
            }
        ),
    }
    return fields | changes


def state(
    value=0.93, versus=0.5, by=0.15, sentence="AUC {value:.2f}, {versus:.2f} after shuffling"
):
    claim("99-a", sentence, value, versus=versus, by=by)


def test_a_claim_that_holds_prints_the_sentence_first(capsys):
    claim("99-a", "it is {value:.1f}", 0.52, at_least=0.4)
    assert capsys.readouterr().out == "✔ it is 0.5\n  99-a · value ≥ 0.4\n"


def test_a_long_sentence_is_wrapped_between_words(capsys):
    claim("99-a", "a sentence of many words " * 9 + "{value}", 1, at_least=0)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2 and max(map(len, lines)) <= claims.SMALL_PRINT


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (1.0, {"at_least": 1.1}),
        (3.0, {"at_most": 2.9}),
        (3.0, {"at_least": 1, "at_most": 2}),
    ],
)
def test_a_bound_on_the_value_can_fail(value, bounds):
    with pytest.raises(ClaimError, match=r"does not hold: it is .*value is"):
        claim("99-a", "it is {value:.2f}", value, **bounds)


def test_a_bound_holds_at_its_very_edge():
    claim("99-a", "it is {value}", 2.0, at_least=2.0)
    claim("99-a", "it is {value}", 2.0, at_most=2.0)
    claim("99-a", "it is {value} and {versus}", 2.0, versus=1.5, by=0.5)


@pytest.mark.parametrize(
    ("versus", "options", "holds"),
    [
        (0.5, {"by": 0.4}, True),
        (0.6, {"by": 0.4}, False),
        (1.5, {"by": -0.4}, True),
        (0.7, {"by": -0.4}, False),
        (0.95, {"within": 0.1}, True),
        (1.2, {"within": 0.1}, False),
        (0.6, {"within": 0.1}, False),
    ],
)
def test_the_contrast_is_checked(versus, options, holds):
    if holds:
        claim("99-a", "{value} against {versus}", 0.91, versus=versus, **options)
        return
    with pytest.raises(ClaimError, match="value - versus is"):
        claim("99-a", "{value} against {versus}", 0.91, versus=versus, **options)


def test_several_contrasts_are_checked_each_by_its_own_margin():
    said = "{value} against {shuffled} and {random}"
    numbers = {"shuffled": 0.5, "random": 0.1}
    claim("99-a", said, 0.9, versus=numbers, by={"shuffled": 0.3, "random": 0.6})
    claim("99-a", said, 0.9, versus=numbers, by=0.3)
    with pytest.raises(ClaimError, match=r"value - random is 0\.8, has to be ≥ 0\.9"):
        claim("99-a", said, 0.9, versus=numbers, by={"shuffled": 0.3, "random": 0.9})


def test_a_further_measured_number_has_bounds_of_its_own():
    claim("99-a", "{value}, right in {rate}", 2, at_most=3, rate=bounded(0.9, at_least=0.8))
    with pytest.raises(ClaimError, match=r"rate is 0\.7, has to be ≥ 0\.8"):
        claim(
            "99-a", "{value}, right in {rate}", 2, at_most=3, rate=bounded(0.7, at_least=0.8)
        )


def test_counts_and_words_are_handed_over_as_given(capsys):
    claim("99-a", "{value} of {n:,} {what}", 3, at_most=4, given={"n": 1000, "what": "words"})
    assert "3.0 of 1,000 words" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sentence", "value", "options", "error", "said"),
    [
        ("{value}", 1, {}, ValueError, "cannot fail"),
        ("{value}", 1, {"at_least": -np.inf}, ValueError, "never be broken"),
        ("{value}", 1, {"at_most": NAN}, ValueError, "never be broken"),
        ("{value}", 1, {"at_least": 2, "at_most": 1}, ValueError, "nothing is at least 2"),
        ("{value}", NAN, {"at_least": 0}, ValueError, "not a number"),
        ("{value}", "0.9", {"at_least": 0}, TypeError, "has to be one number"),
        ("{value}", True, {"at_least": 0}, TypeError, "has to be one number"),
        ("{value}", np.array([1.0]), {"at_least": 0}, TypeError, "has to be one number"),
        ("{value}", np.bool_(True), {"at_least": 0}, TypeError, "has to be one number"),
        ("{value}", np.array("0.5"), {"at_least": 0}, TypeError, "has to be one number"),
        ("{value}", np.inf, {"at_least": 0}, ValueError, "is infinite"),
        ("{value} {versus}", 1, {"versus": -np.inf, "by": 1}, ValueError, "is infinite"),
        ("{value}", 1, {"at_least": 0, "given": {"value": 2}}, ValueError, "called 'value'"),
        ("{value}", 1, {"versus": {"value": 0}, "by": 1}, ValueError, "called 'value'"),
        ("{value}", 1, {"at_least": 0, "full": {"at_least": None}}, ValueError, "cannot fail"),
        (
            "{value}",
            1,
            {"at_least": 0, "full": {"at_most": NAN}},
            ValueError,
            "never be broken",
        ),
        ("it holds", 1, {"at_least": 0}, ValueError, "does not say {value}"),
        ("{value} {n}", 1, {"at_least": 0}, ValueError, "no n=... was handed over"),
        ("{value} {n}", 1, {"at_least": 0, "n": 0.3}, TypeError, "nothing checks n"),
        ("{value}", 1, {"at_least": 0, "given": {"n": 3}}, ValueError, "n is handed over"),
        ("{value} {versus}", 1, {"versus": 2}, ValueError, "needs by=... or within=..."),
        ("{value} {versus}", 1, {"versus": 2, "by": 0}, ValueError, "neither more nor less"),
        ("{value} {versus}", 1, {"versus": 2, "by": NAN}, ValueError, "neither more nor less"),
        ("{value} {versus}", 1, {"versus": NAN, "by": 1}, ValueError, "not a number"),
        ("{value} {versus}", 1, {"versus": 2, "within": -1}, ValueError, "above 0"),
        ("{value}", 1, {"by": 1}, ValueError, "needs versus="),
        ("{value}", 1, {"at_least": 0, "full": {"atleast": 1}}, ValueError, "'atleast'"),
        ("{value}", 1, {"at_least": 0, "full": {}}, ValueError, "cannot fail"),
        ("{value} {a}", 1, {"versus": {"a": 0}, "by": {"b": 1}}, ValueError, "'b'"),
    ],
)
def test_what_could_not_fail_or_is_not_checked_is_refused(
    sentence, value, options, error, said
):
    with pytest.raises(error, match=said.replace("...", r"\.\.\.")):
        claim("99-a", sentence, value, **options)


def test_a_further_number_needs_a_bound_too():
    with pytest.raises(ValueError, match="cannot fail"):
        bounded(0.3)
    with pytest.raises(ValueError, match="not a number"):
        bounded(NAN, at_least=0)


def test_the_full_data_can_have_bounds_of_their_own(capsys, monkeypatch):
    claim("99-a", "it is {value}", 3, at_least=2, full={"at_most": 1})
    assert "value ≥ 2" in capsys.readouterr().out
    monkeypatch.setenv("COURSE_DATA", "full")
    claim("99-a", "it is {value}", 3, at_least=2)
    with pytest.raises(ClaimError, match="has to be ≤ 1"):
        claim("99-a", "it is {value}", 3, at_least=2, full={"at_most": 1})
    with pytest.raises(ClaimError, match="has to be ≤ -1"):
        claim("99-a", "{value} {versus}", 3, versus=2, by=1, full={"by": -1})
    with pytest.raises(ValueError, match="cannot fail"):
        bounded(1, at_least=0, full={})


def test_an_identity_has_another_mark_and_no_seeds(capsys):
    exact("99-i", "both are {value}", 3, 3)
    assert capsys.readouterr().out.startswith("≡ both are 3\n")
    exact(
        "99-i", "they differ by {difference:.0e}", np.ones(3), np.ones(3) + 1e-9, within=1e-8
    )
    exact("99-i", "the words agree", ["a", "b"], ["a", "b"])
    exact("99-i", "it is so", value=bool(np.all([True])))


@pytest.mark.parametrize(
    ("value", "equals", "within"),
    [
        (3, 4, 0.0),
        (np.ones(3), np.array([1, 1, 1 + 1e-7]), 1e-8),
        (NAN, 1.0, 0.5),
        (["a", "b"], ["a", "c"], 0.0),
        (False, True, 0.0),
    ],
)
def test_an_identity_can_fail(value, equals, within):
    with pytest.raises(ClaimError, match="two sides differ"):
        exact("99-i", "it is so", value, equals, within=within)


def test_a_tolerance_that_nothing_breaks_is_refused():
    for within in (np.inf, -1, NAN):
        with pytest.raises(ValueError, match="0 or more, and finite"):
            exact("99-i", "it is so", 1.0, 2.0, within=within)
    with pytest.raises(ValueError, match="compares nothing"):
        exact("99-i", "it is so", [], [])
    with pytest.raises(ValueError, match="called 'difference'"):
        exact("99-i", "{difference}", 1.0, 1.0, given={"difference": 0})
    with pytest.raises(ClaimError, match="two sides differ"):
        exact("99-i", "it is so", 2**53 + 1, 2**53)


def test_an_identity_compares_like_with_like():
    with pytest.raises(ValueError, match="shapes"):
        exact("99-i", "it is so", np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="nothing fills"):
        exact("99-i", "{n} of them", 1, 1)


def test_in_a_lesson_a_failure_is_said_twice_and_raised_at_its_end(capsys):
    claims.open_book()
    claim("99-a", "it is {value}", 1, at_least=2)
    assert capsys.readouterr().out.startswith("✘ DOES NOT HOLD: it is 1.0\n")
    claim("99-b", "it is {value}", 3, at_least=2)
    with pytest.raises(ClaimError, match=r"99-a: it is 1\.0"):
        claims.close_book()
    claim("99-a", "it is {value}", 2, at_least=2)  # mended, and run again
    exact("99-i", "one is {value}", 1, 1)
    assert claims.close_book() == "2 of 2 claims held, 1 identity"


def test_after_its_end_a_lesson_is_closed():
    claims.open_book()
    claims.close_book()
    with pytest.raises(ClaimError):
        claim("99-a", "it is {value}", 1, at_least=2)


def test_a_lesson_that_starts_again_forgets_a_text_of_ones_own_when_it_loads_its_own():
    claims.note_corpus("mine", "m", foreign=True)
    claims.open_book()
    claim("99-a", "it is {value}", 1, at_least=2)  # only the first cell has run again
    assert claims.close_book() == "1 measured, not judged (mine is of your choice)"
    claims.open_book()
    claims.note_corpus("wikipedia", "w")
    claim("99-a", "it is {value}", 1, at_least=2)
    with pytest.raises(ClaimError, match="99-a"):
        claims.close_book()


def test_a_number_just_beyond_its_bound_is_written_with_all_its_digits():
    with pytest.raises(ClaimError, match=r"value is 0\.49999998, has to be ≥ 0\.5"):
        claim("99-a", "it is {value}", 0.49999998, at_least=0.5)


def test_two_bounds_are_one_only_if_they_are_equal(capsys):
    claim("99-a", "it is {value}", 2e6, at_least=1000004)
    assert "value ≥ 1000004" in capsys.readouterr().out


def test_an_example_does_not_count(capsys):
    claims.open_book()
    claim("example", "it is {value}", 1, at_least=2)
    assert "✘" in capsys.readouterr().out
    assert claims.close_book() == "no claim has been tried"


def test_the_error_shows_its_sentence_and_no_lines_of_this_module():
    (line,) = ClaimError("it is 1")._render_traceback_()
    assert line == "ClaimError: it is 1"


def test_claims_that_never_ran_are_counted(monkeypatch):
    monkeypatch.setattr(
        claims, "ledger", lambda data="bundled": {"99-a": row(), "99-b": row()}
    )
    claims.open_book()
    state()
    assert claims.close_book() == "1 of 1 claims held, 1 not tried: their cells have not run"


def test_the_record_belongs_to_this_sentence_bound_and_text(capsys, monkeypatch):
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {"99-a": row()})
    claims.note_corpus("reviews", "abc")
    state()
    assert "10 seeds: 0.90 to 0.94, difference 0.40 to 0.40" in capsys.readouterr().out
    for change in (
        {"sentence": "AUC {value:.2f}, only {versus:.2f} after shuffling"},
        {"by": 0.1},
    ):
        state(**change)
        assert "seeds" not in capsys.readouterr().out
    claims.note_corpus("reviews", "other texts")
    state()
    assert "seeds" not in capsys.readouterr().out


def test_another_corpus_beside_it_ends_the_record_unless_the_lesson_has_it(
    capsys, monkeypatch
):
    rows = {
        "99-a": row(),
        "99-b": row(claim="99-b", corpora=json.dumps({"reviews": "abc", "toy": "t"})),
    }
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": rows)
    claims.note_corpus("reviews", "abc")
    claims.note_corpus("toy", "t")
    state()
    assert "seeds" in capsys.readouterr().out
    claims.note_corpus("wikipedia", "w")
    state()
    assert "seeds" not in capsys.readouterr().out


def test_the_record_belongs_to_what_the_sentence_names(capsys, monkeypatch):
    kept = row(sentence="{value} with {word}", bound="value ≥ 0.5", given='{"word": "good"}')
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {"99-a": kept})
    claims.note_corpus("reviews", "abc")
    for word, has_record in (("good", True), ("terrible", False)):
        claim("99-a", "{value} with {word}", 0.93, at_least=0.5, given={"word": word})
        assert ("seeds" in capsys.readouterr().out) == has_record


def test_without_its_corpus_a_claim_has_no_record(capsys, monkeypatch):
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {"99-a": row()})
    state()
    assert "seeds" not in capsys.readouterr().out


def test_on_a_text_of_ones_own_claims_report_and_do_not_judge(capsys, monkeypatch):
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {"99-a": row()})
    claims.note_corpus("reviews", "abc")
    claims.note_corpus("mine", "m", foreign=True)
    state(value=0.1)
    said = capsys.readouterr().out
    assert said.startswith("· AUC 0.10") and "seeds" not in said
    assert "99-a · measured, not judged: mine is of your choice" in said
    assert claims.close_book() == "1 measured, not judged (mine is of your choice)"
    with pytest.raises(ClaimError):
        exact("99-i", "arithmetic holds on any text", 1, 2)


def test_what_was_judged_before_a_text_of_ones_own_came_in_stays_judged():
    claims.open_book()
    claims.note_corpus("wikipedia", "w")
    claim("99-a", "it is {value}", 2, at_least=1)
    claims.note_corpus("mine", "m", foreign=True)
    claims.note_corpus("reviews", "r", foreign=True)
    claim("99-b", "it is {value}", 1, at_least=2)
    mine = "mine and reviews are of your choice"
    assert claims.close_book() == f"1 of 1 claims held, 1 measured, not judged ({mine})"
    claims.open_book()
    claims.note_corpus("wikipedia", "w")
    claim("99-a", "it is {value}", 1, at_least=2)
    claims.note_corpus("mine", "m", foreign=True)
    with pytest.raises(ClaimError, match="99-a"):
        claims.close_book()


def test_a_run_outside_the_record_says_so(capsys, monkeypatch):
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {"99-a": row()})
    claims.note_corpus("reviews", "abc")
    state(value=0.99, versus=0.59)
    assert "this run lies outside" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"value": 0.97, "versus": 0.5}, []),
        ({"value": 0.99}, ["value"]),
        ({"value": 0.85}, ["value"]),
        ({"versus": 0.51}, ["versus"]),
        ({"control": 0.5}, ["control"]),
    ],
)
def test_the_range_of_the_ledger_is_widened_by_one_range(numbers, expected):
    assert claims.outside(row(), numbers) == expected


def test_nothing_in_the_environment_silences_a_claim(monkeypatch, tmp_path):
    for name in ("COURSE_CLAIMS_LOG", "COURSE_SEED_OFFSET", "CI", "COURSE_CLAIMS"):
        monkeypatch.setenv(name, str(tmp_path / "log"))
    with pytest.raises(ClaimError):
        claim("99-a", "it is {value}", 1, at_least=2)
    assert not list(tmp_path.iterdir())


def test_make_claims_notes_every_number_and_goes_on(tmp_path):
    log = tmp_path / "claims.jsonl"
    claims.record_to(log)
    claims.open_book()
    claims.note_corpus("toy", "t")
    claim("99-a", "{value} {versus}", 1, versus=0.5, by=0.8)
    claim("99-b", "{value} {rate}", 1, at_most=2, rate=bounded(0.123456789, at_least=0))
    exact("99-i", "one is {value}", 1, 1)
    claim("example", "it is {value}", 1, at_least=2)
    claims.close_book()
    first, second, third = [json.loads(line) for line in log.read_text().splitlines()]
    assert (first["claim"], first["holds"], first["kind"]) == ("99-a", False, "claim")
    assert first["numbers"] == {"value": 1.0, "versus": 0.5, "value - versus": 0.5}
    assert first["limits"] == {"value - versus": [0.8, None]}
    assert (
        first["given"] == {} and first["corpora"] == {"toy": "t"} and first["lesson"] == "99"
    )
    assert second["holds"] and second["numbers"]["rate"] == 0.123456789
    assert third["kind"] == "identity" and third["numbers"] == {}


@pytest.mark.parametrize(("n", "shown"), [(4, False), (5, True), (7, True), (8, False)])
def test_a_count_within_the_range_of_the_ledger_keeps_the_record(
    n, shown, capsys, monkeypatch
):
    kept = row(sentence="{value} of {n}", bound="value ≥ 0.5", given='{"n": "5 to 7"}')
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {"99-a": kept})
    claims.note_corpus("reviews", "abc")
    claim("99-a", "{value} of {n}", 0.93, at_least=0.5, given={"n": n})
    assert ("seeds" in capsys.readouterr().out) is shown
