"""Reading files in a process of its own, which may crash, run on or eat memory without harm to ours."""

from circles.inputs.guards.child.asking import Child, Read, ask, reading

__all__ = ["Child", "Read", "ask", "reading"]
