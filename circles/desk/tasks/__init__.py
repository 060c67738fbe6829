"""What pages show and no command prints: files looked at in a process of their own, with limits of time, never in the server's.

``python -m circles.desk.tasks NAME LANG ARGUMENT …`` prints one JSON object: what was asked for, or ``{"wrong": [lines]}``.
"""
