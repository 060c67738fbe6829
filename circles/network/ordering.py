"""Renumbering of nodes, so that neighbours on the ground are neighbours in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from circles.foundation.types import I32

BITS = 16
SCATTERED = 0.02
"""Streets that span more than this share of all numbers, on average, make a new order worth its price."""


def outer_order(tail: I32, head: I32, n_nodes: int, xy: npt.NDArray[np.float64] | None) -> I32:
    """Return the nodes in an order that puts neighbours on the ground next to each other in memory.

    The order is that of a Morton curve through ``xy``; without coordinates that of reverse Cuthill-McKee where nodes
    are numbered at random, else the given one.

    Parameters
    ----------
    tail, head : (edges,) nodes at the ends
    n_nodes : number of nodes
    xy : (n_nodes, 2) coordinates, or None

    Returns
    -------
    (n_nodes,) int32 : the caller's number of each inner node
    """
    if xy is not None:
        return np.argsort(_morton(xy), kind="stable").astype(np.int32)
    if tail.size and float(np.abs(tail.astype(np.int64) - head).mean()) > SCATTERED * n_nodes and n_nodes > 4096:
        from scipy import sparse  # noqa: PLC0415 - takes a third of a second, and few networks need it
        from scipy.sparse.csgraph import reverse_cuthill_mckee  # noqa: PLC0415 - as above

        ones = np.ones(tail.size, np.int8)
        links = sparse.coo_matrix((ones, (tail, head)), shape=(n_nodes, n_nodes)).tocsr()
        return np.ascontiguousarray(reverse_cuthill_mckee(links + links.T, symmetric_mode=True), np.int32)
    return np.arange(n_nodes, dtype=np.int32)


def _morton(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.uint64]:
    """Return each point's place on the Morton curve: the bits of both coordinates, interleaved."""
    low = xy.min(axis=0)
    span = float((xy.max(axis=0) - low).max()) or 1.0
    cell = np.minimum((xy - low) / span * 2**BITS, 2**BITS - 1).astype(np.uint64)
    return _spread_bits(cell[:, 0]) | (_spread_bits(cell[:, 1]) << np.uint64(1))


def _spread_bits(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return 16-bit numbers with a zero between any two bits."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values
