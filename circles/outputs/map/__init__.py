"""The planner's map: one file ``index.html`` that opens with no network and explains every minute."""

from circles.outputs.map.page import compared, data, page, write, write_data
from circles.outputs.map.three_way import DifferentParametersError

__all__ = ["DifferentParametersError", "compared", "data", "page", "write", "write_data"]
