"""What a host of the repository reads: licenses, metadata, workflow, forms, address."""

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tools import set_address

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = ROOT / ".github" / "workflows" / "test.yml"
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
TOP_LEVEL = {
    *(".ci", ".devcontainer", ".gitattributes", ".github", ".gitignore"),
    *(".pre-commit-config.yaml", "CITATION.cff", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md"),
    *("LICENSE", "LICENSE-CC-BY-4.0", "Makefile", "README.md", "codemeta.json"),
    *("conftest.py", "datasets", "environment.yml", "helpers", "notebooks", "postBuild"),
    *("pyproject.toml", "requirements.lock", "requirements-binder.lock"),
    *("requirements-lab.lock", "requirements-test.lock", "tests", "tools"),
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def git(*arguments: str, folder: Path = ROOT) -> str:
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def steps() -> list[dict]:
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git clone")
def test_the_top_level_holds_what_it_has_to():
    listed = git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    there = {name.split("/")[0] for name in listed if (ROOT / name).exists()}
    there -= {"start"}  # Binder's, and read nowhere else
    assert there == TOP_LEVEL, f"too many or missing: {sorted(there ^ TOP_LEVEL)}"


def test_the_licenses_are_whole_and_nothing_else_is_in_their_files():
    mit = read("LICENSE")
    assert mit.startswith("MIT License\n\nCopyright (c) ")
    assert mit.rstrip().endswith("SOFTWARE.") and "Creative" not in mit
    legal_code = read("LICENSE-CC-BY-4.0")
    assert legal_code.startswith("Attribution 4.0 International\n")
    assert re.findall(r"^Section (\d) --", legal_code, re.M) == list("12345678")


def test_citation_metadata_and_package_agree():
    citation = yaml.safe_load(read("CITATION.cff"))
    meta = json.loads(read("codemeta.json"))
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert citation["version"] == meta["version"] == project["version"]
    assert citation["title"] == meta["name"]
    assert citation["repository-code"] == meta["codeRepository"]
    assert str(citation["date-released"]) == meta["datePublished"]
    assert citation["keywords"] == meta["keywords"]
    spdx = "https://spdx.org/licenses/"
    assert citation["license"] == [url.removeprefix(spdx) for url in meta["license"]]
    assert " AND ".join(citation["license"]) == project["license"]


# --- the workflow ---


def test_the_workflow_runs_when_and_where_it_should():
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    triggers = workflow[True]  # YAML 1.1 reads the key `on` as true
    assert set(triggers) >= {"push", "pull_request", "schedule"}
    assert workflow["permissions"] == {"contents": "read"}
    matrix = workflow["jobs"]["locked"]["strategy"]["matrix"]
    assert [name.split("-")[0] for name in matrix["system"]] == ["ubuntu", "macos", "windows"]
    requires = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]
    assert requires == ">=3.11,<3.14" and matrix["python"] == ["3.11", "3.12", "3.13"]
    assert {"lowest", "newest", "links"} <= set(workflow["jobs"])


def test_every_job_has_a_system_and_an_end():
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    for name, job in jobs.items():
        assert job["runs-on"] and 0 < job["timeout-minutes"] <= 60, name


def test_jobs_with_other_versions_than_the_locked_ones_say_so():
    """Else the test that demands the locked versions fails in them, every time."""
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    for name, job in jobs.items():
        commands = " ".join(step.get("run", "") for step in job["steps"])
        has_other = "pytest" in commands  # elsewhere `make test` has made the environment
        assert (job.get("env", {}).get("COURSE_VERSIONS") == "any") == has_other, name


def test_actions_are_pinned_to_a_major_version():
    for step in steps():
        if "uses" in step:
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@v\d+", step["uses"]), step["uses"]


def test_what_the_workflow_runs_exists():
    makefile = read("Makefile")
    (targets,) = re.findall(r"^COMMANDS := (.+)$", makefile, re.M)
    made = []
    for step in steps():
        words = shlex.split(step.get("run", ""), comments=True)
        if words[:1] == ["make"]:
            made.append(words[1])
            assert words[1] in targets.split()
        elif words[:1] in (["python"], ["python3"]):
            exists(words[1:])
    assert set(made) == {"lint", "test"}


def exists(words: list[str]) -> None:
    """Check that what `python ...` is asked to run is there."""
    if words[0] == "-m":
        assert importlib.util.find_spec(words[1]), words[1]
    else:
        assert (ROOT / words[0]).exists(), words[0]


# --- forms, hooks, container ---


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_asks_for_what_is_needed(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        assert form == {"blank_issues_enabled": True}
        return
    assert form["name"] and form["description"]
    names = [field["id"] for field in form["body"]]
    assert len(names) == len(set(names))
    for field in form["body"]:
        assert field["type"] in {"input", "textarea", "dropdown"}
        assert field["attributes"]["label"]
    assert any(field.get("validations", {}).get("required") for field in form["body"])


def test_there_is_a_form_for_each_thing_that_fails():
    assert {path.stem for path in FORMS} == {"claim", "config", "environment", "exercise"}


def test_hooks_fetch_nothing_and_run_what_is_there():
    (source,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert source["repo"] == "local"
    for hook in source["hooks"]:
        assert hook["language"] == "system", hook["id"]
        words = shlex.split(hook["entry"])
        assert words[0] == "python"
        exists(words[1:])
        for word in words:
            assert not word.startswith("tests/") or (ROOT / word).exists(), word


def test_the_container_makes_the_environment():
    container = json.loads(read(".devcontainer/devcontainer.json"))
    assert container["image"] == "mcr.microsoft.com/devcontainers/python:3.13"
    for command in container["postCreateCommand"].split(" && "):
        words = shlex.split(command)
        assert words[0] in ("python", ".venv/bin/python")
        exists(words[1:])


# --- the address ---

LETTER = """\
[binder]: https://mybinder.org/v2/gh/ada/words/v0.1.0?urlpath=lab
[colab]: https://colab.research.google.com/github/ada/words/blob/v0.1.0/notebooks/00.ipynb
See https://github.com/ada/words, https://github.com/ada/words.git, and v0.1.0 of the course.
Not ours: ada/words-2, ada/words.js, nevada/words, an/ada/wordsmith/v0.1.0, ada/words/v0.1.0rc1
"""


@pytest.fixture
def course(tmp_path):
    """Return a small course in a git repository of its own."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    (tmp_path / "CITATION.cff").write_text(
        'title: x\nversion: 0.1.0\nrepository-code: "https://github.com/ada/words"\n'
    )
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\nkeras = "0.1.0"\n')
    (tmp_path / "codemeta.json").write_text(
        '{"version": "0.1.0", "codeRepository": "https://github.com/ada/words"}\n'
    )
    (tmp_path / "README.md").write_text(LETTER, encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00.ipynb").write_bytes(b'["ada/words/blob/v0.1.0/x"]\r\n')
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "README.md").write_text("the words ada/words\n")
    git("init", "-q", folder=tmp_path)
    return tmp_path


def test_a_new_address_is_written_everywhere(course):
    changed = set_address.set_address("bob/tables", "v0.2.0", root=course)
    named = ["CITATION.cff", "README.md", "codemeta.json", "notebooks/00.ipynb"]
    assert changed == [*named, "pyproject.toml"]
    package = (course / "pyproject.toml").read_text()
    assert package == '[project]\nversion = "0.2.0"\nkeras = "0.1.0"\n'
    assert set_address.address(course) == ("bob/tables", "v0.2.0")
    meta = json.loads((course / "codemeta.json").read_text())
    assert meta == {"version": "0.2.0", "codeRepository": "https://github.com/bob/tables"}
    text = (course / "README.md").read_text(encoding="utf-8")
    assert "gh/bob/tables/v0.2.0?urlpath" in text
    assert "github/bob/tables/blob/v0.2.0/notebooks" in text
    assert "github.com/bob/tables, https://github.com/bob/tables.git, and v0.1.0" in text
    # Line ends stay as they are, and so do data.
    assert (course / "notebooks" / "00.ipynb").read_bytes().endswith(b'v0.2.0/x"]\r\n')
    assert (course / "datasets" / "README.md").read_text() == "the words ada/words\n"


def test_a_full_disk_leaves_no_half_file_and_the_command_can_be_run_again(course, monkeypatch):
    write = Path.write_bytes

    def fill(path, content):
        if "README" in path.name:
            write(path, content[:9])
            raise OSError(28, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", fill)
        with pytest.raises(OSError, match="No space left"):
            set_address.set_address("bob/tables", "v0.2.0", root=course)
    assert (course / "README.md").read_text(encoding="utf-8") == LETTER
    assert set_address.address(course) == ("ada/words", "v0.1.0")
    set_address.set_address("bob/tables", "v0.2.0", root=course)
    assert "gh/bob/tables/v0.2.0" in (course / "README.md").read_text(encoding="utf-8")


def test_a_file_whose_name_is_not_ascii_is_not_passed_over(course):
    (course / "Größe.md").write_text("ada/words\n", encoding="utf-8")
    assert "Größe.md" in set_address.set_address("bob/tables", root=course)


def test_other_addresses_that_look_alike_stay(course):
    set_address.set_address("bob/tables", "v0.2.0", root=course)
    text = (course / "README.md").read_text(encoding="utf-8")
    last = text.splitlines()[-1]
    assert "ada/words-2, ada/words.js, nevada/words, an/ada/wordsmith/v0.1.0" in last
    assert "bob/tables/v0.1.0rc1" in last  # the address moves, a tag that is not ours stays


def test_the_same_address_changes_nothing_and_the_way_back_restores_all(course):
    texts = [path for path in course.iterdir() if path.is_file()]
    before = [path.read_bytes() for path in texts]
    assert set_address.set_address("https://github.com/ada/words.git", root=course) == []
    set_address.set_address("bob/tables", "v0.2.0", root=course)
    set_address.set_address("ada/words", "v0.1.0", root=course)
    assert [path.read_bytes() for path in texts] == before


@pytest.mark.parametrize("name", ["words", "ada/", "a b/c", "ada/words/tree/main", "-a/b"])
def test_what_is_no_address_is_refused(course, name):
    with pytest.raises(ValueError, match="is not owner/repository"):
        set_address.set_address(name, root=course)


@pytest.mark.parametrize("tag", ["HEAD", "main", "0.1.0", "v1"])
def test_what_is_no_tag_is_refused(course, tag):
    with pytest.raises(ValueError, match="is not a tag"):
        set_address.set_address("ada/words", tag, root=course)


def test_a_citation_without_an_address_is_refused(course):
    (course / "CITATION.cff").write_text("version: 0.1.0\n")
    with pytest.raises(ValueError, match="repository-code"):
        set_address.address(course)


def test_the_check_names_the_command_that_mends():
    name, _ = set_address.address()
    command = [sys.executable, "-m", "tools.set_address", "--check"]
    same = subprocess.run([*command, name.lower()], cwd=ROOT, capture_output=True, text=True)
    other = subprocess.run([*command, "bob/tables"], cwd=ROOT, capture_output=True, text=True)
    assert same.returncode == 0 and not same.stdout
    assert other.returncode == 1 and "tools.set_address bob/tables" in other.stdout


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git clone")
def test_the_address_of_this_course_could_be_set(tmp_path):
    # Whatever quotes the address today follows, so no button can be left behind.
    old = set_address.address()
    for path in set_address.files(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    git("init", "-q", folder=tmp_path)
    set_address.set_address("bob/tables", "v9.8.7", root=tmp_path)
    for path in set_address.files(tmp_path):
        text = path.read_text(encoding="utf-8")
        assert old[0] not in text, path
        assert f"bob/tables/{old[1]}" not in text and f"blob/{old[1]}" not in text, path
    for name, line in set_address.VERSION_LINES.items():
        assert line.format("9.8.7") in (tmp_path / name).read_text(encoding="utf-8"), name
