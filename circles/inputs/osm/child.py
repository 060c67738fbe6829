"""Ordering work from :mod:`circles.inputs.osm.worker`, and reading what became of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from circles.foundation import errors
from circles.foundation.errors import InputError

_WORKER = Path(__file__).with_name("worker.py")
_PATIENCE_S = 60.0
_PATIENCE_S_PER_BYTE = 2e-6


def ordered(order: dict[str, Any], *, name: str, size_bytes: int) -> dict[str, Any]:
    """Have libosmium carry out ``order`` in a process of its own; ``name`` is the file's name in findings.

    Raises
    ------
    InputError
        libosmium refused the file, ended its process, or took far longer than a file of ``size_bytes`` should.
    """
    patience_s = _PATIENCE_S + _PATIENCE_S_PER_BYTE * size_bytes
    try:
        run = subprocess.run(  # noqa: S603 - our own program, no shell; file names travel as data
            [sys.executable, "-P", str(_WORKER)],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
        result: dict[str, Any] = json.loads(run.stdout)
    except subprocess.TimeoutExpired as e:
        raise InputError(errors.error("osm-too-slow", name, seconds=round(patience_s))) from e
    except ValueError as e:
        if b"ModuleNotFoundError" in run.stderr:
            raise ModuleNotFoundError(run.stderr.decode("utf-8", "replace")[-500:]) from e
        raise InputError(errors.error("osm-broken-file", name, detail=f"libosmium: {run.returncode}")) from e
    if "error" in result:
        raise InputError(errors.error("osm-broken-file", name, detail=result["error"]))
    return result
