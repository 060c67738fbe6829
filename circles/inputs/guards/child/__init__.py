"""Reading files in a child process, which may crash, hang or exhaust memory without harm to ours."""

from circles.inputs.guards.child.asking import Child, Read, ask, reading

__all__ = ["Child", "Read", "ask", "reading"]
