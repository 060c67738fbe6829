"""The process that looks at one thing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from circles.desk.tasks import ground, plan, table
from circles.foundation.errors import CirclesError
from circles.foundation.words import LANGS, Lang

TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "boundaries": ground.extract,
    "area": ground.area,
    "table": table.look,
    "plan": plan.state,
}


def main(name: str, lang: Lang, arguments: list[str]) -> int:
    """Print the answer of a task."""
    try:
        answer = TASKS[name](*arguments, lang=lang)
    except CirclesError as e:
        answer = {"wrong": e.render(lang).splitlines()}
    except (OSError, MemoryError, RecursionError) as e:
        answer = {"wrong": [f"{type(e).__name__}: {e}"]}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=True, allow_nan=False).encode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], next(lang for lang in LANGS if lang == sys.argv[2]), sys.argv[3:]))
