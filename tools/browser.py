"""See lessons as a learner sees them: JupyterLab on a copy of them, in a headless Chromium.

`python -m tools.browser 00 03 --screenshots pictures` runs lessons 00 and 03 from top to
bottom and says what came out. Playwright is no part of the course's environment: `pip install
playwright` adds it; Chromium comes from the system or from `playwright install chromium`.
"""

import argparse
import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import my_lessons

ROOT = Path(__file__).resolve().parent.parent
SIZE = (
    1400,
    900,
)  # of the window, in pixels; the smallest that lessons are tried at: 1024 x 700
SECONDS_TO_START = 120  # a busy machine with two cores needs half of that
SECONDS_TO_RUN = 900
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = ("--disable-gpu", "--disable-background-networking", "--no-first-run")
NO_PLAYWRIGHT = (
    "This needs Playwright: run `pip install playwright` in this environment first."
)
NO_CHROMIUM = "This needs Chromium: install it, or run `playwright install chromium`."

# The notebook in front, once its kernel has said who it is: to wait for "idle" is a race.
READY = """async () => {
  const app = window.jupyterapp;
  if (!app) return false;
  await app.restored;
  const panel = app.shell.currentWidget;
  if (!panel || !panel.content || !panel.content.model || !panel.sessionContext) return false;
  await panel.context.ready;
  await panel.sessionContext.ready;
  const kernel = panel.sessionContext.session?.kernel;
  if (!kernel) return false;
  await kernel.info;
  return true;
}"""
# A run may take minutes: it is started here and asked for its end from outside.
START = """([command, args]) => {
  window.courseRun = {done: false};
  window.jupyterapp.commands.execute(command, args).then(
    () => { window.courseRun = {done: true}; },
    error => { window.courseRun = {done: true, error: String(error)}; });
}"""
# From the models: what lies outside the window is not on the page.
CELLS = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  return Array.from({length: cells.length}, (_, i) => cells.get(i).toJSON());
}"""
SELECT = """([index, mode]) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  notebook.activeCell.inputHidden = false;
  return notebook.scrollToItem(index, "start").then(() => {
    notebook.mode = mode;
    if (mode === "edit") notebook.activeCell.editor.focus();
  });
}"""


class BrowserError(Exception):
    """What is missing, or what JupyterLab did not do, in one sentence."""


@dataclass(frozen=True)
class Cell:
    """A cell as JupyterLab holds it now."""

    id: str
    kind: str  # "code" or "markdown"
    source: str
    tags: tuple[str, ...]
    count: int | None  # the number in brackets; None if the cell has not run
    outputs: tuple[dict[str, Any], ...]

    @property
    def error(self) -> str:
        """What the cell's error says, or an empty string."""
        for output in self.outputs:
            if output["output_type"] == "error":
                return f"{output['ename']}: {output['evalue']}"
        return ""

    @property
    def text(self) -> str:
        """All that the cell printed or shows as text."""
        parts = []
        for output in self.outputs:
            data = output.get("data", {})
            parts.append(_joined(output.get("text", data.get("text/plain", ""))))
        return "".join(parts)


def _joined(text: str | list[str]) -> str:
    if isinstance(text, str):
        return text
    return "".join(text)


