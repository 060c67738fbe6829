"""GeoParquet, by Arrow: all columns as an Arrow stream, decompressed batch by batch within a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from circles.inputs.guards.child.worker import Refused

if TYPE_CHECKING:
    import pyarrow as pa

    from circles.inputs.guards.child.worker import Answer

_MAX_ROWS, _MAX_COLUMNS = 20_000_000, 400
_ROW_BYTES = 100
"""What a row costs whoever works with it, though nothing stands in it."""


def load() -> None:
    """Import the library."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet  # noqa: PLC0415

    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type in which every value has its own bytes, so that they can be counted."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return pa.large_string() if pa.types.is_string_view(kind) else pa.large_binary()
    if pa.types.is_run_end_encoded(kind):
        raise Refused("file-broken", detail=str(kind)[:80])
    return kind


def parquet(order: dict[str, Any], answer: Answer) -> None:
    """Send the ``geo`` metadata and every row of a Parquet; refused where its pieces come to more than ``limit_bytes``.

    Raises
    ------
    Refused
        Too many rows, columns or bytes.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    total = 0
    with pq.ParquetFile(order["file"]) as file:
        about = file.metadata
        if about.num_rows > _MAX_ROWS or about.num_columns > _MAX_COLUMNS:
            raise Refused("sheet-too-large", rows=about.num_rows, columns=about.num_columns)
        geo = (about.metadata or {}).get(b"geo")
        answer.head({"geo": None if geo is None else geo.decode("utf-8"), "rows": about.num_rows})
        schema = pa.schema(
            [field.with_type(_plain(field.type)) for field in file.schema_arrow], file.schema_arrow.metadata
        )
        with pa.ipc.new_stream(answer, schema) as out:
            for packed in file.iter_batches(batch_size=4096, use_threads=False):
                batch = packed.cast(schema)  # what one entry of a dictionary stands for, as often as it is named
                total += batch.nbytes + _ROW_BYTES * batch.num_rows
                if total > order["limit_bytes"]:
                    raise Refused("file-too-large", size=total, limit=order["limit_bytes"])
                out.write_batch(batch)
