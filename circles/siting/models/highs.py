"""A thin wrapper of HiGHS: build a mixed-integer model by blocks of columns and rows, solve it, report honestly."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.types import F64
from circles.siting.models.problem import Options

__all__ = ["Clock", "Model", "Solution"]


class Clock:
    """The options of a search, the seconds since its start, and how many are left."""

    def __init__(self, options: Options) -> None:
        self._start = time.perf_counter()
        self._limit = options.time_limit_s
        self.options = options

    def spent(self) -> float:
        """Return seconds since the start."""
        return time.perf_counter() - self._start

    def left(self) -> float:
        """Return seconds left, inf without a limit."""
        return np.inf if self._limit is None else max(0.0, self._limit - self.spent())


class _Quiet(highspy.Highs):
    """HiGHS that never prints: its banner would otherwise land on standard output before it can be switched off."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the base class's name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Solution:
    """What the solver found.

    ``values`` is None when no point was found; ``bound`` bounds the objective of every point; ``infeasible`` is proved.
    ``finished`` says whether the search ended by itself, not by the time limit.
    """

    values: F64 | None
    objective: float
    bound: float
    finished: bool
    infeasible: bool


def _run(solver: highspy.Highs) -> None:
    """Run the solver so that Ctrl-C acts at once: the main thread waits for it in Python, where signals are seen."""
    if threading.current_thread() is not threading.main_thread():
        solver.run()
        return
    failed: list[BaseException] = []

    def work() -> None:
        try:
            solver.run()
        except BaseException as e:  # noqa: BLE001 - raised again where the caller is
            failed.append(e)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


class Model:
    """A mixed-integer linear model, minimised."""

    def __init__(self) -> None:
        self._cost: list[F64] = []
        self._lower: list[F64] = []
        self._upper: list[F64] = []
        self._integer: list[npt.NDArray[np.bool_]] = []
        self._row: list[F64] = []
        self._column: list[F64] = []
        self._value: list[F64] = []
        self._row_lower: list[F64] = []
        self._row_upper: list[F64] = []
        self.n_columns = 0
        self.n_rows = 0

    def columns(self, count: int, *, cost: Any = 0.0, lower: Any = 0.0, upper: Any = 1.0, integer: bool = False) -> int:
        """Add columns (variables) to the model; return the index of the first one.

        Parameters
        ----------
        count : how many
        cost, lower, upper : a number or (count,): objective coefficient and bounds
        integer : whether they are integer
        """
        first = self.n_columns
        for store, value in ((self._cost, cost), (self._lower, lower), (self._upper, upper)):
            store.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)))
        self._integer.append(np.full(count, integer))
        self.n_columns += count
        return first

    def rows(self, count: int, *blocks: tuple[Any, Any, Any], lower: Any = -np.inf, upper: Any = np.inf) -> None:
        """Add ``count`` rows made of blocks ``(row, column, value)``; rows count from 0 within the call."""
        for block in blocks:
            row, column, value = np.broadcast_arrays(*(np.asarray(item, dtype=np.float64) for item in block))
            self._row.append(row.ravel() + self.n_rows)
            self._column.append(column.ravel())
            self._value.append(value.ravel())
        self._row_lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), (count,)))
        self._row_upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), (count,)))
        self.n_rows += count

    def _lp(self) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.n_columns, self.n_rows
        lp.col_cost_ = np.concatenate(self._cost)
        lp.col_lower_, lp.col_upper_ = np.concatenate(self._lower), np.concatenate(self._upper)
        lp.row_lower_ = np.concatenate(self._row_lower) if self._row_lower else np.empty(0)
        lp.row_upper_ = np.concatenate(self._row_upper) if self._row_upper else np.empty(0)
        row, column, value = (np.concatenate([np.empty(0), *parts]) for parts in (self._row, self._column, self._value))
        matrix = sparse.csc_array(
            (value, (row.astype(np.int64), column.astype(np.int64))), shape=(self.n_rows, self.n_columns)
        )
        matrix.sum_duplicates()
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = self.n_columns, self.n_rows
        lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = matrix.data
        integer = np.concatenate(self._integer)
        if integer.any():
            kind = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kind[int(flag)] for flag in integer]
        return lp

    def solve(
        self,
        clock: Clock,
        *,
        start: Sequence[float] | F64 | None = None,
        first_point: bool = False,
        reduced: bool = False,
    ) -> Solution:
        """Minimise, on one thread with a fixed seed, so that the same model gives the same answer.

        Parameters
        ----------
        clock : time limit and solver options
        start : (columns,) a known feasible point
        first_point : whether to stop at the first feasible point
        reduced : whether bounds have already made the model small and a good answer is known: presolve and the solver's
            own heuristics then cost more than they give (measured: half the time without) and are switched off
        """
        if self.n_columns == 0:
            return self._nothing()
        solver = _Quiet()  # type: ignore[no-untyped-call]
        settings: dict[str, Any] = {
            "output_flag": False,
            "parallel": "off",
            "random_seed": clock.options.seed,
            "mip_rel_gap": clock.options.gap,
            "mip_abs_gap": 1e-7,
        }
        if np.isfinite(clock.left()):
            settings["time_limit"] = max(clock.left(), 0.01)
        if first_point:
            settings["mip_max_improving_sols"] = 1
        if reduced:
            settings |= {"presolve": "off", "mip_heuristic_effort": 0.0}
        for name, value in settings.items():
            solver.setOptionValue(name, value)
        solver.passModel(self._lp())
        if start is not None:
            point = highspy.HighsSolution()
            point.col_value = list(map(float, start))
            solver.setSolution(point)
        _run(solver)
        return self._report(solver)

    def _nothing(self) -> Solution:
        """Return the answer of a model without columns: every row is 0."""
        lower, upper = (np.concatenate([np.empty(0), *parts]) for parts in (self._row_lower, self._row_upper))
        good = bool(((lower <= 1e-7) & (upper >= -1e-7)).all())
        worth = 0.0 if good else np.inf
        return Solution(np.empty(0) if good else None, worth, worth, finished=True, infeasible=not good)

    def _report(self, solver: highspy.Highs) -> Solution:
        states = highspy.HighsModelStatus
        state, info = solver.getModelStatus(), solver.getInfo()
        found = info.primal_solution_status == 2
        values = np.asarray(solver.getSolution().col_value, dtype=np.float64) if found else None
        is_mip = any(flags.any() for flags in self._integer)
        optimal = state in {states.kOptimal, states.kModelEmpty}
        objective = float(info.objective_function_value) if found else np.inf
        relaxed = float(info.mip_dual_bound) if is_mip else -np.inf
        bound = objective if optimal and not is_mip else relaxed
        infeasible = state in {states.kInfeasible, states.kUnboundedOrInfeasible}
        return Solution(values, objective, bound, optimal or infeasible, infeasible)
