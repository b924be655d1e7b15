"""What a lesson costs: seconds and memory, measured in a test run, told in the README.

`conftest.py` measures; `python -m tools.notebooks times` puts the table into the README, in
place of whatever stands between its two marks.
"""

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from helpers import settings
from tools.lesson_form import find_lessons

TIMES = settings.ROOT / "build" / "lesson_times.json"
README = settings.ROOT / "README.md"
BEGIN, END = "<!-- times -->", "<!-- /times -->"
MEGABYTE = 1e6
NAN = float("nan")


@dataclass(frozen=True)
class CellCost:
    """What one code cell cost; times of day are seconds since 1970."""

    lesson: str
    cell: int
    cells: int  # how many code cells the lesson has
    began: float
    ended: float
    outputs: tuple[float, ...]  # when something appeared on the screen
    cpu: float  # seconds of the kernel so far
    memory: float  # the most that the kernel ever held, in MB
    passed: bool


@dataclass(frozen=True)
class LessonCost:
    """What one lesson cost from its first cell to its last; the kernel was there before."""

    seconds: float
    cpu: float
    memory: float  # MB
    first_output: float  # seconds from the first cell to the first output
    silence: float  # the longest time without any output; a progress bar is one
    whole: bool  # whether every cell ran and passed


def peak_memory(process_id: int) -> float:
    """Return the most memory that a process ever held, in MB (on macOS: what it holds now).

    NaN if there is no such process.
    """
    try:
        status = Path(f"/proc/{process_id}/status").read_text(
            encoding="ascii", errors="replace"
        )
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
        if found:
            return int(found[1]) * 1024 / MEGABYTE
    except OSError:  # no Linux, or the process has ended
        pass
    try:
        memory = psutil.Process(process_id).memory_info()
    except psutil.Error:
        return NAN
    return getattr(memory, "peak_wset", memory.rss) / MEGABYTE


def cpu_seconds(process_id: int) -> float:
    """Return how long a process has kept processors busy; NaN if there is no such process."""
    try:
        times = psutil.Process(process_id).cpu_times()
    except psutil.Error:
        return NAN
    return times.user + times.system


def largest(numbers: Iterable[float]) -> float:
    """Return the largest number, NaN aside; NaN if there is no other."""
    return max((number for number in numbers if number == number), default=NAN)


def add_up(cells: Iterable[CellCost]) -> dict[str, LessonCost]:
    """Put the cells of each lesson together.

    Returns
    -------
    dict
        Maps the file name of each lesson to its cost.
    """
    lessons: dict[str, list[CellCost]] = {}
    for cell in cells:
        lessons.setdefault(cell.lesson, []).append(cell)
    costs = {}
    for name, parts in sorted(lessons.items()):
        parts.sort(key=lambda cell: cell.cell)
        began, ended = parts[0].began, parts[-1].ended
        outputs = sorted(moment for cell in parts for moment in cell.outputs)
        moments = [began, *outputs, ended]
        costs[name] = LessonCost(
            seconds=sum(cell.ended - cell.began for cell in parts),
            cpu=largest(cell.cpu for cell in parts),
            memory=largest(cell.memory for cell in parts),
            first_output=(outputs[0] if outputs else ended) - began,
            silence=max(b - a for a, b in itertools.pairwise(moments)),
            whole=len(parts) == parts[0].cells and all(cell.passed for cell in parts),
        )
    return costs


def keep(costs: Mapping[str, LessonCost], path: Path = TIMES) -> None:
    """Add the lessons that ran as a whole to what earlier runs have left."""
    whole = {name: asdict(cost) for name, cost in costs.items() if cost.whole}
    if whole:
        settings.write_atomically(path, json.dumps(read(path) | whole, indent=1) + "\n")


def read(path: Path = TIMES) -> dict[str, dict]:
    """Return what test runs have left: name of a lesson to its cost."""
    if not path.exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def lines(costs: Mapping[str, LessonCost]) -> list[str]:
    """Return the table that ends a test run."""
    found = [f"{'':36}    wall      CPU    memory  first output  longest silence"]
    for name, cost in sorted(costs.items()):
        found.append(
            f"{name:36} {cost.seconds:5.0f} s  {cost.cpu:5.0f} s  {cost.memory:5.0f} MB"
            f"  {cost.first_output:10.1f} s  {cost.silence:13.1f} s"
            + ("" if cost.whole else "  (not the whole lesson)")
        )
    return found


def markdown(times: Mapping[str, Mapping[str, float]]) -> str:
    """Return the README's table."""
    rows = [
        "| lesson | seconds | of these a processor is busy | memory | first output after |"
        " longest silence |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, cost in sorted(times.items()):
        rows.append(
            f"| {name[:2]} | {cost['seconds']:.0f} s | {cost['cpu']:.0f} s "
            f"| {cost['memory'] / 1000:.1f} GB | {cost['first_output']:.0f} s "
            f"| {cost['silence']:.0f} s |"
        )
    return "\n".join(rows)


def write_into(readme: Path = README, times: Path = TIMES) -> str:
    """Put the table between the two marks in the README; return one sentence on how it went.

    Raises
    ------
    ValueError
        If a lesson was not measured yet, or the README lacks the marks, or has them reversed.
    """
    known = read(times)
    lessons = [path.name for path in find_lessons()]
    missing = [name for name in lessons if name not in known]
    if missing:
        raise ValueError(f"run `make test` first: nothing is known of {', '.join(missing)}")
    measured = {name: known[name] for name in lessons}
    text = readme.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{readme.name} needs one line {BEGIN} and one line {END}")
    before, rest = text.split(BEGIN)
    if END not in rest:
        raise ValueError(f"{readme.name}: {BEGIN} has to stand before {END}")
    after = rest.split(END)[1]
    settings.write_atomically(readme, f"{before}{BEGIN}\n{markdown(measured)}\n{END}{after}")
    return f"{readme.name}: the times of {len(measured)} lessons."
