"""The planner's map: one file ``index.html`` that opens with no network and explains every minute."""

from circles.outputs.atlas.page import page, write

__all__ = ["page", "write"]
