"""GeoParquet, by Arrow: all columns as an Arrow stream, unfolded piece by piece so that no page can surprise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from circles.inputs.guards.child.worker import Refused

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer

_MAX_ROWS, _MAX_COLUMNS = 20_000_000, 400


def load() -> None:
    """Import the library."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet  # noqa: PLC0415

    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def parquet(order: dict[str, Any], answer: Answer) -> None:
    """Send the ``geo`` metadata and every row of a Parquet; refused where its pieces come to more than ``limit_bytes``."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    total = 0
    with pq.ParquetFile(order["file"]) as file:
        about = file.metadata
        if about.num_rows > _MAX_ROWS or about.num_columns > _MAX_COLUMNS:
            raise Refused("sheet-too-large", rows=about.num_rows, columns=about.num_columns)
        geo = (about.metadata or {}).get(b"geo")
        answer.head({"geo": None if geo is None else geo.decode("utf-8"), "rows": about.num_rows})
        with pa.ipc.new_stream(answer, file.schema_arrow) as out:
            for batch in file.iter_batches(batch_size=4096, use_threads=False):
                total += batch.nbytes
                if total > order["limit_bytes"]:
                    raise Refused("file-too-large", size=total, limit=order["limit_bytes"])
                out.write_batch(batch)
