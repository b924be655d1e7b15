"""Give every lesson the cell that finds the course: `python -m tools.set_first_cell`.

A lesson is also opened where nobody made an environment: in VS Code with a kernel of one's
own, on a department's hub, on Colab. The collapsed cell after its title looks for the course's
folder, gets it on Colab, and says in one sentence what is missing. Which packages it asks for
comes from the imports of the lesson and of the helpers that it uses, the address from
CITATION.cff.
"""

import argparse
import ast
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.settings import write_atomically
from tools import my_lessons, set_address
from tools.notebooks import helpers_behind

ROOT = Path(__file__).resolve().parent.parent
CELL_ID = "colab-setup"
METADATA = {
    "cellView": "form",  # Colab
    "jupyter": {"source_hidden": True},  # JupyterLab
    "tags": ["colab", "hide-cell"],  # hide-cell: Jupyter Book
}
PLACEHOLDER = "OWNER/REPOSITORY"
OURS = {"helpers", "tools"}
KERNEL = {"IPython", "matplotlib_inline", "packaging", "psutil"}  # each kernel has them
BROUGHT_BY = {"requests": "pooch", "threadpoolctl": "sklearn", "urllib3": "pooch"}
SOURCE = """\
# Finds the course's files and packages: nothing to do here
import importlib.util
import subprocess
import sys
from pathlib import Path


class NotReady(Exception):
    def _render_traceback_(self):
        return [str(self)]  # the sentence, and no traceback


def get_ready(course, packages):
    def run(*command):
        if subprocess.run(command).returncode:
            raise NotReady(f"This did not work: {' '.join(command)}. Run the cell again.")

    if importlib.util.find_spec("tomllib") is None:  # part of Python since 3.11
        raise NotReady(f"This is Python {sys.version.split()[0]}: choose 3.11, 3.12 or 3.13.")
    folders = (Path.cwd() / "this").parents  # this folder and all above it
    if "google.colab" in sys.modules:
        folders = [Path("/content/course")]
        address, tag = course.split("/tree/")
        if not folders[0].exists():
            run("git", "clone", "-q", "--depth=1", "-b", tag, address, str(folders[0]))
        if importlib.util.find_spec("gensim") is None:
            run(sys.executable, "-m", "pip", "install", "-q", "gensim>=4.4,<5")
        importlib.invalidate_caches()
    for folder in folders:
        if (folder / "helpers" / "session.py").exists():
            sys.path.insert(0, str(folder))
            break
    missing = [name for name in packages.split() if not importlib.util.find_spec(name)]
    if missing:
        names = " ".join(missing).replace("sklearn", "scikit-learn")
        raise NotReady(
            "This kernel lacks packages: start the course with `make lab`, or choose the "
            f"kernel of its .venv, or run `%pip install {names}` in a cell of its own."
        )
    try:
        from helpers import session, settings

        complete = settings.DATASETS.exists() and bool(session)
    except ImportError as error:
        if not str(error.name).startswith("helpers"):
            raise
        complete = False
    if not complete:
        raise NotReady(f"A lesson needs the course around it: get the whole from {course}.")


get_ready(
    "https://github.com/{repository}/tree/{tag}",
    "{packages}",
)"""


def packages(notebook: NotebookNode) -> list[str]:
    """Return which packages a lesson imports, itself or through `helpers`.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    list of str
        The names that `import` takes, in order; nothing of the standard library.
    """
    own: list[ast.stmt] = []
    starts_keras = False  # `session.start` imports it for the lessons that ask for it
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.get("id") == CELL_ID:
            continue
        try:
            own += ast.parse(cell.source).body
            starts_keras = starts_keras or "tensorflow=True" in cell.source
        except SyntaxError:  # a cell with a magic, or one that shows an error
            continue
    own = [
        statement for statement in own if isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    found = _imported(own)
    code = "\n".join(map(ast.unparse, own))
    for path in helpers_behind(code, without=()):
        named = _imported(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        if path.name == "session.py" and not starts_keras:
            named.discard("keras")
        found |= named
    if "keras" in found:
        found.add("tensorflow")  # its backend
    found -= {name for name, other in BROUGHT_BY.items() if other in found}
    return sorted(found - sys.stdlib_module_names - OURS - KERNEL)


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the packages that the import statements among these name."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def set_first_cell(notebook: NotebookNode, name: str, repository: str, tag: str) -> None:
    """Insert or renew the cell after the title, and the Colab button in the title.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place; whatever is as it should be stays, with its execution count.
    name : str
        The lesson's file name.
    repository, tag : str
        Where the course lives; as long as that is the placeholder, there is no button.

    Raises
    ------
    ValueError
        If the lesson does not begin with a title.
    """
    title = notebook.cells[0] if notebook.cells else None
    if title is None or title.cell_type != "markdown" or not title.source.startswith("# "):
        raise ValueError(f"{name} does not begin with a cell that has its title.")
    heading, _, rest = my_lessons.COLAB_BADGE.sub("", title.source).partition("\n")
    if repository != PLACEHOLDER:
        button = "https://colab.research.google.com/assets/colab-badge.svg"
        lesson = f"github/{repository}/blob/{tag}/notebooks/{name}"
        link = f"https://colab.research.google.com/{lesson}"
        heading += f"\n\n[![Open in Colab]({button})]({link})"
    title.source = f"{heading}\n{rest}".rstrip()

    source = SOURCE.replace("{repository}", repository).replace("{tag}", tag)
    source = source.replace("{packages}", " ".join(packages(notebook)))
    ours = [cell for cell in notebook.cells if cell.get("id") == CELL_ID]
    cell = ours[0] if ours else nbformat.v4.new_code_cell()
    cell.update(id=CELL_ID, source=source, metadata=nbformat.from_dict(METADATA), outputs=[])
    others = [each for each in notebook.cells[1:] if each.get("id") != CELL_ID]
    notebook.cells[:] = others
    notebook.cells.insert(0, cell)
    notebook.cells.insert(0, title)


def update(path: Path, repository: str, tag: str, write: bool = True) -> bool:
    """Renew the first cell of a lesson on disk.

    Parameters
    ----------
    path : Path
    repository, tag : str
    write : bool
        Whether to write the lesson, or only to compare.

    Returns
    -------
    bool
        Whether anything has changed (or would).
    """
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    set_first_cell(notebook, path.name, repository, tag)
    after = nbformat.writes(notebook) + "\n"
    if after == before:
        return False
    if write:
        write_atomically(path, after)
    return True


def main() -> int:
    """Renew the first cell of all lessons, or only compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks")
    chosen = parser.parse_args()
    repository, tag = set_address.address(ROOT)
    changed = []
    for path in sorted(chosen.folder.glob("*.ipynb")):
        is_lesson = my_lessons.LESSON.fullmatch(path.name) is not None
        if is_lesson and update(path, repository, tag, write=not chosen.check):
            changed.append(path.name)
    if chosen.check and changed:
        print(f"Run `python -m tools.set_first_cell`: {', '.join(changed)}")
        return 1
    if changed:
        print(f"Changed: {', '.join(changed)}. Now `make notebooks` gives them their counts.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
