"""Numbers of the page, in as many bytes as they need."""

import numpy as np
import pytest

from circles.outputs.map import form


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
