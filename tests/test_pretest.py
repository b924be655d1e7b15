"""The pre-test: read however it is typed, kept for lesson 13, and its key shown nowhere."""

import json
import re

import nbformat
import pytest

from helpers import exercises, settings
from helpers.exercises import PRETEST, posttest, pretest
from tools.lesson_form import LESSONS

QUESTIONS = json.loads(PRETEST.read_text(encoding="utf-8"))
KEY = "".join(question["answer"] for question in QUESTIONS)
ALL_WRONG = "".join(
    next(letter for letter in question["choices"] if letter != question["answer"])
    for question in QUESTIONS
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr(settings, "cache_folder", lambda: folder)
    monkeypatch.setattr(exercises, "_progress", {})
    return folder


def said(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_lesson_and_file_say_the_same():
    notebook = nbformat.read(LESSONS[0], as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for question in QUESTIONS:
        place = text.index(question["question"])
        for choice in question["choices"].values():
            place = text.index(choice, place)  # in this order, below the question


def test_the_lesson_does_not_show_the_key():
    """Neither an unfolding answer nor a solution before the learner's letters are in."""
    notebook = nbformat.read(LESSONS[0], as_version=4)
    sources = [cell.source for cell in notebook.cells]
    asked = next(i for i, s in enumerate(sources) if QUESTIONS[0]["question"] in s)
    checked = next(i for i, s in enumerate(sources) if "pretest().check(" in s)
    assert asked < checked
    assert not re.search(r"\*\*(Right|No)\.\*\*", "\n".join(sources[asked : checked + 1]))
    assert "pretest().check_solution(" not in "\n".join(sources)


def test_questions_are_worth_asking():
    assert len(QUESTIONS) == 6
    for question in QUESTIONS:
        assert set(question) == {"question", "choices", "answer", "popular", "lesson"}
        assert {question["answer"], question["popular"]} <= set(question["choices"])
        assert re.fullmatch(r"\d\d", question["lesson"])
        lengths = [len(choice) for choice in question["choices"].values()]
        assert max(lengths) <= 2 * min(lengths), "the right choice is not told by its length"
    letters = [question["answer"] for question in QUESTIONS]
    assert max(map(letters.count, letters)) <= 3, "the right letters have to vary"
    assert sum(question["popular"] != question["answer"] for question in QUESTIONS) >= 3


KEY_AS_TYPED = [
    KEY,
    KEY.upper(),
    " ".join(KEY),
    ", ".join(KEY.upper()),
    ". ".join(KEY) + ".",
    ".".join(KEY) + ".",
    " ".join(f"{number}{letter}" for number, letter in enumerate(KEY, start=1)),
    list(KEY),
    tuple(f" {letter.upper()}. " for letter in KEY),
    dict(enumerate(KEY, start=1)),
    {str(number): letter + "." for number, letter in enumerate(KEY, start=1)},
    {number: letter.upper() + ")" for number, letter in enumerate(KEY, start=1)},
    {6: KEY[5], 5: KEY[4], 4: KEY[3], 3: KEY[2], 2: KEY[1], 1: KEY[0]},
]


@pytest.mark.parametrize("answers", KEY_AS_TYPED, ids=str)
def test_right_letters_are_read_however_they_are_typed(answers):
    assert pretest().read(answers) == (KEY, "")


def test_open_questions_are_named():
    test = pretest()
    assert test.read("ab.b?a") == ("ab.b.a", "still open: 3, 5.")
    assert (
        test.read({1: "a", 2: ..., 3: "b", 4: None, 5: "c", 6: "a"})[1] == "still open: 2, 4."
    )
    assert test.read({1: "a"})[1] == "still open: 2, 3, 4, 5, 6."
    for nothing in ("......", "??????", ..., None, [...] * 6, dict.fromkeys(range(1, 7), ...)):
        letters, text = test.read(nothing)
        assert letters == "......"
        assert text.startswith("give 6 letters in quotes")


def test_numbered_answers_belong_to_their_questions(capsys):
    assert pretest().read("1a 2b 3c") == ("abc...", "still open: 4, 5, 6.")
    assert pretest().read("6. a, 1) B") == ("b....a", "still open: 2, 3, 4, 5.")
    for unclear in ("1a 1b", "1a 7b"):
        pretest().check(unclear)
        assert 'as in "abcabc"' in said(capsys)


def test_no_odd_answer_makes_the_check_raise(capsys):
    class Odd(str):
        def strip(self, *_):
            raise RuntimeError("no")

    pretest().check([Odd("a")] * 6)
    text = said(capsys)
    assert "not yet right; RuntimeError: no" in text and 'as in "abcabc"' in text


@pytest.mark.parametrize(
    "answers", ["", "abc", "abcabcabc", 7, object(), [], ["a"], {7: "a"}, {"x": "b"}, {(): 1}]
)
def test_what_cannot_be_read_is_told_the_form(answers, capsys):
    assert pretest().read(answers)[0] in ("", "......")
    pretest().check(answers)
    assert 'as in "abcabc"' in said(capsys)


def test_an_unknown_letter_is_named():
    for answers in ("axabca", ["a", "x", "a", "b", "c", "a"], {1: "a", 2: "X."}):
        text = pretest().read(answers)[1]
        assert "question 2 has the choices a, b, c, not 'x'" in text
    assert "not 7" in pretest().read({1: 7})[1]
    assert "not ['a']" in pretest().read([["a"], *"abcab"])[1]


def test_the_score_is_said_and_the_key_is_not(capsys):
    half = KEY[:3] + ALL_WRONG[3:]
    for letters, score in ((ALL_WRONG, 0), (half, 3), (KEY, 6)):
        exercises.settings.cache_folder().mkdir(exist_ok=True)
        (settings.cache_folder() / exercises.SCORES).unlink(missing_ok=True)
        pretest().check(letters)
        text = said(capsys)
        assert f"✔ Exercise 00-pretest: {score} of 6 right." in text
        # The same for everybody, whatever was right: no letter, and every lesson.
        rest = text.split("right.", 1)[1]
        lessons = ", ".join(f"{i} in {q['lesson']}" for i, q in enumerate(QUESTIONS, start=1))
        assert rest.strip() == f"Each question comes back in its lesson: {lessons}."


def test_it_is_done_when_all_questions_are_answered(capsys):
    assert pretest().name == "00-pretest"
    assert exercises.status() == {"00-pretest": "open"}
    pretest().check("ab....")
    assert "not yet complete; still open: 3, 4, 5, 6." in said(capsys)
    pretest().check("......")
    assert "○ Exercise 00-pretest: not yet tried; give 6 letters" in said(capsys)
    assert exercises.status() == {"00-pretest": "open"}
    pretest().check(ALL_WRONG)
    assert exercises.status() == {"00-pretest": "passed"}


def test_the_first_answers_are_kept_for_the_last_lesson(cache, capsys):
    pretest().check("......")
    assert not cache.exists()
    pretest().check(ALL_WRONG)
    pretest().check(KEY)
    assert "6 of 6 right. Your first answers are the ones that count: 0 right." in said(capsys)
    posttest().check(KEY)
    assert said(capsys) == "✔ Exercise 13-posttest: 6 of 6 right. Before the course: 0."
    kept = json.loads((cache / exercises.SCORES).read_text(encoding="utf-8"))
    digest = pretest().digest
    assert kept[f"00-pretest {digest}"] == {
        "letters": ALL_WRONG,
        "score": 0,
        "questions": digest,
    }
    assert kept[f"13-posttest {digest}"] == {"letters": KEY, "score": 6, "questions": digest}
    assert [path.name for path in cache.iterdir()] == [exercises.SCORES]


def test_answers_to_other_questions_do_not_count(tmp_path, monkeypatch, capsys):
    pretest().check(ALL_WRONG)
    others = [dict(question, question="Another?") for question in QUESTIONS]
    (tmp_path / "other.json").write_text(json.dumps(others), encoding="utf-8")
    monkeypatch.setattr(exercises, "PRETEST", tmp_path / "other.json")
    capsys.readouterr()
    posttest().check(KEY)
    assert said(capsys) == "✔ Exercise 13-posttest: 6 of 6 right."


@pytest.mark.parametrize("content", ["", "[]", "{", '{"00-pretest": 3}', '{"00-pretest": {}}'])
def test_a_spoiled_file_is_no_obstacle(content, cache, capsys):
    cache.mkdir()
    (cache / exercises.SCORES).write_text(content, encoding="utf-8")
    posttest().check(KEY)
    assert said(capsys) == "✔ Exercise 13-posttest: 6 of 6 right."
    kept = json.loads((cache / exercises.SCORES).read_text())
    assert kept[f"13-posttest {pretest().digest}"]["score"] == 6


def test_a_disk_that_cannot_be_written_is_said(monkeypatch, capsys):
    def full(path, content):
        raise OSError("No space left on device")

    monkeypatch.setattr(settings, "write_atomically", full)
    pretest().check(KEY)
    text = said(capsys)
    assert "6 of 6 right" in text
    assert "could not be kept for later (OSError: No space left on device)" in text


def test_the_key_is_checked_in_silence(capsys):
    posttest().check_solution(KEY)
    assert said(capsys) == ""
    with pytest.raises(AssertionError, match="the solution of 13-posttest is not right"):
        posttest().check_solution(ALL_WRONG)


def test_answers_to_questions_that_have_changed_meanwhile_come_back_with_them(
    cache, monkeypatch
):
    """A mended comma and its undoing must not cost the score from before the course."""
    pretest().check(ALL_WRONG)
    test = pretest()
    monkeypatch.setattr(test, "digest", "another")
    test.check(KEY)
    pretest().check(KEY)
    kept = exercises._kept_scores(pretest().digest)
    assert kept["00-pretest"]["letters"] == ALL_WRONG
    assert exercises._kept_scores("another")["00-pretest"]["letters"] == KEY
