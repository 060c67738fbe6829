"""Restrictions of the child process, set before it opens a file: memory, processor time, writing, network.

Each system gives what it can. Linux: limits of memory and time per file, no file may grow (``RLIMIT_FSIZE``), nothing may
be written or connected to (Landlock), no network at all (a namespace of its own) where the kernel allows these without
privileges. macOS: time and writing. Windows: memory and time by the job that the parent puts the child into. Python code
that connects or opens for writing is refused everywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_WRITING = 0b1111111110010
"""Landlock's rights to change files: write, remove and make of every kind (bits 1, 4 to 12)."""
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_TCP = 0b11
_BENEATH = 1


def confine(folder: str | None) -> None:
    """Take from this process, for good, what reading needs not.

    Parameters
    ----------
    folder : the one folder in which files may be written; none at all where left out
    """
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if folder is None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error where it is written, not the end
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            _without_network()
        with contextlib.suppress(OSError, AttributeError):
            _without_writing(folder)
    if folder is None:
        sys.addaudithook(_audited)


def _audited(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what Python code asks for, on every system."""
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        raise PermissionError(event)
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise PermissionError(event)


def _without_network() -> None:
    """Move to a network of our own, in which there is none."""
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "unshare")


def _without_writing(folder: str | None) -> None:
    """Give up, with Landlock, every right to change files outside ``folder``, and to connect by TCP."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        raise OSError(ctypes.get_errno(), "landlock")
    rights = _WRITING | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    asked = struct.pack("=QQ", rights, _TCP)[: 16 if version >= 4 else 8]
    rules = libc.syscall(_CREATE_RULESET, asked, ctypes.c_size_t(len(asked)), ctypes.c_uint32(0))
    if rules < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    try:
        for allowed in filter(None, (folder, os.devnull)):
            place = os.open(allowed, os.O_PATH)
            # a file takes no rights of folders
            own = rights if os.path.isdir(allowed) else rights & (0b10 | _TRUNCATE)  # noqa: PTH112 - imports little
            rule = struct.pack("=Qi", own, place)
            libc.syscall(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_BENEATH), rule, ctypes.c_uint32(0))
            os.close(place)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if libc.syscall(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0)):
            raise OSError(ctypes.get_errno(), "landlock")
    finally:
        os.close(rules)


@contextmanager
def limited(*, memory_bytes: int, cpu_s: float) -> Iterator[None]:
    """Let this process take so much memory and time more within the block; beyond the time it is ended by a signal."""
    if resource is None:
        yield
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    is_known = sys.platform == "linux"
    try:
        if is_known:
            most = _address_bytes() + memory_bytes
            resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
        signal.setitimer(signal.ITIMER_PROF, max(cpu_s, 0.05))  # its default action ends the process
        _limit_cpu(math.ceil(resource.getrusage(resource.RUSAGE_SELF).ru_utime + cpu_s) + 2)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if is_known:
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        _limit_cpu(resource.RLIM_INFINITY)


def _limit_cpu(seconds: int) -> None:
    """Set the soft limit of processor time, a second line behind the timer."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(
        resource.RLIMIT_CPU, (seconds if hard < 0 else min(seconds, hard) if seconds >= 0 else hard, hard)
    )


def _address_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a child that imports little
        return int(file.read().split()[0]) * resource.getpagesize()
