"""``python -m circles.desk.started …``: the command line as the desk starts it, which can be interrupted wherever the desk runs.

A process that was started in the background may ignore Ctrl-C, and hands that on; then a run that is
cancelled would have to be killed and could not clear away what it had begun.
"""

from __future__ import annotations

import runpy
import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    runpy.run_module("circles", run_name="__main__", alter_sys=True)
