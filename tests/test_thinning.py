"""Lines thinned for drawing: what Douglas and Peucker keep, line by line; numbers of the page as short as they can be."""

import numpy as np
import pytest
import shapely

from circles.network.thinning import thinned
from circles.outputs.map import form


@pytest.mark.parametrize("seed", range(40))
def test_thinned_lines_are_those_of_geos(seed):
    """Of random lines side by side exactly the vertices remain that GEOS' own simplification keeps."""
    random = np.random.default_rng(seed)
    size = random.integers(2, 60, 5)
    offsets = np.concatenate([[0], np.cumsum(size)])
    xy = np.cumsum(random.normal(size=(offsets[-1], 2)), axis=0)
    keep = thinned(xy, offsets, 0.8)
    lines = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (offsets,))
    expected = shapely.get_coordinates(shapely.simplify(lines, 0.8, preserve_topology=False))
    assert np.array_equal(xy[keep], expected)


def test_a_line_of_ten_thousand_vertices_needs_little_room():
    """The stretches that wait stay few however a line is bent: a spiral, a comb and one doubled back on itself."""
    n = np.arange(10_000.0)
    for xy in (
        np.column_stack([n * np.cos(n), n * np.sin(n)]),
        np.column_stack([n, n % 2 * 9]),
        np.column_stack([np.minimum(n, 9_999 - n), n * 0]),
    ):
        keep = thinned(np.ascontiguousarray(xy), np.array([0, len(xy)]), 0.5)
        assert keep[[0, -1]].all()


@pytest.mark.parametrize("seed", range(20))
def test_short_numbers_come_back_whole(seed):
    """Whole numbers of every size up to 32 bits are read as they were packed, in no more bytes than they need."""
    random = np.random.default_rng(seed)
    values = random.integers(-(2**31), 2**31, 200) >> random.integers(0, 31, 200)
    assert np.array_equal(form.unpack(form.pack({"a": values}))["a"], values)
    assert len(form._shortened(np.array([0, -1, 63, -64]))) == 4
    assert (
        form._shortened(np.array([0, -1, 63, 64, -65, 2**31 - 1, -(2**31)])).hex()
        == "00017e80018101feffffff0fffffffff0f"
    )


def test_a_cut_off_layer_is_damaged():
    """Where numbers are missing at the end of a layer, it is said to be damaged."""
    with pytest.raises(ValueError, match="missing"):
        form._lengthened(np.array([1, 130], dtype=np.uint8), 2)