class Lesson:
    """A lesson that is open in the browser.

    Parameters
    ----------
    page : playwright.sync_api.Page
        A page that shows JupyterLab with the lesson in front.
    """

    def __init__(self, page: Any) -> None:
        self.page = page

    def cells(self) -> list[Cell]:
        """Return all cells, with sources and outputs as they are now."""
        found = []
        for cell in self.page.evaluate(CELLS):
            metadata = cell.get("metadata", {})
            found.append(
                Cell(
                    id=cell.get("id", ""),
                    kind=cell["cell_type"],
                    source=_joined(cell["source"]),
                    tags=tuple(metadata.get("tags", [])),
                    count=cell.get("execution_count"),
                    outputs=tuple(cell.get("outputs", [])),
                )
            )
        return found

    def index(self, cell: int | str) -> int:
        """Return the position of a cell that is named by position or id.

        Raises
        ------
        BrowserError
            If there is no such cell.
        """
        ids = [each.id for each in self.cells()]
        if isinstance(cell, int) and 0 <= cell < len(ids):
            return cell
        if cell in ids:
            return ids.index(str(cell))
        raise BrowserError(f"No cell {cell!r}: there are {len(ids)}, with ids {ids[:3]}, ...")

    def command(self, name: str, timeout: float = 60, **args: Any) -> None:
        """Run a command of JupyterLab, such as `notebook:run-all-cells`, and wait for its end.

        Parameters
        ----------
        name : str
        timeout : float
            Seconds.
        **args
            The command's arguments.

        Raises
        ------
        BrowserError
            If it fails or takes longer.
        """
        self.page.evaluate(START, [name, args])
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            state = self.page.evaluate("() => window.courseRun")
            if state["done"]:
                if "error" in state:
                    raise BrowserError(f"{name}: {state['error']}")
                return
            time.sleep(0.2)
        raise BrowserError(f"{name} was not done after {timeout:.0f} s.")

    def run_all(self, timeout: float = SECONDS_TO_RUN) -> list[Cell]:
        """Run all cells, as Run > Run All Cells does, and return them.

        Parameters
        ----------
        timeout : float
            Seconds.
        """
        self.command("notebook:run-all-cells", timeout)
        return self.cells()

    def type_into(self, cell: int | str, text: str) -> None:
        """Replace what stands in a cell by typing over it."""
        self.page.evaluate(SELECT, [self.index(cell), "edit"])
        self.page.keyboard.press("ControlOrMeta+a")
        # As one insertion: typed letter by letter, the editor would add brackets and indents.
        self.page.keyboard.insert_text(text)

    def run(self, cell: int | str, timeout: float = SECONDS_TO_RUN) -> Cell:
        """Run one cell and return it."""
        index = self.index(cell)
        self.page.evaluate(SELECT, [index, "command"])
        self.command("notebook:run-cell", timeout)
        return self.cells()[index]

    def show(self, cell: int | str) -> None:
        """Scroll until a cell is at the top of the window."""
        self.page.evaluate(SELECT, [self.index(cell), "command"])
        self.page.wait_for_timeout(500)

    def screenshot(self, path: Path, cell: int | str | None = None) -> Path:
        """Take a picture of the window, with a cell at its top if one is named."""
        if cell is not None:
            self.show(cell)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(path))
        return path

    def screenshots(self, folder: Path, name: str) -> list[Path]:
        """Take pictures of the whole lesson, one window after the other.

        Parameters
        ----------
        folder : Path
        name : str
            What the files' names begin with.

        Returns
        -------
        list of Path
            The pictures, from top to bottom.
        """
        scroller = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer"
        at_end = (
            "element => element.scrollTop + element.clientHeight >= element.scrollHeight - 2"
        )
        pictures: list[Path] = []
        self.show(0)
        while True:
            path = folder / f"{name}_{len(pictures):02}.png"
            pictures.append(self.screenshot(path))
            element = self.page.locator(scroller).first
            if element.evaluate(at_end) or len(pictures) > 99:
                return pictures
            element.evaluate("element => element.scrollBy(0, element.clientHeight * 0.9)")
            self.page.wait_for_timeout(300)


