"""Settings for all tests; lessons under test: a dead kernel, and what each lesson costs."""

import os
import re
import time
from dataclasses import asdict
from pathlib import Path
from queue import Empty

from helpers.session import SETTINGS  # imports no NumPy

# Before anything imports NumPy or TensorFlow; the kernels of the lessons inherit it.
os.environ.update(SETTINGS, COURSE_DATA="bundled", TQDM_DISABLE="1")
os.environ.pop("COURSE_SETTINGS", None)  # a teacher's own corpus

import pytest

from tools import lesson_times
from tools.lesson_form import is_lesson
from tools.lesson_times import peak_memory  # noqa: F401  (for tools/studies)

ROOT = Path(__file__).resolve().parent
OUTPUT_TIMEOUT = 60  # seconds that a busy machine may take to hand over what a cell printed
POLL = 1  # seconds between two looks at whether the kernel lives
SHOWS = {
    "stream",
    "display_data",
    "update_display_data",
    "execute_result",
    "error",
    "comm_msg",
}
WIDGET = "application/vnd.jupyter.widget-view+json"
DIED = "The kernel died, probably for lack of memory."


class KernelDied(RuntimeError):
    """The process that runs the cells of a lesson has ended before its time."""


def pytest_ignore_collect(collection_path):
    """Run no notebook of this folder but the lessons: no copies, none of the learner's own."""
    is_ours = ROOT in collection_path.parents
    if collection_path.suffix == ".ipynb" and is_ours and not is_lesson(collection_path):
        return True
    return None  # as pytest itself decides


def is_bar(message):
    """Whether a message of the kernel draws a progress bar."""
    content = message["content"]
    if message["msg_type"] == "stream":
        text = content["text"]
        drawn = re.search(r"\d+%\||\dit ", text) or not text.strip()  # its end: a line break
        return content["name"] == "stderr" and bool(drawn)
    return WIDGET in content.get("data", {})


def watch(kernel):
    """Note when something appears on the screen, and say at once if the kernel has died."""
    get_message = kernel.get_message
    kernel.shown = []

    def get_shell_message(timeout):
        deadline = time.monotonic() + (timeout or float("inf"))
        while True:
            try:
                return get_message("shell", timeout=POLL)
            except Empty:
                if not kernel.is_alive():
                    raise KernelDied(DIED) from None
                if time.monotonic() > deadline:
                    raise

    def get_any_message(stream, timeout=None):
        if stream == "shell":
            return get_shell_message(timeout)
        message = get_message(stream, timeout=timeout)
        if message["msg_type"] in SHOWS:
            kernel.shown.append(message["header"]["date"].timestamp())
            if is_bar(message):  # seen by a learner, but no output to compare
                message = message | {"msg_type": "execute_input"}
        return message

    kernel.get_message = get_any_message


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    if not hasattr(item, "cell"):  # no cell of a lesson
        yield
        return
    item.output_timeout = OUTPUT_TIMEOUT
    with pytest.MonkeyPatch.context() as patch:
        # What a learner sees; a bar that moves every second does not flood the channel.
        patch.delenv("TQDM_DISABLE", raising=False)
        patch.setenv("TQDM_MININTERVAL", "1")
        yield  # starts the kernel, before the first cell
    kernel = item.parent.kernel
    if kernel is not None and not hasattr(kernel, "shown"):
        watch(kernel)
    if getattr(item.parent, "died_in", None):
        pytest.skip(f"the kernel died in {item.parent.died_in}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    kernel = getattr(item.parent, "kernel", None)
    if call.when != "call" or kernel is None:
        return
    report = outcome.get_result()
    if call.excinfo is not None and call.excinfo.errisinstance(KernelDied):
        item.parent.died_in = item.name
        report.longrepr = f"{item.path.name}, {item.name}: {DIED}\n{item.cell.source}"
    try:
        process = kernel.km.provisioner.pid
    except AttributeError:  # stopped, after a timeout
        return
    cost = lesson_times.CellCost(
        lesson=item.path.name,
        cell=item.cell_num,
        cells=sum(cell.cell_type == "code" for cell in item.parent.nb.cells),
        began=call.start,
        ended=call.stop,
        outputs=tuple(moment for moment in kernel.shown if moment >= call.start),
        cpu=lesson_times.cpu_seconds(process),
        memory=lesson_times.peak_memory(process),
        passed=report.passed,
    )
    kernel.shown.clear()
    report.user_properties.append(("lesson", asdict(cost)))


def pytest_terminal_summary(terminalreporter):
    cells = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, content in getattr(report, "user_properties", []):
                if name == "lesson":
                    cells.append(lesson_times.CellCost(**content))
    costs = lesson_times.add_up(cells)
    if not costs:
        return
    terminalreporter.section("lessons: seconds, memory of the kernel, seconds without output")
    for line in lesson_times.lines(costs):
        terminalreporter.write_line(line)
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb") if is_lesson(path)}
    lesson_times.keep({name: cost for name, cost in costs.items() if name in names})
