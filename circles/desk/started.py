"""``python -m circles.desk.started …``: the command line as the desk starts it, which can be interrupted wherever the desk runs.

A process that was started in the background may ignore Ctrl-C, and hands that on; then a run that is
cancelled would have to be killed and could not clear away what it had begun.

It ends with the desk, however that ends: else a run whose desk was killed would go on unseen, and its next one write
into the same folder beside it.
"""

from __future__ import annotations

import _thread
import os
import runpy
import signal
import threading
import time

_GRACE_S = 8.0


def _end_with_the_desk() -> None:
    """Wait for the end of the pipe that the desk holds, then interrupt ourselves as Ctrl-C does."""
    try:
        while os.read(0, 1):
            pass
    except OSError:
        return  # there is no pipe: whoever started us did not mean to hold us
    if os.name == "nt":
        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_GRACE_S)
    os._exit(130)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_the_desk, daemon=True).start()
    runpy.run_module("circles", run_name="__main__", alter_sys=True)
