"""Peak memory of a process since the last reset."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_VMSTAT = Path("/proc/vmstat")


def forget_peak() -> None:
    """Give unused memory back to the system and start measuring anew, where the system can (Linux)."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
    restart_peak()


def restart_peak() -> None:
    """Start measuring anew, where the system can (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            _CLEAR.write_text("5", encoding="ascii")


def peak_mb() -> float:
    """Return the peak resident memory in MB (2²⁰ bytes) since `forget_peak`; elsewhere than on Linux, of the process."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError, StopIteration):
            lines = _STATUS.read_text(encoding="ascii").splitlines()
            return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    if sys.platform == "win32":
        return float("nan")
    import resource  # noqa: PLC0415 - there is none on Windows

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 2**20 if sys.platform == "darwin" else used / 1024


def out_of_memory_kills() -> int:
    """Return how many processes this machine has ended for want of memory, 0 where that is unknown."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = _VMSTAT.read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("oom_kill ")).split()[1])
    return 0
