"""Settings for all tests, and the table of seconds and memory per lesson at the end of a run."""

import os
from collections import defaultdict

import psutil
import pytest

# Before anything imports NumPy or TensorFlow; the kernels of the lessons inherit it.
os.environ["COURSE_DATA"] = "bundled"
os.environ["TQDM_DISABLE"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

MEGABYTE = 1e6


def peak_memory(process_id: int) -> float:
    """Return the most memory that a process ever held, in MB (on macOS: what it holds now)."""
    try:
        with open(f"/proc/{process_id}/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / MEGABYTE
    except OSError:
        memory = psutil.Process(process_id).memory_info()
        return getattr(memory, "peak_wset", memory.rss) / MEGABYTE


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    kernel = getattr(item.parent, "kernel", None)
    if call.when == "call" and kernel is not None:
        report = outcome.get_result()
        try:
            memory = peak_memory(kernel.km.provisioner.pid)
        except (AttributeError, psutil.Error):  # the kernel has died
            memory = float("nan")
        report.user_properties.append(("lesson", (item.path.name, call.duration, memory)))


def pytest_terminal_summary(terminalreporter):
    seconds, memory = defaultdict(float), defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, content in getattr(report, "user_properties", []):
                if name == "lesson":
                    lesson, duration, megabytes = content
                    seconds[lesson] += duration
                    memory[lesson] = max(memory[lesson], megabytes)
    if seconds:
        terminalreporter.section("lessons: seconds and peak memory of the kernel")
        for lesson in sorted(seconds):
            terminalreporter.write_line(
                f"{lesson:42} {seconds[lesson]:6.1f} s {memory[lesson]:7.0f} MB"
            )
