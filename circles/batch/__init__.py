"""Many areas at once: the same run as for one, spread over Dask. The only room that knows Dask, and only when it runs.

`load_regions` reads ``regions.toml``, `run_batch` does the work; `docs/scale.md` says what it costs.
"""

from circles.batch.regions import ExtractPlan, Region, Regions, load_regions
from circles.batch.running import Failure, Summary, run_batch

__all__ = ["ExtractPlan", "Failure", "Region", "Regions", "Summary", "load_regions", "run_batch"]
