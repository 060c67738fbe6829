"""GeoPackage and shapefile, by GDAL: one layer as an Arrow stream, geometry as WKB."""

from __future__ import annotations

import importlib.abc
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer

_UNNEEDED = ("pandas", "geopandas", "shapely", "pyproj")
"""pyogrio loads these where they are there, half a second of it; its plain reader needs none of them."""


class _Without(importlib.abc.MetaPathFinder):
    """Says of what is not needed that it is not installed; pyogrio and Arrow bear with that."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Find nothing, and let nobody else look for what is not needed."""
        del path, target
        if fullname in _UNNEEDED:
            raise ModuleNotFoundError(fullname, name=fullname)


def load() -> None:
    """Import the libraries."""
    if not any(isinstance(finder, _Without) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Without())
    import pyarrow as pa  # noqa: PLC0415
    import pyogrio.raw  # noqa: F401, PLC0415

    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)


def layer_counts(order: dict[str, Any], answer: Answer) -> None:
    """Send the driver of a file and the number of features of each of its layers."""
    import pyogrio  # noqa: PLC0415

    counts: dict[str, int] = {}
    driver = ""
    for name in pyogrio.list_layers(order["file"])[:, 0].tolist():
        about = pyogrio.read_info(order["file"], layer=name, force_feature_count=True)
        counts[str(name)] = int(about["features"])
        driver = str(about["driver"])
    answer.head({"driver": driver, "layers": counts})


def layer_info(order: dict[str, Any], answer: Answer) -> None:
    """Send driver, fields, their types and the number of features of a layer."""
    import pyogrio  # noqa: PLC0415

    about = pyogrio.read_info(order["file"], layer=order["layer"], encoding=order["encoding"], **order["options"])
    names = ("driver", "features", "fields", "ogr_types", "ogr_subtypes")
    answer.head({name: _plain(about[name]) for name in names})


def layer(order: dict[str, Any], answer: Answer) -> None:
    """Send all features of a layer; dates as text.

    With ``is_arrow`` GDAL fills Arrow tables itself, piece by piece; else pyogrio reads columns, which become one table.
    """
    own = {"layer": order["layer"], "encoding": order["encoding"], "datetime_as_string": True} | order["options"]
    if order["is_arrow"]:
        _send_stream(order["file"], own, answer)
    else:
        _send_columns(order["file"], own, answer)


def _send_stream(file: str, own: dict[str, Any], answer: Answer) -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyogrio.raw import open_arrow  # noqa: PLC0415

    with open_arrow(file, use_pyarrow=True, batch_size=8192, **own) as (about, reader):
        answer.head(_told(about))
        with pa.ipc.new_stream(answer, reader.schema) as out:
            for batch in reader:
                out.write_batch(batch)


def _send_columns(file: str, own: dict[str, Any], answer: Answer) -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyogrio.raw import read  # noqa: PLC0415

    about, _, geometry, columns = read(file, **own)
    arrays = [pa.array(column, from_pandas=False) for column in columns]
    names = [f"f{number}" for number in range(len(arrays))]
    if geometry is not None:
        arrays.append(pa.array(geometry, type=pa.binary()))
        names.append("geometry")
    table = pa.table(arrays, names=names)
    answer.head(_told(about))
    with pa.ipc.new_stream(answer, table.schema) as out:
        out.write_table(table, max_chunksize=8192)


def _told(about: dict[str, Any]) -> dict[str, Any]:
    names = ("crs", "fields", "dtypes", "ogr_subtypes", "geometry_type", "geometry_name")
    return {name: _plain(about.get(name)) for name in names}


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
