"""Run lessons in place, deterministically; try their claims on other seeds; tidy them."""

import argparse
import ast
import base64
import contextlib
import copy
import csv
import hashlib
import io
import json
import os
import platform
import re
import secrets
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from helpers.claims import LEDGERS, TABLES, ledger, outside, within_limits
from helpers.corpora.downloaded import mark_of_imdb
from helpers.settings import DATASETS, MEASURED, NOTEBOOKS, ROOT, write_atomically
from tools import lesson_form, lesson_times

PICTURE = NOTEBOOKS / "answer.png"  # the README's; drawn by the cell with this tag
PICTURE_TAG = "readme-picture"
TIMING_TAG = "timing"
RUNS = ROOT / "build" / "claims"  # what each finished run of a lesson measured
CELL_TIMEOUT = 300  # seconds
PATIENCE = 900  # seconds for a cell where two lessons run at a time
STILL_RUNNING = 10  # seconds after which a cell that runs is mentioned
ROOM = 2.0  # spreads between the worst run and the bound: less is weak
# Lessons may come out differently under other versions of these.
LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "gensim", "keras"),
    *("tensorflow", "tensorflow-cpu"),  # one of the two
    *("pandas", "matplotlib"),  # their docstrings are among the texts
)
# Fixed words instead of what the kernel or JupyterLab writes, which differs by version.
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
FIELDS = [
    *("claim", "lesson", "kind", "sentence", "bound", "given", "corpora", "runs", "held"),
    *("lowest", "median", "highest"),
    *("contrast", "contrast_lowest", "contrast_median", "contrast_highest"),
    "numbers",
]
QUOTED = ("lowest", "median", "highest")  # of the bundled data, in the ledger of the full data
TABLE_FIELDS = ["table", "lesson", "data", "number", "runs", *QUOTED]
FULL_FIELDS = [*FIELDS, *(f"bundled_{field}" for field in QUOTED), "turns"]

Row = dict[str, Any]  # what one run of a lesson says of one claim
KERNELS: set[int] = set()  # processes that run lessons now
STOPPED = threading.Event()  # after Ctrl-C: no further cell is begun


def lessons(names: Iterable[str] = ()) -> list[Path]:
    """Find the lessons, all or those whose file name starts with one of `names`."""
    found = lesson_form.find_lessons()
    wanted = tuple(Path(name).name.zfill(2) for name in names)
    for name in wanted:
        if not any(path.name.startswith(name) for path in found):
            known = ", ".join(path.name for path in found)
            sys.exit(f"No lesson {name}; there are {known}.")
    return [path for path in found if not wanted or path.name.startswith(wanted)]


# ---- Running one lesson


def tell(sentence: str) -> None:
    """Print a line at once."""
    print(sentence, flush=True)


@contextlib.contextmanager
def mention(what: str, say: Callable[[str], None]) -> Iterator[None]:
    """Say every ten seconds that something still runs."""
    ended = threading.Event()
    began = time.monotonic()

    def watch() -> None:
        while not ended.wait(STILL_RUNNING):
            say(f"  {what} has been running for {time.monotonic() - began:.0f} s ...")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def execute(
    path: Path,
    *,
    before: str = "",
    data: str = "bundled",
    timeout: int = CELL_TIMEOUT,
    say: Callable[[str], None] = tell,
) -> NotebookNode:
    """Run a notebook in a fresh kernel and return it with clean outputs; the file stays.

    Parameters
    ----------
    path : Path
    before : str
        Code that the kernel runs before the first cell. The notebook does not contain it.
    data : "bundled" or "full"
        What the lesson looks at.
    timeout : int
        Seconds that a cell may take.
    say : callable
        Is told every ten seconds which cell is running.

    Returns
    -------
    NotebookNode

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    nbclient.exceptions.DeadKernelError
        If the kernel dies; the message names the cell.
    TimeoutError
        If a cell takes longer than `timeout`.
    """
    notebook = nbformat.read(path, as_version=4)
    code = lesson_form.code_cells(notebook)
    digest = hashlib.sha256(lesson_form.code_of(notebook).encode()).hexdigest()
    # What a clock measures differs in every run: such cells keep outputs until code changes.
    timed = [cell for cell in code if TIMING_TAG in lesson_form.tags(cell)]
    kept = [cell.outputs if cell.metadata.get("code") == digest else None for cell in timed]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    run_cells(notebook, path, before, data, timeout, say)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell, outputs in zip(timed, kept, strict=True):
        cell.outputs, cell.metadata["code"] = outputs or cell.outputs, digest
    return notebook


