"""The process that looks at one thing."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

from circles.foundation.errors import CirclesError
from circles.foundation.words import LANGS, Lang

TASKS = {
    "boundaries": ("ground", "extract"),
    "area": ("ground", "area"),
    "table": ("table", "look"),
    "plan": ("plan", "state"),
}
"""Task → its module here, and the function; only what is asked for is imported, which takes a second each."""


def main(name: str, lang: Lang, arguments: list[str]) -> int:
    """Print the answer of a task."""
    try:
        module, function = TASKS[name]
        answer: dict[str, Any] = getattr(import_module(f"circles.desk.tasks.{module}"), function)(*arguments, lang=lang)
    except CirclesError as e:
        answer = {"wrong": e.render(lang).splitlines()}
    except (OSError, MemoryError, RecursionError) as e:
        answer = {"wrong": [f"{type(e).__name__}: {e}"]}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=True, allow_nan=False).encode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], next(lang for lang in LANGS if lang == sys.argv[2]), sys.argv[3:]))
