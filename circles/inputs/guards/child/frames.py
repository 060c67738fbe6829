"""The protocol between parent and child over a pipe: frames of a letter, a length and so many bytes; requests are JSON.

Nothing is ever unpickled: whatever a taken-over child sends is text, numbers or Arrow, which the parent checks.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import IO, Any

HEAD, PIECE, REFUSED, FAILED, END = b"h", b"p", b"r", b"f", b"e"
"""Letters of an answer: its JSON, bytes that belong to it, a finding instead of it, a failed reader, and its end with the seconds it took."""
MAX_JSON_BYTES = 64_000_000
"""Longest JSON that either side takes."""
_MARK = struct.Struct(">cQ")


class Torn(OSError):
    """The pipe ended within a frame, or what came is no frame."""


def write(pipe: IO[bytes], letter: bytes, content: bytes | memoryview) -> None:
    """Write one frame; who has written all of an answer flushes the pipe."""
    pipe.write(_MARK.pack(letter, len(content)))
    pipe.write(content)


def write_json(pipe: IO[bytes], letter: bytes, content: Any) -> None:
    """Write one frame of JSON."""
    write(pipe, letter, json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def read(pipe: IO[bytes], *, limit_bytes: int) -> tuple[bytes, bytes]:
    """Read one frame.

    Raises
    ------
    Torn
        The pipe has ended, or the frame is longer than ``limit_bytes``.
    """
    mark = pipe.read(_MARK.size)
    if len(mark) < _MARK.size:
        raise Torn("ended")
    letter, length = _MARK.unpack(mark)
    if length > limit_bytes:
        raise Torn(f"{length} bytes")
    content = pipe.read(length)
    if len(content) < length:
        raise Torn("ended")
    return letter, content


def loads(content: bytes, hook: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """Return what a JSON frame says."""
    return json.loads(content.decode("utf-8", "surrogatepass"), object_hook=hook)