def run_cells(
    notebook: NotebookNode,
    path: Path,
    before: str,
    data: str,
    timeout: int,
    say: Callable[[str], None],
) -> None:
    """Run the cells of a notebook in a fresh kernel; outputs are put into it."""
    client = NotebookClient(
        notebook,
        timeout=timeout,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # no word on how the kernel is connected
        resources={"metadata": {"path": str(path.parent)}},
    )
    environment = dict(os.environ)
    environment.pop("COURSE_SETTINGS", None)  # lessons are saved with the course's own texts
    # Bars on stderr would be stored with the notebook.
    environment |= {"TQDM_DISABLE": "1", "COURSE_DATA": data}
    with client.setup_kernel(env=environment):
        assert client.km is not None and client.kc is not None  # both are there by now
        process = getattr(client.km.provisioner, "pid", 0)
        KERNELS.add(process)
        try:
            if before:
                message = client.kc.execute(before, store_history=False)
                reply = (client.wait_for_reply(message) or {})["content"]
                if reply["status"] != "ok":
                    raise RuntimeError(
                        f"{path.name}: the code before the first cell failed with "
                        f"{reply.get('ename')}: {reply.get('evalue')}"
                    )
            for index, cell in enumerate(notebook.cells):
                if STOPPED.is_set():
                    raise RuntimeError("stopped")
                with mention(f"{path.name[:2]}: cell {index}", say):
                    count = client.code_cells_executed + 1
                    client.execute_cell(cell, index, execution_count=count)
        except DeadKernelError as error:
            raise DeadKernelError(
                f"the kernel died, probably for lack of memory, in cell {index}"
            ) from error
        finally:
            KERNELS.discard(process)


def reason(error: BaseException) -> str:
    """Return in one line why a run failed."""
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    return (str(error).splitlines() or [type(error).__name__])[0]


def save(notebook: NotebookNode, path: Path) -> bool:
    """Write a notebook if it differs from the file, in one move; say whether it did."""
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    nbformat.validate(notebook)
    write_atomically(path, text)
    return True


def save_picture(notebook: NotebookNode) -> None:
    """Keep the README's picture the same as the figure in its lesson."""
    for cell in notebook.cells:
        if PICTURE_TAG in lesson_form.tags(cell):
            data = next(
                o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})
            )
            write_atomically(PICTURE, base64.b64decode(data))


