"""Requests to libosmium, which runs in a child process and writes into a folder given to it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from circles.foundation import errors
from circles.foundation.budgets import Budget, budget
from circles.foundation.errors import InputError
from circles.inputs.guards.child import Child

_UNSORTED = "out of order"
"""What libosmium says of a file that is whole, but whose numbers do not ascend."""
_MEMORY_BYTES = 1_500_000_000
"""What libosmium may take besides what grows with the file: its buffers, threads, and files seen as memory."""
_MEMORY_PER_BYTE = 60.0
_CPU_S = 60.0
_CPU_S_PER_BYTE = 2e-6


def ordered(
    order: dict[str, Any], *, name: str, file: Path, folder: Path, size_bytes: int | None = None
) -> dict[str, Any]:
    """Have libosmium carry out ``order`` in a process of its own.

    Parameters
    ----------
    order : what to do, and what that needs
    name : the file's name in findings
    file, folder : the file to read, and the folder in which the results are written
    size_bytes : size by which its limits are set; the file's own where left out

    Raises
    ------
    InputError
        libosmium refused the file, ended its process, or took far more than a file of this size should.
    """
    size = file.stat().st_size if size_bytes is None else size_bytes
    may = budget(size, memory_per_byte=_MEMORY_PER_BYTE)
    cpu_s = may.cpu_s + _CPU_S + _CPU_S_PER_BYTE * size
    wider = Budget(cpu_s, 2 * cpu_s, may.memory_bytes + _MEMORY_BYTES, may.answer_bytes)
    with closing(Child(folder)) as child:
        try:
            read = child.ask(order, file=file, table=name, code="osm-broken-file", budget=wider)
        except InputError as e:
            if _UNSORTED not in str(e.findings[0].values.get("detail", "")):
                raise
            raise InputError(errors.error("extract-unsorted", name, file=name)) from e
    return dict(read.head)
