"""Names of the array types that every room uses."""

import numpy as np
import numpy.typing as npt

__all__ = ["F32", "F64", "I32", "I64", "Bools", "Objects"]

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