def beyond_the_ledger(
    measured: Mapping[str, Mapping[str, float]], table: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Compare a run with what other seeds gave.

    Parameters
    ----------
    measured : mapping
        Name of a claim to the numbers that a run measured.
    table : mapping
        The ledger: name of a claim to its row.

    Returns
    -------
    list of str
        A sentence for each number outside the ledger's range, widened by one range on both
        sides. A claim that the ledger does not know is passed over.
    """
    found = []
    for name, numbers in measured.items():
        ranges = json.loads(table.get(name, {}).get("numbers") or "{}")
        if not ranges:
            continue
        for key in outside(table[name], numbers):
            known = "nothing"
            if key in ranges:
                known = f"{ranges[key][0]:g} to {ranges[key][2]:g}"
            found.append(f"{name}: {key} is {numbers[key]:g}; the ledger has {known}")
    return found


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook whose collapsed cells are so in JupyterLab, Colab and Jupyter Book."""
    notebook = copy.deepcopy(notebook)
    for cell in lesson_form.code_cells(notebook):
        if lesson_form.collapsed_as(cell) is None:
            continue
        cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
        cell.metadata["cellView"] = "form"
        if lesson_form.HIDDEN_TAG not in cell.metadata["tags"]:
            cell.metadata["tags"] = [*cell.metadata["tags"], lesson_form.HIDDEN_TAG]
    return notebook


def execute_command(names: list[str]) -> int:
    """Run lessons and save them; return how many failed."""
    failed = 0
    for path in lessons(names):
        tell(f"{path.name} ...")
        began = time.monotonic()
        before = path.read_bytes()
        try:
            notebook = tidy(execute(path))
        except (CellExecutionError, DeadKernelError, TimeoutError) as error:
            tell(f"  failed, and the file is as it was: {reason(error)}")
            if isinstance(error, CellExecutionError):
                tell(str(error))
            failed += 1
            continue
        if path.read_bytes() != before:
            tell("  not saved: somebody has changed the file meanwhile. Run it again.")
            failed += 1
            continue
        changed = "changed" if save(notebook, path) else "as it was"
        tell(f"  {changed} ({time.monotonic() - began:.0f} s)")
        measured = lesson_form.saved_numbers(notebook)
        for sentence in beyond_the_ledger(measured, ledger("bundled")):
            tell(f"  beware: {sentence}")
        save_picture(notebook)
    return failed


def tidy_command(names: list[str]) -> int:
    """Give collapsed cells the keys of all three readers, without running anything."""
    for path in lessons(names):
        changed = save(tidy(nbformat.read(path, as_version=4)), path)
        tell(f"{path.name}: {'changed' if changed else 'as it was'}")
    return 0


def times_command() -> int:
    """Write the README's table of seconds and memory."""
    try:
        tell(lesson_times.write_into())
    except ValueError as error:
        tell(str(error))
        return 1
    return 0


# ---- Trying claims on other seeds


@dataclass(frozen=True)
class Run:
    """One run of a lesson under one seed, and where its measurements are kept."""

    path: Path
    offset: int
    data: str
    log: Path
    common: str = ""  # the digest of what all lessons depend on

    @property
    def name(self) -> str:
        """How a line of progress calls it."""
        return f"{self.path.name[:2]}, seed + {self.offset}"


class WithoutBounds(ast.NodeTransformer):
    """Take out of a lesson's code what decides how numbers are judged, not which come out."""

    JUDGES = frozenset(("at_least", "at_most", "by", "within", "full", "given"))

    def visit_Call(self, call: ast.Call) -> ast.AST:
        """Drop the sentence and the bounds of a claim."""
        self.generic_visit(call)
        name = lesson_form.function_name(call)
        if isinstance(call.func, ast.Name) and name in ("claim", "bounded"):
            call.keywords = [k for k in call.keywords if k.arg not in self.JUDGES]
        if isinstance(call.func, ast.Name) and name == "claim" and len(call.args) > 1:
            call.args[1] = ast.Constant("")
        return call


def measuring_code(notebook: NotebookNode) -> str:
    """Return the code of a lesson without sentences, bounds, comments and what only draws."""
    trees: list[str] = []
    wanted: set[str] = set()  # names that code further down reads
    for cell in reversed(lesson_form.code_cells(notebook)):
        tags = lesson_form.tags(cell)
        if lesson_form.SETUP_TAG in tags:
            continue
        try:
            tree = lesson_form.tree(cell)
        except SyntaxError:  # the run will say so
            trees.append(cell.source)
            continue
        if "draw" in tags and only_draws(tree, wanted):
            continue
        wanted |= names_read(tree)
        trees.append(ast.dump(WithoutBounds().visit(tree)))
    return "\0".join(reversed(trees))


# Methods of lists, sets and dicts after which they are no more what they were.
MOVING = frozenset(
    [
        *["append", "extend", "insert", "pop", "popitem", "remove", "discard", "clear", "add"],
        *["update", "setdefault", "sort", "reverse", "shuffle", "fill"],
    ]
)
MEASURING = frozenset(("claim", "exact", "bounded", "keep"))


def only_draws(tree: ast.AST, wanted: set[str]) -> bool:
    """Whether code neither claims nor keeps a number, nor binds or moves a wanted name.

    A list that grows, an entry that is set and a generator that is asked are moved.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and lesson_form.function_name(node) in MEASURING:
            return False
        names: set[str] = set()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names = {node.id}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = {node.name}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(
            node.ctx, ast.Store | ast.Del
        ):
            names = names_read(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            moved = names_read(node.func.value)
            names = moved if node.func.attr in MOVING or "rng" in moved else set()
        if names & wanted:
            return False
    return True


def names_read(tree: ast.AST) -> set[str]:
    """Return the names that code reads."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
    return found


def code_without_prose(path: Path) -> str:
    """Return the code of a module without docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


# No measurement depends on how it is drawn, judged or asked for.
SHOWING = ("figures", "claims", "exercises")


def helpers_named_in(code: str) -> set[str]:
    """Return the modules and packages of `helpers/` that some code imports."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = [name.split(".") for name in found]
    return {part[1] for part in parts if part[0] == "helpers" and len(part) > 1}


def imports_of(notebook: NotebookNode) -> str:
    """Return the imports of a lesson, but for the cell that finds the course, as code."""
    found = []
    for cell in lesson_form.code_cells(notebook):
        if lesson_form.SETUP_TAG in lesson_form.tags(cell):
            continue
        with contextlib.suppress(SyntaxError):  # the run will say so
            for node in ast.walk(lesson_form.tree(cell)):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found.append(ast.unparse(node))
    return "\n".join(found)


def helpers_behind(
    code: str, folder: Path = ROOT / "helpers", without: Sequence[str] = SHOWING
) -> list[Path]:
    """Return the files of `helpers/` on which the measurements of some code depend."""
    files: set[Path] = set()
    todo = helpers_named_in(code) | {"session"}
    while todo:
        name = todo.pop()
        if name in without:
            continue
        module = [folder / f"{name}.py", *(folder / name).rglob("*.py")]
        for path in module:
            if path.exists() and path not in files:
                files.add(path)
                todo |= helpers_named_in(path.read_text(encoding="utf-8"))
    return sorted(files)


def digest_of(paths: Iterable[Path]) -> str:
    """Return a digest of what modules do, whatever their comments say."""
    whole = [f"{path.name} {code_without_prose(path)}\n" for path in paths]
    return hashlib.sha256("".join(whole).encode()).hexdigest()


def surroundings(data: str = "bundled") -> str:
    """Return a digest of what all lessons depend on: data and libraries."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            digest.update(f"{name} {metadata.version(name)}\n".encode())
    helpers = sorted((ROOT / "helpers").rglob("*.py"))
    code = "".join(path.read_text(encoding="utf-8") for path in helpers)
    digest.update(data_named_in(code))
    if data == "full":
        digest.update(mark_of_imdb().encode())
    return digest.hexdigest()


def data_named_in(code: str) -> bytes:
    """Return the contents of the files in `datasets/` that code names, ledgers aside."""
    written = {*LEDGERS.values(), TABLES}
    contents = []
    for path in sorted(DATASETS.rglob("*.*")):
        read_by_a_program = path.suffix in (".tsv", ".csv", ".txt", ".toml")
        if read_by_a_program and path.name in code and path not in written:
            contents += [path.name.encode(), path.read_bytes()]
    return b"\0".join(contents)


def plan(
    paths: Iterable[Path], seeds: int, data: str, common: str, folder: Path | None = None
) -> list[Run]:
    """Return the runs to make; where code has changed, their logs have other names.

    The run with the lesson's own seed is made anew after any change, and says which sentences
    and bounds there are now. Those with other seeds serve as long as what they measure is the
    same: see `judge_anew`.
    """
    runs = []
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        codes = {"own": lesson_form.code_of(notebook), "other": measuring_code(notebook)}
        behind = digest_of(helpers_behind(imports_of(notebook)))
        behind += hashlib.sha256(data_named_in(codes["own"])).hexdigest()
        digests = {}
        for seed, code in codes.items():
            whole = f"{common}\0{data}\0{behind}\0{code}".encode()
            digests[seed] = hashlib.sha256(whole).hexdigest()[:12]
        for offset in range(seeds):
            digest = digests["other" if offset else "own"]
            name = f"{path.stem}-{data}-{digest}-{offset}.jsonl"
            runs.append(Run(path, offset, data, (folder or RUNS) / name, common))
    return runs


def rows_of(log: Path) -> list[Row]:
    """Read what a run recorded."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def make_run(run: Run) -> list[Row]:
    """Run a lesson under another seed and keep what its claims measured once it is through."""
    run.log.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: the same command may run twice at once.
    unfinished = run.log.with_suffix(f".{secrets.token_hex(4)}.unfinished")
    before = (
        "from helpers import claims, session\n"
        f"claims.record_to({str(unfinished)!r})\nsession.other_seed({run.offset})\n"
    )
    execute(run.path, before=before, data=run.data, timeout=PATIENCE, say=lambda _: None)
    if not unfinished.exists():
        raise RuntimeError("the lesson recorded no claim")
    now = plan([run.path], run.offset + 1, run.data, run.common, run.log.parent)[-1]
    if now.log != run.log:  # its name is of the code that was there when the run was planned
        unfinished.unlink()
        raise RuntimeError("the lesson or a helper of it was changed during the run")
    unfinished.replace(run.log)
    return rows_of(run.log)


def report_of(run: Run, rows: Sequence[Row]) -> str:
    """Return one line on how the claims of a run came out."""
    rows = [row for row in rows if row["kind"] != "table"]
    failed = [row["claim"] for row in rows if not row["holds"]]
    if failed:
        return f"{run.name}: {', '.join(failed)} did not hold, of {len(rows)} claims"
    return f"{run.name}: {len(rows)} claims held"


def make_runs(
    runs: Sequence[Run], workers: int
) -> tuple[dict[Run, list[Row]], dict[Run, str]]:
    """Make those runs that are not kept from before, some at a time.

    Returns
    -------
    results : dict
        Each finished run and its measurements.
    failures : dict
        Each run that failed and why.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C; finished runs stay.
    """
    results = {run: rows_of(run.log) for run in runs if run.log.exists()}
    failures: dict[Run, str] = {}
    todo = [run for run in runs if run not in results]
    if results:
        tell(f"{len(results)} of {len(runs)} runs are kept from before.")
    began = time.monotonic()
    pool = ThreadPoolExecutor(workers)
    jobs: dict[Future, Run] = {pool.submit(make_run, run): run for run in todo}
    try:
        for done, job in enumerate(as_completed(jobs), start=1):
            run, error = jobs[job], job.exception()
            if error is None:
                results[run] = job.result()
                said = report_of(run, results[run])
            else:
                failures[run] = reason(error)
                said = f"{run.name} FAILED: {failures[run]}"
            left = (time.monotonic() - began) / done * (len(todo) - done) / 60
            count = f"{len(results) + len(failures)} of {len(runs)} runs"
            tell(f"{said} ({count}{f', about {left:.0f} min left' if left >= 1 else ''})")
    except KeyboardInterrupt:
        STOPPED.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(KERNELS):
            with contextlib.suppress(psutil.Error):
                psutil.Process(process).kill()
        raise
    finally:
        pool.shutdown()
    return results, failures


def by_claim(results: Mapping[Run, Sequence[Row]]) -> dict[str, list[Row]]:
    """Return what was measured for each claim, in the order of the lessons and seeds."""
    found: dict[str, list[Row]] = {}
    for run in sorted(results, key=lambda run: (run.path.name, run.offset)):
        for row in results[run]:
            found.setdefault(row["claim"], []).append(row)
    return found


def judge_anew(results: Mapping[Run, Sequence[Row]]) -> dict[Run, list[Row]]:
    """Hold what was measured under all seeds to the sentences and bounds of today.

    They are those of the run with the lesson's own seed; where that failed, all stays.
    """
    own = {}
    for run, rows in results.items():
        if run.offset == 0:
            own[run.path] = {row["claim"]: row for row in rows}
    judged = {}
    for run, rows in results.items():
        today = own.get(run.path, {})
        judged[run] = [judged_by(today.get(row["claim"], row), row) for row in rows]
    return judged


def judged_by(today: Row, row: Row) -> Row:
    """Return a measurement under the sentence and the bounds of another run."""
    changed = row | {key: today[key] for key in ("sentence", "bound", "limits")}
    if row["kind"] == "claim" and set(today["limits"]) <= set(row["numbers"]):
        changed["holds"] = all(
            within_limits(row["numbers"][key], (low, high))
            for key, (low, high) in today["limits"].items()
        )
    return changed


def spread_of(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Return the lowest, the median and the highest of each measured number of a claim."""
    found = {}
    for key in rows[0]["numbers"]:
        numbers = [row["numbers"][key] for row in rows if key in row["numbers"]]
        middle = float(f"{statistics.median(numbers):.6g}")
        ends = (float(f"{end:.6g}") for end in (min(numbers), max(numbers)))
        lowest, highest = ends
        found[key] = [lowest, middle, highest]
    return found


def given_of(rows: Sequence[Row]) -> dict[str, str]:
    """Return what a sentence names beside what it measures, counts that vary as `5 to 7`."""
    found = {}
    for key in rows[0].get("given", {}):
        said = {row.get("given", {}).get(key, "") for row in rows}
        if len(said) > 1 and all(re.fullmatch(r"\d+", text) for text in said):
            numbers = sorted(int(text) for text in said)
            found[key] = f"{numbers[0]} to {numbers[-1]}"
        else:
            found[key] = rows[0]["given"][key]
    return found


def ledger_row(rows: Sequence[Row]) -> dict[str, str]:
    """Return what the ledger keeps of all runs of one claim."""
    first = rows[0]
    row = dict.fromkeys(FIELDS, "")
    row |= {field: first[field] for field in ("claim", "lesson", "kind", "sentence", "bound")}
    row["given"] = json.dumps(given_of(rows), ensure_ascii=False)
    row["corpora"] = json.dumps(first["corpora"], sort_keys=True)
    row["runs"] = str(len(rows))
    row["held"] = str(sum(row["holds"] for row in rows))
    numbers = spread_of(rows) if first["kind"] == "claim" else {}
    row["numbers"] = json.dumps(numbers)
    contrast = next((key for key in numbers if key.startswith("value - ")), "")
    for key, prefix in (("value", ""), (contrast, "contrast_")):
        if key in numbers:
            for field, number in zip(QUOTED, numbers[key], strict=True):
                row[prefix + field] = f"{number:g}"
    row["contrast"] = contrast
    return row


def reads_imdb(row: Mapping[str, str]) -> bool:
    """Whether IMDB was among the texts in use when a claim was tried."""
    return any(name.startswith("imdb") for name in json.loads(row["corpora"] or "{}"))


def directions(bound: str) -> dict[str, int]:
    """Return which way the bounds of a claim point: 1 for at least, -1 for at most."""
    found = {}
    for part in bound.split("; "):
        if matched := re.fullmatch(r"(.+) ([≥≤]) \S+", part):
            found[matched[1]] = 1 if matched[2] == "≥" else -1
    return found


def turns(bundled: str, full: str) -> bool:
    """Whether a claim is held to opposite things on the two data sets."""
    one, other = directions(bundled), directions(full)
    return any(one[key] != other[key] for key in one.keys() & other.keys())


def weaknesses(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each bound with less room than two spreads over the runs."""
    found: list[str] = []
    if len(rows) < 2 or rows[0]["kind"] != "claim":
        return found
    for key, (low, high) in rows[0]["limits"].items():
        numbers = [row["numbers"][key] for row in rows]
        spread = statistics.stdev(numbers)
        for bound, room in (
            (low, min(numbers) - (low or 0)),
            (high, (high or 0) - max(numbers)),
        ):
            if bound is not None and 0 <= room < ROOM * spread:
                found.append(
                    f"{rows[0]['claim']}: {key} was {min(numbers):.4g} to {max(numbers):.4g}; "
                    f"to the bound {bound:g} are {room / spread:.1f} spreads"
                )
    return found


def judge(claims: Mapping[str, Sequence[Row]]) -> dict[str, list[str]]:
    """Sort what is wrong with claims: a heading, and the sentences that belong to it."""
    found: dict[str, list[str]] = {"FAILED": [], "WEAK": [], "CONSTANT": [], "CHANGING": []}
    for name, rows in claims.items():
        held = sum(row["holds"] for row in rows)
        if held < len(rows):
            bad = next(row for row in rows if not row["holds"])
            found["FAILED"].append(
                f"{name} held in {held} of {len(rows)} runs [{bad['bound']}]; "
                f"once it came to {bad['numbers'] or 'another result'}"
            )
        found["WEAK"] += weaknesses(rows)
        values = {row["numbers"].get("value") for row in rows}
        if rows[0]["kind"] == "claim" and len(values) == 1 and len(rows) > 1:
            found["CONSTANT"].append(f"{name}: {values.pop():g} in every run")
        if len({(row["sentence"], row["bound"]) for row in rows}) > 1:
            found["CHANGING"].append(f"{name} has another sentence or bound in other runs")
        for key, said in given_of(rows).items():
            others = {row.get("given", {}).get(key) for row in rows}
            if len(others) > 1 and said in others:  # no range was made of it: it is no count
                found["CHANGING"].append(f"{name} names another {key} in other runs: {others}")
        if len({json.dumps(row["corpora"], sort_keys=True) for row in rows}) > 1:
            found["CHANGING"].append(f"{name} was tried on other texts in other runs")
    return found


HEADINGS = {
    "FAILED": "FAILED, in at least one run:",
    "WEAK": f"WEAK, less than {ROOM:g} spreads between the worst run and the bound:",
    "CONSTANT": "The same in every run. Is it an identity? Then say exact(...):",
    "CHANGING": "FAILED: what is claimed depends on the seed:",
}


def write_rows(path: Path, fields: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows to a file of comma-separated values, in one move; other fields stay out."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue())


def write_ledgers(tables: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    """Write both ledgers; that of the full data also quotes the bundled one, side by side."""
    full = []
    for name, row in tables["full"].items():
        bundled = tables["bundled"].get(name, {})
        quotes = {f"bundled_{field}": bundled.get(field, "") for field in QUOTED}
        turned = turns(bundled.get("bound", ""), row["bound"])
        full.append({**row, **quotes, "turns": "yes" if turned else "no"})
    written = {"bundled": (FIELDS, tables["bundled"].values()), "full": (FULL_FIELDS, full)}
    for data, (fields, rows) in written.items():
        write_rows(LEDGERS[data], fields, sorted(rows, key=lambda row: row["claim"]))
    ledger.cache_clear()


def write_tables(results: Mapping[Run, Sequence[Row]], tried: set[str], data: str) -> None:
    """Put what lessons kept of their tables into the file, in place of what they had there.

    One row for each number: `table`, `lesson`, `data`, `number`, `runs`, and its lowest,
    median and highest over the seeds.
    """
    old = []
    if TABLES.exists():
        with TABLES.open(encoding="utf-8", newline="") as file:
            old = list(csv.DictReader(file))
    rows = [row for row in old if row["data"] != data or row["lesson"] not in tried]
    for name, runs in by_claim(results).items():
        if runs[0]["lesson"] not in tried:
            continue
        for number, ends in spread_of(runs).items():
            row = {"table": name, "lesson": runs[0]["lesson"], "data": data}
            row |= {"number": number, "runs": str(len(runs))}
            rows.append(row | {f: f"{end:g}" for f, end in zip(QUOTED, ends, strict=True)})
    rows.sort(key=lambda row: (row["table"], row["data"]))
    write_rows(TABLES, TABLE_FIELDS, rows)


def split(
    results: Mapping[Run, Sequence[Row]],
) -> tuple[dict[Run, list[Row]], dict[Run, list[Row]]]:
    """Return the claims of each run, and the tables that it kept."""
    claims, tables = {}, {}
    for run, rows in results.items():
        claims[run] = [row for row in rows if row["kind"] != "table"]
        tables[run] = [row for row in rows if row["kind"] == "table"]
    return claims, tables


def update_ledgers(claims: Mapping[str, Sequence[Row]], tried: set[str], data: str) -> None:
    """Put the claims of the lessons that were tried into the ledger, in place of what was."""
    ledger.cache_clear()  # the same command for another lesson may have written meanwhile
    kept = {path.name[:2] for path in lesson_form.find_lessons()} - tried
    tables = {}
    for name in LEDGERS:
        tables[name] = {claim: dict(row) for claim, row in ledger(name).items()}
    rows = {claim: row for claim, row in tables[data].items() if row["lesson"] in kept}
    rows |= {claim: ledger_row(runs) for claim, runs in claims.items()}
    if data == "full":  # a claim on other texts stands in the bundled ledger
        rows = {claim: row for claim, row in rows.items() if reads_imdb(row)}
    write_ledgers({**tables, data: rows})


def claims_command(names: list[str], seeds: int, workers: int, data: str) -> int:
    """Run the lessons under seeds 0 to `seeds` - 1 more than their own; write the ledger."""
    paths = lessons(names)
    if data == "full":
        paths = [p for p in paths if lesson_form.reads_full_data(nbformat.read(p, 4))]
    if not paths:
        tell(
            "None of these lessons learns from the film reviews that COURSE_DATA=full is for."
        )
        return 1
    runs = plan(paths, seeds, data, surroundings(data))
    try:
        results, failures = make_runs(runs, workers)
    except KeyboardInterrupt:
        tell("\nStopped. Finished runs are kept: the same command goes on from there.")
        return 130
    results, tables = split(results)
    results = judge_anew(results)
    claims = by_claim(results)
    for run, rows in results.items():
        if run.offset == 0:
            own = {row["claim"]: row["numbers"] for row in rows}
            for sentence in beyond_the_ledger(own, ledger(data)):
                tell(f"Moved since the last time: {sentence}")
    broken = {run.path.name[:2] for run in failures}  # their rows stay as they were
    complete = {run.path.name[:2] for run in results} - broken
    through = {name: rows for name, rows in claims.items() if rows[0]["lesson"] in complete}
    update_ledgers(through, complete, data)
    write_tables(tables, complete, data)
    problems = judge(claims)
    for kind, heading in HEADINGS.items():
        if problems[kind]:
            tell("\n  ".join([heading, *problems[kind]]))
    if failures:
        failed = [f"{run.name}: {why}" for run, why in failures.items()]
        tell("\n  ".join(["These runs failed; the same command tries them again:", *failed]))
    wrong = len(problems["FAILED"]) + len(problems["CHANGING"])
    identities = sum(rows[0]["kind"] == "identity" for rows in claims.values())
    tell(
        f"{len(claims) - identities} claims and {identities} identities on {seeds} seeds: "
        f"{wrong} failed, {len(problems['WEAK'])} bounds are weak; "
        f"{len(failures)} of {len(runs)} runs failed. "
        f"Written: {LEDGERS[data].relative_to(MEASURED.parent.parent)}."
    )
    return 1 if wrong or failures else 0


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["execute", "claims", "tidy", "times"])
    parser.add_argument("lessons", nargs="*", help="numbers or names; all if none is given")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2, help="lessons at a time")
    parser.add_argument(
        "--data", choices=LEDGERS, default="bundled", help="which data claims see"
    )
    chosen = parser.parse_args()
    if chosen.command == "execute":
        return execute_command(chosen.lessons)
    if chosen.command == "tidy":
        return tidy_command(chosen.lessons)
    if chosen.command == "times":
        return times_command()
    return claims_command(chosen.lessons, chosen.seeds, chosen.workers, chosen.data)


if __name__ == "__main__":
    sys.exit(main())
