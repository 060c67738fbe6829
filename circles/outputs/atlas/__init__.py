"""The planner's map: one file ``index.html`` that opens with no network and explains every minute."""

from circles.outputs.atlas.page import compared, data, page, write, write_data
from circles.outputs.atlas.three_way import DifferentParametersError

__all__ = ["DifferentParametersError", "compared", "data", "page", "write", "write_data"]
