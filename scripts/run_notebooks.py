"""Run the notebooks and keep their outputs: ``python scripts/run_notebooks.py [NUMBER…]``; all without numbers.

An error in a cell ends it with that error. Outputs carry no times, no execution counts' order but 1, 2, 3 …, and no
names of this machine, so that a second run changes nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
TIMEOUT_S = 300


def executed(file: Path) -> nbformat.NotebookNode:
    """Return the notebook with the outputs of a fresh run.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed.
    """
    book = nbformat.read(file, as_version=4)
    NotebookClient(book, timeout=TIMEOUT_S, kernel_name="python3", resources={"metadata": {"path": FOLDER}}).execute()
    book.metadata = nbformat.from_dict(
        {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    for number, cell in enumerate(book.cells, start=1):
        cell.metadata = nbformat.from_dict({})
        cell["id"] = f"cell-{number}"
    return book


def main(numbers: list[str]) -> None:
    """Run the notebooks whose names begin with one of ``numbers``, or all."""
    for file in sorted(FOLDER.glob("*.ipynb")):
        if not numbers or file.name.startswith(tuple(numbers)):
            print(file.name)
            book = executed(file)
            with file.open("w", encoding="utf-8", newline="\n") as stream:
                nbformat.write(book, stream)


if __name__ == "__main__":
    main(sys.argv[1:])
