"""The child: reads files with libraries that can crash or exhaust memory, and sends their content to the parent.

It is started by :mod:`circles.inputs.guards.child.asking`, answers one order after another and ends with its pipe.
Orders are functions of the modules in ``orders``, which load their library when it is first needed.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import IO, Any

from circles.inputs.guards.child import frames
from circles.inputs.guards.child.confine import confine, limited

ORDERS = {
    "workbook": "workbooks", "layer-info": "layers", "layer": "layers", "layer-counts": "layers", "layers": "databases", "parquet": "parquet", "raster-info": "rasters",
    "raster-window": "rasters", "inhabited": "rasters", "osm-dump": "extracts", "osm-merge": "extracts", "osm-boundaries": "boundaries",
    "osm-clip": "boundaries",
}  # fmt: skip
"""Name of an order → the module of ``orders`` that carries it out, by a function of that name."""


class Refused(Exception):
    """The file is understood, and is not to be had: a finding's code, row and values."""

    def __init__(self, code: str, row: int | None = None, **values: Any) -> None:
        super().__init__(code)
        self.finding = {"code": code, "row": row, "values": values}


class Answer:
    """Where an order puts what it has read."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def head(self, content: Any) -> None:
        """Send what is known of the file: numbers, texts, lists."""
        frames.write_json(self._pipe, frames.HEAD, content)

    def write(self, content: bytes | memoryview) -> int:
        """Send bytes of what has been read; the name lets Arrow write into this."""
        frames.write(self._pipe, frames.PIECE, content)
        return len(content)

    def flush(self) -> None:
        """Do nothing: the end of the answer flushes."""

    @property
    def closed(self) -> bool:
        """Return False: Arrow asks."""
        return False


def serve(asks: IO[bytes], answers: IO[bytes]) -> None:
    """Answer orders until there are no more."""
    while True:
        try:
            _, content = frames.read(asks, limit_bytes=frames.MAX_JSON_BYTES)
        except frames.Torn:
            return
        order = frames.loads(content)
        if order["do"] == "load":
            for name in order["orders"]:
                _module(name).load()
            continue
        _answer(order, Answer(answers), answers)
        answers.flush()


def _answer(order: dict[str, Any], answer: Answer, answers: IO[bytes]) -> None:
    try:
        module = _module(order["do"])
        module.load()
        carry_out: Callable[[dict[str, Any], Answer], None] = getattr(module, order["do"].replace("-", "_"))
        started = time.process_time()
        with limited(memory_bytes=order["memory_bytes"], cpu_s=order["cpu_s"]):
            carry_out(order, answer)
        frames.write_json(answers, frames.END, time.process_time() - started)
    except Refused as e:
        frames.write_json(answers, frames.REFUSED, e.finding)
    except MemoryError:
        frames.write_json(answers, frames.FAILED, {"kind": "memory", "detail": ""})
    except ModuleNotFoundError as e:
        frames.write_json(answers, frames.FAILED, {"kind": "module", "detail": str(e)[-500:]})
    except BrokenPipeError:
        os._exit(0)
    except Exception as e:  # noqa: BLE001 - whatever a library raises is reported to the parent
        is_memory = "malloc" in str(e) or "bad_alloc" in str(e) or "ut of memory" in str(e)
        detail = " ".join(str(e).split())[:200] or type(e).__name__
        frames.write_json(answers, frames.FAILED, {"kind": "memory" if is_memory else "error", "detail": detail})


def _module(order: str) -> Any:
    return importlib.import_module(f"circles.inputs.guards.child.orders.{ORDERS[order]}")


def main(folder: str | None) -> None:
    """Give up what reading does not need, keep the pipes for orders and answers, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked us ends us
    asks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)  # what a library prints is no answer
    confine(folder)
    try:
        serve(asks, answers)
    finally:
        os._exit(0)  # without taking apart, object by object, what was loaded


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
