"""Windows: a job object limits the child's memory and ends it with the parent.

The network and the writing of files cannot be taken away from a process here without an account of its own; the child is
asked for neither, and its Python code is refused both.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from typing import Any

_EXTENDED_LIMITS = 9
_PROCESS_MEMORY, _KILL_ON_CLOSE, _NO_BOX = 0x100, 0x2000, 0x400
_BASE_BYTES = 400_000_000
"""What Python and the libraries take before they read anything."""


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("process_time", ctypes.c_int64), ("job_time", ctypes.c_int64), ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t), ("most_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32), ("affinity", ctypes.c_size_t), ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )  # fmt: skip


class Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", _BasicLimits), ("io", ctypes.c_uint64 * 6), ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t), ("most_process_memory", ctypes.c_size_t), ("most_job_memory", ctypes.c_size_t),
    )  # fmt: skip


class Job:
    """A job object around one process; does nothing on systems without."""

    def __init__(self) -> None:
        self._windows: Any = None
        self._handle: Any = None

    def hold(self, process: subprocess.Popen[bytes]) -> None:
        """Put a process into a new job, which ends it when we end; a process that cannot be held is read from all the same."""
        if sys.platform != "win32":
            return
        windows = ctypes.WinDLL("kernel32", use_last_error=True)
        windows.CreateJobObjectW.restype = ctypes.c_void_p
        if self._handle:
            windows.CloseHandle(ctypes.c_void_p(self._handle))
        self._windows, self._handle = windows, windows.CreateJobObjectW(None, None)
        self.limit(memory_bytes=1_000_000_000)
        windows.AssignProcessToJobObject(ctypes.c_void_p(self._handle), ctypes.c_void_p(int(process._handle)))  # noqa: SLF001 - Popen gives it no other way

    def limit(self, *, memory_bytes: int) -> None:
        """Let the process of this job take so much memory beyond its libraries."""
        if not self._handle:
            return
        limits = Limits()
        limits.basic.flags = _PROCESS_MEMORY | _KILL_ON_CLOSE | _NO_BOX
        limits.process_memory = _BASE_BYTES + memory_bytes
        self._windows.SetInformationJobObject(
            ctypes.c_void_p(self._handle), _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
        )
