"""How the page's data travel: one layer a subject, each gzip in base64, with its numbers as typed arrays.

A layer is a top-level entry of the payload. What the panel needs first travels together in ``head``; every other
entry is a layer of its own, so a new one needs no line here: put NumPy arrays where the page wants typed arrays, and
lists, texts and None where it wants JSON. The page decodes a layer when somebody first reads it. docs/page.md
describes the bytes.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

HEAD = ("lang", "words", "area", "categories", "islands", "villages", "verdicts", "statement", "frames", "incomparable")
"""What the first screen says, decoded before everything else and in one piece."""
FORM = 2
_ALIGN = 8
_KINDS = {"i1": "i8", "i2": "i16", "i4": "i32", "f4": "f32", "f8": "f64"}
_SHORT = {"i2": "p16", "i4": "p32"}
"""Whole numbers in as many bytes as each needs: seven bits a byte, the least first; the sign is the lowest bit."""
_DTYPES = {name: f"<{kind}" for kind, name in _KINDS.items()}
_EXACT = 2**53
_MOST = 1 << 30
"""Bytes of one layer beyond which a file is taken for a bomb."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # gzip, no time, no name, no system: the same bytes everywhere
_SCRIPT = re.compile(r'<script type="application/octet-stream" id="layer-([\w.-]+)">([A-Za-z0-9+/=]*)</script>')


def elements(payload: Mapping[str, Any], json_text: Callable[[Any], str]) -> str:
    """Return the script elements that carry a payload: an index as JSON and one inert element a layer.

    Raises
    ------
    ValueError
        A number that JSON has no word for, or an array of neither integers nor floats.
    """
    layers = {"head": {key: payload[key] for key in HEAD if key in payload}}
    layers |= {key: payload[key] for key in sorted(payload) if key not in HEAD}  # however the payload came about
    index = json_text({"form": FORM, "layers": list(layers)})
    parts = [f'<script type="application/json" id="data">{index}</script>']
    for name, value in layers.items():
        text = base64.b64encode(pack(value)).decode("ascii")
        parts.append(f'<script type="application/octet-stream" id="layer-{name}">{text}</script>')
    return "\n".join(parts)


def read(html: str) -> dict[str, Any]:
    """Return the payload of a page, arrays as NumPy arrays; an empty dict where the text carries none.

    Raises
    ------
    ValueError
        A layer is damaged.
    """
    layers = {m[1]: m[2] for m in _SCRIPT.finditer(html)}
    if "head" not in layers:
        return {}
    found = {name: unpack(base64.b64decode(text, validate=True)) for name, text in layers.items()}
    return {**found.pop("head"), **found}


