"""Asks a task in a process of its own (see `tasks`), within limits of time, and keeps its answer while the files stay the same."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from circles.desk.commands import environment, python
from circles.desk.rendering import sentence
from circles.desk.workspace import Workspace
from circles.foundation import atomic
from circles.foundation.version import __version__
from circles.foundation.words import Lang

_LIMIT_S = 240.0
_AT_ONCE = threading.BoundedSemaphore(2)
_FORMAT = ("2", __version__)
"""What an answer kept by another program is not taken for."""


def ask(
    space: Workspace, lang: Lang, name: str, *arguments: str, stamps: Iterable[Path], content: str = ""
) -> dict[str, Any]:  # fmt: skip
    """Return a task's answer.

    Parameters
    ----------
    space, lang : the workspace in which it is asked, the language of its words
    name : of the task
    arguments : of the task; paths as the workspace shows them
    stamps : files on which the answer depends: while they stay the same, so does it
    content : what it depends on besides, of files that change more often than it does
    """
    known = hashlib.sha256(
        json.dumps([_FORMAT, lang, name, arguments, content, [_stamp(file) for file in stamps]]).encode()
    ).hexdigest()
    kept = space.own / "seen" / f"{known[:32]}.json"
    with contextlib.suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(kept.read_text(encoding="ascii"))
        return found
    argv = [*python("circles.desk.tasks"), name, lang, *arguments]
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603 - our own words
                argv, cwd=space.root, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False,
                env=environment(),
            )  # fmt: skip
            answer: dict[str, Any] = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"wrong": [sentence("task_slow", lang, seconds=f"{_LIMIT_S:g}")]}
        except ValueError:
            return {"wrong": [sentence("task_died", lang)]}
    if "wrong" not in answer:
        with contextlib.suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_file(kept, json.dumps(answer, ensure_ascii=True).encode("ascii"))
    return answer


def _stamp(file: Path) -> list[Any]:
    try:
        own = file.stat()
    except OSError:
        return [file.name]
    return [file.name, own.st_size, own.st_mtime_ns]
