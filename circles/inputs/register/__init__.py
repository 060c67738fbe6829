"""The register of facilities kept current: imported, complete, fresh, and compared with its last edition."""

from circles.foundation.dates import as_date
from circles.inputs.register.check import Checked, check
from circles.inputs.register.compare import CHANGES, Compared, compare
from circles.inputs.register.expected import read_expected
from circles.inputs.register.reading import Mapping, Register, load_mapping, of_area, read_register

__all__ = [
    "CHANGES",
    "Checked",
    "Compared",
    "Mapping",
    "Register",
    "as_date",
    "check",
    "compare",
    "load_mapping",
    "of_area",
    "read_expected",
    "read_register",
]
