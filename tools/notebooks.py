"""Run lessons in place, deterministically, or try their claims on other seeds."""

import argparse
import base64
import csv
import hashlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from helpers.claims import LEDGERS, ledger

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "notebooks" / "answer.png"  # the README's; drawn by the cell with this tag
PICTURE_TAG = "readme-picture"
TIMING_TAG = "timing"
FIELDS = ["claim", "lesson", "bound", "runs", "held", "lowest", "median", "highest"]
CELL_TIMEOUT = 300  # seconds
# Fixed words instead of what the kernel or JupyterLab writes, which differs by version.
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}


def lessons(names: Iterable[str] = ()) -> list[Path]:
    """Find the lessons, all or those whose file name starts with one of `names`."""
    found = sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))
    found = [path for path in found if ".mine" not in path.name]
    wanted = tuple(Path(name).name for name in names)
    chosen = [path for path in found if not wanted or path.name.startswith(wanted)]
    if not chosen:
        sys.exit(
            f"No lesson {', '.join(wanted)}; there are {', '.join(p.name for p in found)}."
        )
    return chosen


def execute(path: Path, **environment: str) -> nbformat.NotebookNode:
    """Run a notebook in a fresh kernel and return it with clean outputs; the file stays as it is.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    digest = hashlib.sha256("\0".join(cell.source for cell in code).encode()).hexdigest()
    # What a clock measures differs in every run: such cells keep their outputs until code changes.
    timed = [cell for cell in code if TIMING_TAG in cell.metadata.get("tags", [])]
    kept = [cell.outputs if cell.metadata.get("code") == digest else None for cell in timed]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    # Bars on stderr would be stored with the notebook.
    client.execute(env=os.environ | {"TQDM_DISABLE": "1"} | environment)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell, outputs in zip(timed, kept, strict=True):
        cell.outputs, cell.metadata["code"] = outputs or cell.outputs, digest
    return notebook


def save(notebook: nbformat.NotebookNode, path: Path) -> bool:
    """Write a notebook if it differs from the file, in one move; say whether it did."""
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    nbformat.validate(notebook)
    write(path, text.encode("utf-8"))
    return True


def write(path: Path, content: bytes) -> None:
    """Write a file in one move: a reader sees the old one or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def save_picture(notebook: nbformat.NotebookNode) -> None:
    """Keep the README's picture the same as the figure in its lesson."""
    for cell in notebook.cells:
        if PICTURE_TAG in cell.metadata.get("tags", []):
            data = next(
                o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})
            )
            write(PICTURE, base64.b64decode(data))


def execute_command(names: list[str]) -> int:
    failed = 0
    for path in lessons(names):
        print(f"{path.name} ...", end=" ", flush=True)
        try:
            notebook = execute(path)
        except CellExecutionError as error:
            print(f"a cell failed; the file is as it was.\n{error}")
            failed += 1
            continue
        print("changed" if save(notebook, path) else "as it was", flush=True)
        save_picture(notebook)
    return failed


def write_ledgers(tables: dict[str, dict[str, dict]]) -> None:
    """Write both ledgers; that of the full data also quotes the bundled one, side by side."""
    quotes = {f"bundled {field}": field for field in FIELDS[2:]}
    for claim, row in tables["full"].items():
        bundled = tables["bundled"].get(claim, {})
        row |= {quote: bundled.get(field, "") for quote, field in quotes.items()}
    for data, fields in {"bundled": FIELDS, "full": [*FIELDS, *quotes]}.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(tables[data].values(), key=lambda row: row["claim"]))
        write(LEDGERS[data], text.getvalue().encode("utf-8"))


def claims_command(names: list[str], seeds: int, workers: int, data: str) -> int:
    """Run the lessons under seeds 1 to `seeds` more than their own and write the ledger."""
    chosen = lessons(names)
    rows: dict[str, list[dict]] = {}
    with tempfile.TemporaryDirectory() as folder:

        def job(path: Path, offset: int) -> Path:
            log = Path(folder) / f"{path.stem}-{offset}.jsonl"
            choices = {"COURSE_DATA": data, "COURSE_SEED_OFFSET": str(offset)}
            execute(path, COURSE_CLAIMS_LOG=str(log), **choices)
            print(f"{path.name}, seed + {offset}: done", flush=True)
            return log

        with ThreadPoolExecutor(workers) as pool:
            jobs = [
                (p, pool.submit(job, p, offset)) for p in chosen for offset in range(seeds)
            ]
            for path, future in jobs:
                for line in future.result().read_text(encoding="utf-8").splitlines():
                    row = json.loads(line) | {"lesson": path.stem[:2]}
                    rows.setdefault(row["claim"], []).append(row)
    tried = {path.stem[:2] for path in chosen}
    table = {name: row for name, row in ledger(data).items() if row["lesson"] not in tried}
    for claim, runs in rows.items():
        values = [run["value"] for run in runs]
        numbers = [f"{f(values):.6g}" for f in (np.min, np.median, np.max)]
        held = sum(run["holds"] for run in runs)
        if held < len(runs):
            print(
                f"{claim} held in {held} of {len(runs)} runs: {sorted(values)} [{runs[0]['bound']}]"
            )
        entry = [claim, runs[0]["lesson"], runs[0]["bound"], len(runs), held, *numbers]
        table[claim] = dict(zip(FIELDS, entry, strict=True))
    write_ledgers({"bundled": ledger("bundled"), "full": ledger("full"), data: table})
    weak = [claim for claim, runs in rows.items() if not all(run["holds"] for run in runs)]
    print(f"{len(rows)} claims on {seeds} seeds; {len(weak)} did not hold in all of them.")
    return len(weak)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["execute", "claims"])
    parser.add_argument("lessons", nargs="*", help="numbers or names; all if none is given")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2, help="notebooks at a time")
    parser.add_argument(
        "--data", choices=LEDGERS, default="bundled", help="which data claims see"
    )
    chosen = parser.parse_args()
    if chosen.command == "execute":
        return execute_command(chosen.lessons)
    return claims_command(chosen.lessons, chosen.seeds, chosen.workers, chosen.data)


if __name__ == "__main__":
    sys.exit(main())
