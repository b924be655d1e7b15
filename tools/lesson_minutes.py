"""The minutes that a lesson takes a learner, by one formula for all lessons.

    python -m tools.lesson_minutes        # every lesson
    python -m tools.lesson_minutes 03     # one
    python -m tools.lesson_minutes --write    # put them into the lessons and the README

A minute for each 180 words of prose, 5 seconds a visible line of code, 20 seconds a figure,
5 minutes an exercise (10 for a derivation, whose check has the tag `derivation`), a minute a
question at the end. What is folded (hints, choices, solutions) belongs to the exercise or the
question that it stands under. Sections whose heading begins with "Going further" are counted
apart: nobody needs them for what follows.
"""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.settings import ROOT, write_atomically
from tools import lesson_form
from tools.notebooks import save

WORDS, LINE, FIGURE, EXERCISE, DERIVATION, QUESTION = 180, 5 / 60, 20 / 60, 5, 10, 1
DERIVATION_TAG = "derivation"
EXTRA = "Going further"
HEADING = re.compile(r"^(#{1,6}) +(.+)$", re.M)
STEP = 5  # minutes: what is printed is rounded to this
README = ROOT / "README.md"
TOLD = re.compile(r"\*\*Time\.\*\* (\d+) minutes")


@dataclass
class Load:
    """What one part of a lesson asks for."""

    words: int = 0
    lines: int = 0
    figures: int = 0
    exercises: int = 0
    derivations: int = 0
    questions: int = 0

    @property
    def minutes(self) -> float:
        """The minutes that it takes."""
        return (
            self.words / WORDS
            + self.lines * LINE
            + self.figures * FIGURE
            + self.exercises * EXERCISE
            + self.derivations * DERIVATION
            + self.questions * QUESTION
        )


def parts_of(text: str, extra: int) -> list[tuple[str, int]]:
    """Cut Markdown at its headings.

    Parameters
    ----------
    text : str
        The source of one Markdown cell.
    extra : int
        The level of the *Going further* heading that the cell begins under, 0 for none.

    Returns
    -------
    list of (str, int)
        Each piece, and the level of the *Going further* heading that it stands under.
    """
    starts = [match.start() for match in HEADING.finditer(text)]
    pieces = []
    for start, end in zip([0, *starts], [*starts, len(text)], strict=True):
        piece = text[start:end]
        heading = HEADING.match(piece)
        if heading:
            level = len(heading[1])
            if heading[2].startswith(EXTRA):
                extra = level
            elif extra and level <= extra:
                extra = 0
        pieces.append((piece, extra))
    return pieces


def add_prose(load: Load, text: str) -> None:
    """Count the words and questions of a piece of Markdown; what is folded is left out."""
    open_text = re.sub(r"<details>.*?</details>", " ", text, flags=re.S)
    load.questions += len(re.findall(r"(?m)^\*\*Question \d+\.\*\*", open_text))
    if "**Question " not in open_text:
        load.words += lesson_form.words(open_text)


def add_code(load: Load, cell: NotebookNode) -> None:
    """Count the visible lines, the figures and the exercises of a code cell."""
    load.figures += sum("image/png" in output.get("data", {}) for output in cell.outputs)
    if "check" in lesson_form.tags(cell) and any(lesson_form.calls([cell], "Exercise")):
        if DERIVATION_TAG in lesson_form.tags(cell):
            load.derivations += 1
        else:
            load.exercises += 1
    if not lesson_form.is_collapsed(cell):
        load.lines += sum(bool(line.strip()) for line in cell.source.splitlines())


def loads(notebook: NotebookNode) -> tuple[Load, Load]:
    """Return what the core of a lesson asks for, and what *Going further* adds."""
    core, further = Load(), Load()
    extra = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for piece, level in parts_of(cell.source, extra):
                add_prose(further if level else core, piece)
                extra = level
        elif cell.cell_type == "code":
            add_code(further if extra else core, cell)
    return core, further


def printed_minutes(notebook: NotebookNode) -> int:
    """Return the minutes that a lesson tells its reader."""
    found = TOLD.search(lesson_form.prose_of(notebook))
    if not found:
        raise ValueError("The lesson does not say '**Time.** N minutes' in its opening.")
    return int(found[1])


def to_print(core: Load) -> int:
    """Return the minutes of the core, rounded to the nearest five."""
    return STEP * round(core.minutes / STEP)


def write_into_lesson(path: Path, minutes: int) -> None:
    """Let the opening of a lesson say how many minutes its core takes."""
    notebook = nbformat.read(path, as_version=4)
    opening = notebook.cells[0]
    opening.source = TOLD.sub(f"**Time.** {minutes} minutes", opening.source)
    save(notebook, path)


def written_into_readme(text: str, minutes: dict[str, int]) -> str:
    """Return the README with each lesson's minutes in its row, and their sum in hours."""
    for name, number in minutes.items():
        row = rf"(\(notebooks/{re.escape(name)}\) \|[^|\n]*\|) \d+ \|"
        text = re.sub(row, rf"\1 {number} |", text)
    hours = round(sum(minutes.values()) / 60)
    return re.sub(r"\| about \d+ hours \|", f"| about {hours} hours |", text)


def main() -> None:
    """Print the minutes of the lessons whose numbers are given, or of all; write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="lessons, such as 03; all if none is named")
    parser.add_argument(
        "--write", action="store_true", help="put the minutes into lessons and README"
    )
    options = parser.parse_args()
    if options.numbers and options.write:
        parser.error("--write takes no numbers: the README has the hours of all lessons")
    minutes = {}
    for path in lesson_form.find_lessons():
        if options.numbers and not path.name.startswith(tuple(options.numbers)):
            continue
        notebook = nbformat.read(path, as_version=4)
        core, further = loads(notebook)
        minutes[path.name] = to_print(core)
        print(
            f"{path.name}: core {core.minutes:.0f} minutes (says {printed_minutes(notebook)}),"
            f" going further {further.minutes:.0f}; {len(notebook.cells)} cells"
        )
        for name, load in (("core", core), ("further", further)):
            print(f"    {name}: {load}")
        if options.write and printed_minutes(notebook) != minutes[path.name]:
            write_into_lesson(path, minutes[path.name])
    if options.write:
        text = README.read_text(encoding="utf-8")
        write_atomically(README, written_into_readme(text, minutes))


if __name__ == "__main__":
    main()
