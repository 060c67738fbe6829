"""The commands behind the buttons: what is run is what is shown, argument by argument."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass

from circles.foundation.words import Lang

PROGRESS = "CIRCLES_PROGRESS_FILE"
"""Names the file in which a command notes its stages."""
_NOT_OURS = ("CIRCLES_LEDGER", "CIRCLES_USER", PROGRESS)


@dataclass(frozen=True)
class Command:
    """``circles`` with its arguments, run in the workspace."""

    args: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The command as it is typed in a terminal whose folder is the workspace."""
        words = ["circles", *self.args]
        return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)

    @property
    def argv(self) -> list[str]:
        """What is started."""
        return [*python("circles.desk.started"), *self.args]


def python(module: str) -> list[str]:
    """Return what starts one of our modules; ``-P``: a file of the workspace that is named like a library is none."""
    return [sys.executable, "-P", "-m", module]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of what the desk starts: without what a terminal's may say that the commands shown do not."""
    kept = {key: value for key, value in os.environ.items() if key not in _NOT_OURS}
    return kept | {"PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"} | more


def command(lang: Lang, *args: str, **options: str | float | bool | None) -> Command:
    """Return a command with its options: ``fix_to="x"`` is ``--fix-to x``; None and False are left out; True stands alone."""
    words = list(args)
    for name, value in options.items():
        if value is None or value is False:
            continue
        flag = "--" + name.rstrip("_").replace("_", "-")
        words += [flag] if value is True else [flag, str(value)]
    return Command((*words, *(("--lang", lang) if lang != "zh" else ())))