class Lab:
    """A JupyterLab server on a folder, for this machine only.

    Parameters
    ----------
    folder : Path
        What the file browser shows.
    settings : Path, optional
        A prefix from whose `share/jupyter` JupyterLab takes settings, too.

    Raises
    ------
    BrowserError
        If Playwright is missing; on entering, if JupyterLab does not start.
    """

    def __init__(self, folder: Path, settings: Path | None = None) -> None:
        if importlib.util.find_spec("playwright") is None:
            raise BrowserError(NO_PLAYWRIGHT)
        self.folder = Path(folder)
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # Nothing of the author's own settings, and nothing left behind in them.
        variables = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTER_DATA_DIR": "data",
            "IPYTHONDIR": "ipython",
        }
        environment = dict(os.environ)
        for variable, name in variables.items():
            environment[variable] = str(Path(self._home.name) / name)
        if settings is not None:
            environment["JUPYTER_PATH"] = str(Path(settings) / "share" / "jupyter")
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self.folder,
            "ServerApp.log_level": "ERROR",
            "IdentityProvider.token": self.token,
            "LabApp.expose_app_in_browser": True,
        }
        if settings is not None:
            options["LabApp.app_settings_dir"] = (
                Path(settings) / "share" / "jupyter" / "lab" / "settings"
            )
        command += [f"--{name}={value}" for name, value in options.items()]
        self._log = Path(self._home.name) / "log"
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def __enter__(self) -> "Lab":
        try:
            self._wait()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _wait(self) -> None:
        end = time.monotonic() + SECONDS_TO_START
        address = f"http://127.0.0.1:{self.port}/api/status?token={self.token}"
        # Never through a proxy: the server is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end and self._server.poll() is None:
            with contextlib.suppress(urllib.error.URLError, OSError):
                opener.open(address, timeout=5).close()
                return
            time.sleep(0.3)
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise BrowserError(f"JupyterLab did not start: {' / '.join(said[-3:]) or 'no word'}")

    def close(self) -> None:
        """End the server and its kernels."""
        self._server.terminate()
        try:
            self._server.wait(20)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._home.cleanup()

    @contextlib.contextmanager
    def open(self, path: str, size: tuple[int, int] = SIZE) -> Iterator[Lesson]:
        """Open a notebook in a fresh browser window and wait for its kernel.

        Parameters
        ----------
        path : str
            Relative to the server's folder.
        size : tuple of int
            Width and height of the window in pixels.

        Yields
        ------
        Lesson

        Raises
        ------
        BrowserError
            If Chromium is missing, or the notebook does not open.
        """
        from playwright.sync_api import Error, sync_playwright

        width, height = size
        workspace = secrets.token_hex(
            4
        )  # one of its own: nothing of an earlier window is open
        address = f"http://127.0.0.1:{self.port}/lab/workspaces/{workspace}/tree/{path}"
        with sync_playwright() as playwright:
            program = chromium() or playwright.chromium.executable_path
            if not Path(program).exists():
                raise BrowserError(NO_CHROMIUM)
            options = list(OPTIONS)
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                options.append("--no-sandbox")  # as root, in a container, it starts only so
            browser = playwright.chromium.launch(executable_path=program, args=options)
            try:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(f"{address}?token={self.token}&reset", wait_until="domcontentloaded")
                self._wait_for_kernel(page, path)
                yield Lesson(page)
            except Error as error:
                raise BrowserError(str(error).splitlines()[0]) from error
            finally:
                browser.close()

    def _wait_for_kernel(self, page: Any, path: str) -> None:
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end:
            if page.evaluate(READY):
                return
            time.sleep(0.3)
        raise BrowserError(f"{path} has no kernel after {SECONDS_TO_START} s.")


def chromium() -> str | None:
    """Return the path of the system's Chromium, or of the program that CHROMIUM names."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    for name in CHROMIUM:
        found = shutil.which(name)
        if found is not None:
            return found
    return None


def report(name: str, cells: list[Cell], seconds: float) -> str:
    """Say in a line what a run of a lesson has brought, and in one more each error."""
    code = [cell for cell in cells if cell.kind == "code"]
    done = [cell for cell in code if cell.count is not None]
    lines = [f"{name}: {len(done)} of {len(code)} code cells ran, {seconds:.0f} s"]
    for position, cell in enumerate(cells):
        if cell.error:
            lines.append(f"  cell {position} ({cell.id}): {cell.error}")
    return "\n".join(lines)


def did_not_run(cells: list[Cell]) -> bool:
    """Say whether a cell has an error or, as after the death of a kernel, was not reached."""
    code = [cell for cell in cells if cell.kind == "code" and cell.source.strip()]
    return any(cell.error or cell.count is None for cell in code)


def window(text: str) -> tuple[int, int]:
    """Read a size such as "1400x900"."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 1400x900")
    return int(found[1]), int(found[2])


def main() -> int:
    """Run lessons in the browser, say what came out, and take pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lessons", nargs="+", help="numbers of lessons, such as 00 03")
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER", help="where to")
    parser.add_argument("--size", type=window, default=SIZE, help="of the window: 1400x900")
    parser.add_argument("--only-open", action="store_true", help="run no cell")
    chosen = parser.parse_args()
    width, height = chosen.size
    failed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        try:
            names = [my_lessons.find(ROOT, number).name for number in chosen.lessons]
            # Copies of their own: no lesson of the author's is touched.
            folder = my_lessons.prepare(ROOT, Path(scratch) / "course" / my_lessons.FOLDER)
            my_lessons.settings_into(Path(scratch) / "prefix")
            with Lab(folder.parent, Path(scratch) / "prefix") as lab:
                for name in names:
                    with lab.open(f"{folder.name}/{name}", (width, height)) as lesson:
                        began = time.monotonic()
                        cells = lesson.cells() if chosen.only_open else lesson.run_all()
                        print(report(name, cells, time.monotonic() - began), flush=True)
                        failed = failed or (not chosen.only_open and did_not_run(cells))
                        if chosen.screenshots is not None:
                            stem = f"{name.removesuffix('.ipynb')}_{width}"
                            pictures = lesson.screenshots(chosen.screenshots, stem)
                            print(f"  {len(pictures)} pictures in {chosen.screenshots}")
        except (BrowserError, ValueError, OSError) as error:
            sys.exit(str(error))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
