"""The arrays of a walking network: streets as directed seconds between numbered nodes, and the rows that searches read."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from circles.foundation.direction import Direction, Way
from circles.foundation.types import F64, I32, I64
from circles.network import engine


@dataclass(frozen=True, eq=False)
class StreetArrays:
    """Streets as arrays, one row each; `circles.network.Network` adds the questions.

    Attributes
    ----------
    tail, head : int32 (streets), the nodes a street leads from and to
    forward_s, backward_s : float64 (streets), seconds tail→head and head→tail; inf = closed
    n_nodes : number of nodes, isolated ones included
    inner, outer : int32 (nodes), the node's place in the inner order, and back
    names : the nodes' names where they have any, in order of their numbers
    """

    tail: I32
    head: I32
    forward_s: F64
    backward_s: F64
    n_nodes: int
    inner: I32 = field(repr=False)
    outer: I32 = field(repr=False)
    names: tuple[Hashable, ...] | None = field(default=None, repr=False)
    spaces: engine.Workspaces = field(default_factory=engine.Workspaces, repr=False)

    @property
    def n_edges(self) -> int:
        """Number of streets."""
        return self.tail.size

    @cached_property
    def out_rows(self) -> engine.Rows:
        """Arcs by the node they leave."""
        tail, head = self.inner[self.tail], self.inner[self.head]
        return engine.build_rows(tail, head, self.forward_s, self.backward_s, self.n_nodes)

    @cached_property
    def in_rows(self) -> engine.Rows:
        """Arcs by the node they lead to, for searches against the walking direction."""
        if np.array_equal(self.forward_s, self.backward_s):
            return self.out_rows
        tail, head = self.inner[self.tail], self.inner[self.head]
        return engine.build_rows(head, tail, self.forward_s, self.backward_s, self.n_nodes)

    @cached_property
    def streets_by_node(self) -> tuple[I64, I64]:
        """Return ``(first, edge)``: the streets that touch each node, ascending, loops twice."""
        node = np.concatenate([self.tail, self.head])
        edge = np.tile(np.arange(self.n_edges), 2)
        first = np.zeros(self.n_nodes + 1, np.int64)
        np.cumsum(np.bincount(node, minlength=self.n_nodes), out=first[1:])
        return first, edge[np.lexsort((edge, node))]

    def rows(self, direction: Way) -> engine.Rows:
        """Return the arcs that a search from sources (``from``) or towards them (``to``) follows."""
        return self.in_rows if Direction.of(direction).is_to else self.out_rows
