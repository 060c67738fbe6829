"""Fragments: cut-off pieces of street, from which a place has a second access leg to the streets around (contract, section 3.5).

A fragment, seen from a place, is a connected component of all passable lines with less than ``fragment_max_m`` of line,
where a line within ``snap_max_m`` belongs to a component that is no such piece, or is ten times as long. It depends on
nothing but the component's own length and the longest component within reach: hence one number per edge.
"""

from __future__ import annotations

import numpy as np

from circles.foundation.types import F64, I64, Bools
from circles.network.components import components

TIMES_AS_LONG = 10.0
"""A component within reach that is so many times as long makes a fragment of a short one."""


def of_edges(tail: I64, head: I64, length_m: F64, n_nodes: int) -> tuple[I64, F64]:
    """Return the connected component of each edge, and the metres of line of that component.

    All edges count, whoever may walk them and whichever way. The sums do not depend on the order of edges.

    Parameters
    ----------
    tail, head : (edges,) nodes at the ends
    length_m : (edges,) metres
    n_nodes : number of nodes

    Returns
    -------
    component, component_m : (edges,) each
    """
    component = components(tail, head, n_nodes)[tail]
    order = np.lexsort((length_m, component))
    first = np.flatnonzero(np.diff(component[order], prepend=-1))
    metres = np.zeros(int(component.max(initial=-1)) + 1)
    if first.size:
        metres[component[order][first]] = np.add.reduceat(length_m[order], first)
    return component, metres[component]


def is_fragment(own_m: F64, longest_m: F64, *, fragment_max_m: float) -> Bools:
    """Return which components of ``own_m`` metres are fragments where the longest one within reach has ``longest_m``."""
    outdone = (longest_m >= fragment_max_m) | (longest_m >= TIMES_AS_LONG * own_m)
    return np.asarray((own_m < fragment_max_m) & outdone)