def pack(value: Any) -> bytes:
    """Return one layer as gzip: the length of its JSON, the JSON with null for each array, and the arrays."""
    arrays: list[tuple[list[str | int], npt.NDArray[Any]]] = []
    plain = _without_arrays(value, [], arrays)
    places, blobs, at = [], [], 0
    for path, array in arrays:
        kind, blob = _bytes(array)
        places.append([path, kind, at, len(array)])
        blobs.append(blob + b"\0" * (-len(blob) % _ALIGN))
        at += len(blobs[-1])
    text = json.dumps({"value": plain, "arrays": places}, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    head = text.encode("ascii")
    head += b" " * (-(len(head) + 8) % _ALIGN)
    return _gzip(struct.pack("<II", FORM, len(head)) + head + b"".join(blobs))


def _bytes(array: npt.NDArray[Any]) -> tuple[str, bytes]:
    """Return the kind and the bytes of an array, whichever way is shorter."""
    kind = array.dtype.str[1:]
    if kind in _SHORT:
        short = _shortened(array)
        if len(short) < array.nbytes:
            return _SHORT[kind], short
    return _KINDS[kind], array.astype(f"<{kind}").tobytes()


def _shortened(array: npt.NDArray[Any]) -> bytes:
    """Return whole numbers of up to 32 bits in as many bytes as each needs."""
    wide = array.astype(np.int64)
    bits = (wide << 1) ^ (wide >> 63)
    size = np.ones(len(bits), dtype=np.int64)
    for k in range(1, 5):
        size += bits >= 1 << 7 * k
    first = np.cumsum(size) - size
    out = np.empty(int(size.sum()), dtype=np.uint8)
    for k in range(5):
        has = size > k
        if not has.any():
            break
        out[first[has] + k] = ((bits[has] >> 7 * k) & 127) | ((size[has] > k + 1) << 7)
    return out.tobytes()


def _array(data: bytes, kind: str, begin: int, count: int) -> npt.NDArray[Any]:
    """Return an array of :func:`_bytes`; raises ValueError or KeyError where there is none."""
    for narrow, name in _SHORT.items():
        if kind == name:
            return _lengthened(np.frombuffer(data, dtype=np.uint8, offset=begin), count).astype(f"<{narrow}")
    return np.frombuffer(data, dtype=_DTYPES[kind], count=count, offset=begin)


def _lengthened(data: npt.NDArray[np.uint8], count: int) -> npt.NDArray[np.int32]:
    """Return ``count`` whole numbers of :func:`_shortened`, which may be followed by other bytes."""
    stops = np.flatnonzero(data[: 5 * count] < 128)[:count]
    if len(stops) < count:
        raise ValueError("numbers are missing")
    starts = np.concatenate([[0], stops[:-1] + 1]).astype(np.int64)[:count]
    bits = np.zeros(count, dtype=np.int64)
    for k in range(5):
        has = starts + k <= stops
        bits[has] |= (data[starts[has] + k].astype(np.int64) & 127) << 7 * k
    return ((bits >> 1) ^ -(bits & 1)).astype(np.int32)


def unpack(packed: bytes) -> Any:
    """Return the value of :func:`pack`; raises ValueError where the bytes are no layer of this form.

    Raises
    ------
    ValueError
        The bytes are damaged, too large, or of another form.
    """
    try:
        reader = zlib.decompressobj(wbits=31)
        data = reader.decompress(packed, _MOST)
        if not reader.eof:
            raise ValueError("damaged, or too large to be a map")
        form, length = struct.unpack_from("<II", data)
        about = json.loads(data[8 : 8 + length])
        value = {"": about["value"]}
        for path, kind, at, count in about["arrays"]:
            place: Any = value
            for step in ["", *path][:-1]:
                place = place[step]
            place[["", *path][-1]] = _array(data, kind, 8 + length + at, count)
    except (zlib.error, struct.error, LookupError, TypeError, RecursionError) as e:
        raise ValueError(str(e)) from e
    if form != FORM:
        raise ValueError(f"form {form}, not {FORM}")
    return value[""]


def same(one: Any, other: Any) -> bool:
    """Return whether two values of a payload are equal, arrays included."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def _without_arrays(value: Any, path: list[str | int], arrays: list[tuple[list[str | int], npt.NDArray[Any]]]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append((path, _narrow(value)))
        return None
    if isinstance(value, Mapping):
        return {str(key): _without_arrays(item, [*path, str(key)], arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(item, [*path, i], arrays) for i, item in enumerate(value)]
    return value


def _narrow(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return integers in the least width that holds them all; floats as they are."""
    if array.ndim != 1 or array.dtype.kind not in "iufb":
        raise ValueError(f"an array of {array.dtype} with {array.ndim} dimensions")
    if array.dtype.kind == "f":
        return array if array.dtype.itemsize == 4 else array.astype(np.float64)
    low, high = (int(array.min()), int(array.max())) if len(array) else (0, 0)
    for dtype in (np.int8, np.int16, np.int32):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return array.astype(dtype)
    if max(-low, high) > _EXACT:
        raise ValueError("a whole number beyond 2^53")
    return array.astype(np.float64)


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(level=6, wbits=-15)
    body = packer.compress(data) + packer.flush()
    return _HEADER + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
