"""The driver of the browser says what is missing, and what a run of a lesson has brought.

With Playwright and Chromium it is tried for real; neither is part of the course's environment.
"""

import importlib.util
import json

import pytest

from tools import browser, my_lessons

PRESENT = importlib.util.find_spec("playwright") is not None and browser.chromium() is not None


def test_without_playwright_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(browser.BrowserError, match="run `pip install playwright`"):
        browser.Lab(tmp_path)


def test_chromium_can_be_named(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/opt/mine/chromium")
    assert browser.chromium() == "/opt/mine/chromium"
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setenv("PATH", "")
    assert browser.chromium() is None


def test_a_report_counts_what_ran_and_names_errors():
    error = {"output_type": "error", "ename": "ClaimError", "evalue": "1 is not 2"}
    printed = {"output_type": "stream", "text": ["4", "2"]}
    shown = {"output_type": "display_data", "data": {"text/plain": "!"}}
    cells = [
        browser.Cell("a", "markdown", "# Title", (), None, ()),
        browser.Cell("b", "code", "print(42)", (), 1, (printed, shown)),
        browser.Cell("c", "code", "claim()", ("claim",), 2, (error,)),
        browser.Cell("d", "code", "never", (), None, ()),
    ]
    assert cells[1].text == "42!"
    assert browser.did_not_run(cells) and browser.did_not_run(cells[2:3])
    assert browser.did_not_run(cells[3:]), "a cell that was not reached"
    empty = browser.Cell("e", "code", " ", (), None, ())  # JupyterLab passes it over
    assert not browser.did_not_run([*cells[:2], empty])
    assert browser.report("00", cells, 3.2).splitlines() == [
        "00: 2 of 3 code cells ran, 3 s",
        "  cell 2 (c): ClaimError: 1 is not 2",
    ]


@pytest.mark.parametrize("size", ["1400", "axb", "1400x", ""])
def test_what_is_no_size_is_said(size, monkeypatch, capsys):
    assert browser.window("1024x700") == (1024, 700)
    monkeypatch.setattr("sys.argv", ["browser", "00", "--size", size])
    with pytest.raises(SystemExit):
        browser.main()
    assert f"{size!r} is no size such as 1400x900" in capsys.readouterr().err


@pytest.mark.skipif(not PRESENT, reason="needs Playwright and Chromium")
def test_a_notebook_is_read_typed_into_and_run(tmp_path):
    course = tmp_path / "course"
    (course / "notebooks").mkdir(parents=True)
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# Title"]},
        {
            "cell_type": "code",
            "execution_count": 3,
            "id": "answer",
            "metadata": {},
            "outputs": [],
            "source": ["answer = ..."],
        },
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    content = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (course / "notebooks" / "00_a.ipynb").write_text(json.dumps(content))
    my_lessons.prepare(course)
    my_lessons.settings_into(tmp_path)
    path = "my-lessons/00_a.ipynb"
    with browser.Lab(course, tmp_path) as lab, lab.open(path, (1024, 700)) as lesson:
        page = lesson.page
        dirty = "() => window.jupyterapp.shell.currentWidget.content.model.dirty"
        assert page.evaluate(dirty) is False, "an untouched lesson asks to be saved"
        page.wait_for_function("window.jupyterapp.shell.leftCollapsed", timeout=20_000)
        assert [cell.count for cell in lesson.cells()] == [None, None]
        lesson.type_into("answer", "def answer():\n    return [4, 2]\n\n\nprint(answer())")
        assert lesson.run("answer").text == "[4, 2]\n"
        assert [cell.count for cell in lesson.run_all()] == [None, 2]
        lesson.type_into(1, "1 / 0")
        assert lesson.run(1).error == "ZeroDivisionError: division by zero"
        picture = lesson.screenshot(tmp_path / "pictures" / "00.png", 0)
        assert picture.read_bytes().startswith(b"\x89PNG")
